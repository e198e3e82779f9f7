import type { ExchangeHead, OtlpRequest } from '../../src/relay/otlp-exchange';
import {
  acceptPartly,
  openExchange,
  refuseGzip,
  refuseOversize,
  takeBody,
} from '../../src/relay/otlp-exchange';

const post: ExchangeHead = {
  method: 'POST',
  target: '/v1/traces',
  contentType: 'application/x-protobuf',
  contentEncoding: undefined,
};
const request: OtlpRequest = { signal: 'traces', encoding: undefined, isGzip: false };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (body: Uint8Array): string => new TextDecoder().decode(body);

describe('openExchange', () => {
  it.each([
    ['/v1/traces', 'traces'],
    ['/v1/metrics', 'metrics'],
    ['/v1/logs', 'logs'],
    ['//v1/logs', 'logs'],
    ['/v1/logs/', 'logs'],
    ['/v1/logs?a=b', 'logs'],
    ['http://localhost:4318/v1/logs', 'logs'],
  ])('takes POST %s for %s', (target, signal) => {
    expect(openExchange({ ...post, target })).toMatchObject({ request: { signal } });
  });

  it.each([
    ['application/x-protobuf', 'protobuf'],
    ['Application/X-Protobuf', 'protobuf'],
    ['application/protobuf', 'protobuf'],
    ['application/json; charset=utf-8', 'json'],
    ['APPLICATION/JSON ;charset=UTF-8', 'json'],
    ['', undefined],
    [undefined, undefined],
  ])('reads the content type %p as %p', (contentType, encoding) => {
    expect(openExchange({ ...post, contentType })).toMatchObject({ request: { encoding } });
  });

  it.each([
    ['gzip', true],
    ['GZIP', true],
    ['x-gzip', true],
    ['identity', false],
    ['', false],
    [undefined, false],
  ])('takes the content encoding %p', (contentEncoding, isGzip) => {
    expect(openExchange({ ...post, contentEncoding })).toMatchObject({ request: { isGzip } });
  });

  it.each<[number, Partial<ExchangeHead>]>([
    [404, { target: '/' }],
    [404, { target: '/v1/tracesx' }],
    [404, { target: '/v1development/profiles' }],
    [404, { target: '/v1/traces/x', method: 'GET' }],
    [405, { method: 'GET' }],
    [405, { method: 'PUT' }],
    [415, { contentType: 'text/plain' }],
    [415, { contentType: 'application/jsonx' }],
    [415, { contentEncoding: 'br' }],
    [415, { contentEncoding: 'deflate' }],
  ])('answers %d to %j', (status, head) => {
    expect(openExchange({ ...post, ...head })).toMatchObject({
      kind: 'refused',
      response: { status },
    });
  });

  it('says what is allowed instead', () => {
    const allow = { Allow: 'POST' };
    expect(openExchange({ ...post, method: 'GET' })).toMatchObject({ response: { fields: allow } });
    const accept = { 'Accept-Encoding': 'gzip' };
    expect(openExchange({ ...post, contentEncoding: 'br' })).toMatchObject({
      response: { fields: accept },
    });
  });

  it('refuses in the encoding of the request', () => {
    const refusal = openExchange({ ...post, method: 'GET', contentType: 'application/json' });
    if (refusal.kind !== 'refused') throw new Error('expected a refusal');
    expect(refusal.response.contentType).toBe('application/json');
    expect(JSON.parse(textOf(refusal.response.body))).toEqual({
      message: 'expected POST, got GET',
    });
  });
});

describe('takeBody', () => {
  it('answers the empty message to protobuf', () => {
    expect(takeBody({ ...request, encoding: 'protobuf' }, Uint8Array.of(0x0a, 0))).toEqual({
      kind: 'taken',
      encoding: 'protobuf',
      items: 0,
      response: {
        status: 200,
        contentType: 'application/x-protobuf',
        body: new Uint8Array(0),
        fields: {},
      },
    });
  });

  it('answers an object to JSON, which is read later', () => {
    const taken = takeBody({ ...request, encoding: 'json' }, bytes(' \r\n\t{"broken'));
    expect(taken).toMatchObject({ kind: 'taken', encoding: 'json', items: undefined });
    expect(textOf(taken.response.body)).toBe('{"partialSuccess":{}}');
  });

  it('goes by the first byte where the request does not say', () => {
    expect(takeBody(request, bytes('{}'))).toMatchObject({ encoding: 'json' });
    expect(takeBody(request, Uint8Array.of(0x0a, 0))).toMatchObject({ encoding: 'protobuf' });
  });

  it.each(['json', 'protobuf', undefined] as const)('takes nothing as %s', (encoding) => {
    expect(takeBody({ ...request, encoding }, new Uint8Array(0))).toMatchObject({
      kind: 'taken',
      items: 0,
    });
  });

  it.each([
    ['protobuf that ends early', 'protobuf', Uint8Array.of(0x0a, 5, 1)],
    ['JSON that is no object', 'json', bytes('[]')],
    ['JSON of nothing but space', 'json', bytes('  ')],
  ] as const)('refuses %s', (_, encoding, body) => {
    expect(takeBody({ ...request, encoding }, body)).toMatchObject({
      kind: 'refused',
      response: { status: 400 },
    });
  });
});

it('refuses what is too large or not gzip, and says how much was dropped', () => {
  expect(refuseOversize(8, 'protobuf')).toMatchObject({ status: 413 });
  expect(refuseGzip('json')).toMatchObject({ status: 400, contentType: 'application/json' });
  const answer = acceptPartly('metrics', 3, 'json');
  expect(answer.status).toBe(200);
  expect(JSON.parse(textOf(answer.body))).toEqual({
    partialSuccess: { rejectedDataPoints: '3', errorMessage: 'the buffer is full' },
  });
});
