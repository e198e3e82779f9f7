// Lines that come from stdout and from the SDK's log bridge.
import { encodeOtlpMessage } from 'local-lambda/otlp/decode';
import { RepeatedLines } from '../../src/otel/repeated-lines';
import { ReceivedLogRecord } from '../../src/relay/scan-request';

const envelope = { bytes: new Uint8Array(0), schemaUrl: '' };

function recordOf(body: string, timeMs: number): ReceivedLogRecord {
  const nanos = BigInt(timeMs) * 1_000_000n;
  const block = encodeOtlpMessage('LogRecord', {
    timeUnixNano: { low: Number(BigInt.asIntN(32, nanos)), high: Number(nanos >> 32n) },
    body: { stringValue: body },
  });
  const part = { block, start: 0, end: block.length };
  return new ReceivedLogRecord(part, { resource: envelope, scope: envelope });
}

const NOW_MS = 1_790_000_000_000;

describe('a line that comes twice', () => {
  it.each([
    ['the record first', ['record', 'line'], 0, true],
    ['a second apart', ['record', 'line'], 1_000, true],
    ['more than a second apart', ['record', 'line'], 1_001, false],
    ['from stdout alone', ['line', 'line'], 0, false],
    ['from the SDK alone', ['record', 'record'], 0, false],
  ] as const)('is found: %s', (_, order, distanceMs, isFound) => {
    const repeated = new RepeatedLines();
    for (const [index, kind] of order.entries()) {
      const timeMs = NOW_MS + index * distanceMs;
      if (kind === 'line') repeated.noteLine('stock is low\n', timeMs);
      else repeated.noteRecord(recordOf('stock is low', timeMs));
    }
    expect(repeated.isFound).toBe(isFound);
  });

  it('is found when the line came first, once the SDK is known to hand over records', () => {
    const repeated = new RepeatedLines();
    repeated.noteLine('a', NOW_MS);
    repeated.noteRecord(recordOf('a', NOW_MS));
    expect(repeated.isFound).toBe(false);
    repeated.noteLine('b', NOW_MS);
    repeated.noteRecord(recordOf('b', NOW_MS));
    expect(repeated.isFound).toBe(true);
  });

  it('is looked for among the latest 64 only, and not where it says nothing or much', () => {
    const repeated = new RepeatedLines();
    for (let count = 0; count < 65; count += 1) repeated.noteRecord(recordOf(`${count}`, NOW_MS));
    for (const text of ['', ' ', 'x'.repeat(10_000)]) repeated.noteRecord(recordOf(text, NOW_MS));
    for (const text of ['0', '', ' ', 'x'.repeat(10_000)]) repeated.noteLine(text, NOW_MS);
    expect(repeated.isFound).toBe(false);
    repeated.noteLine('1', NOW_MS);
    expect(repeated.isFound).toBe(true);
  });
});
