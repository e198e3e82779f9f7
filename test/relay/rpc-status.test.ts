import { decodeExportResponse } from '../../src/delivery/policy/verdict';
import { encodePartialSuccess, encodeRpcStatus } from '../../src/relay/otlp-exchange';

const rejected = { items: 300, name: 'rejectedSpans', message: 'queue full' };

describe('encodeRpcStatus', () => {
  it('puts the message into a google.rpc.Status', () => {
    expect([...encodeRpcStatus('no', 'protobuf')]).toEqual([0x12, 2, 0x6e, 0x6f]);
    expect(new TextDecoder().decode(encodeRpcStatus('"no"', 'json'))).toBe(
      '{"message":"\\"no\\""}',
    );
  });
});

describe('encodePartialSuccess', () => {
  it('says how many items were rejected, and why', () => {
    expect(decodeExportResponse(encodePartialSuccess(rejected, 'protobuf'))).toEqual({
      rejected: 300,
      message: 'queue full',
    });
    expect(JSON.parse(new TextDecoder().decode(encodePartialSuccess(rejected, 'json')))).toEqual({
      partialSuccess: { rejectedSpans: '300', errorMessage: 'queue full' },
    });
  });
});
