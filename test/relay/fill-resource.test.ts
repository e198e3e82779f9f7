import { encodeOtlpMessage } from 'local-lambda/otlp/decode';
import { readAttributes } from '../../src/relay/attributes';
import { fillResource } from '../../src/relay/fill-resource';

const own = {
  'service.name': 'orders',
  'service.instance.id': 'i-1',
  'cloud.provider': 'aws',
  'cloud.region': 'eu-central-1',
  'faas.name': 'orders',
  'faas.max_memory': 134_217_728,
  'faas.instance': 'never',
  'host.id': 'h-1',
  'host.arch': 'arm64',
  ip: 'fd00::1',
  'telemetry.sdk.language': 'nodejs',
  'process.pid': 7,
};
const filled = {
  'service.instance.id': 'i-1',
  'cloud.provider': 'aws',
  'cloud.region': 'eu-central-1',
  'faas.name': 'orders',
  'faas.max_memory': 134_217_728,
  'host.id': 'h-1',
  'host.arch': 'arm64',
  ip: 'fd00::1',
};

const resourceOf = (attributes: Readonly<Record<string, string>>): Buffer =>
  encodeOtlpMessage('Resource', {
    attributes: Object.entries(attributes).map(([key, stringValue]) => ({
      key,
      value: { stringValue },
    })),
    droppedAttributesCount: 3,
    entityRefs: [{ type: 'service', idKeys: ['service.name'] }],
  });

describe('fillResource', () => {
  it('adds what is missing and says nothing of the SDK', () => {
    const resource = resourceOf({ 'service.name': 'mine', 'telemetry.sdk.language': 'go' });
    const answer = fillResource(resource, own);
    expect(Object.fromEntries(readAttributes(answer, 1))).toEqual({
      'service.name': 'mine',
      'telemetry.sdk.language': 'go',
      ...filled,
    });
    expect(Buffer.from(answer).subarray(0, resource.length)).toEqual(resource);
  });

  it('keeps what the SDK says', () => {
    const said = { 'service.name': 'mine', 'cloud.region': 'mars', 'host.id': 'other' };
    const answer = readAttributes(fillResource(resourceOf(said), own), 1);
    expect(Object.fromEntries(answer)).toEqual({ ...filled, ...said });
  });

  it.each(['unknown_service', 'unknown_service:node', 'unknown_service:java'])(
    'replaces the service name %s, once',
    (name) => {
      const answer = fillResource(resourceOf({ a: 'b', 'service.name': name, c: 'd' }), own);
      const expected = { a: 'b', c: 'd', 'service.name': 'orders', ...filled };
      expect(Object.fromEntries(readAttributes(answer, 1))).toEqual(expected);
      expect(
        Buffer.from(answer)
          .toString('latin1')
          .match(/service\.name\x12/g),
      ).toHaveLength(1);
      expect(Buffer.from(answer).includes(name)).toBe(false);
    },
  );

  it('names a service that the SDK does not name, and fills a resource of nothing', () => {
    const answer = readAttributes(fillResource(new Uint8Array(0), own), 1);
    expect(Object.fromEntries(answer)).toEqual({ 'service.name': 'orders', ...filled });
  });

  it('keeps a made-up name where there is no better one', () => {
    const resource = resourceOf({ 'service.name': 'unknown_service:node' });
    expect(
      readAttributes(fillResource(resource, { ...own, 'service.name': undefined }), 1).get(
        'service.name',
      ),
    ).toBe('unknown_service:node');
  });

  it('answers the bytes themselves when nothing is missing', () => {
    const resource = resourceOf({ 'service.name': 'mine' });
    expect(fillResource(resource, { 'service.name': 'orders' })).toBe(resource);
  });
});
