// What an answer of 2xx says: everything, a part, or nothing that OTLP knows.
import { gzipSync } from 'node:zlib';
import type { DeliveryFixture, FixtureOptions } from './delivery-fixture';
import { createFixture } from './delivery-fixture';
import type { ScriptedEndpoint } from './scripted-endpoint';
import { startEndpoint } from './scripted-endpoint';
import { makeSpan, range } from './signal-items';

let endpoint: ScriptedEndpoint;
const fixtures: DeliveryFixture[] = [];

beforeEach(async () => {
  endpoint = await startEndpoint();
});

afterEach(async () => {
  for (const { delivery } of fixtures.splice(0)) delivery.close();
  await endpoint.close();
});

function open(options: Partial<FixtureOptions> = {}): DeliveryFixture {
  const fixture = createFixture({ url: endpoint.url, ...options });
  fixtures.push(fixture);
  return fixture;
}

it('a success that is partial counts what was rejected and resends nothing', async () => {
  endpoint.behaviour = (_, response) =>
    void response.end('{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}}');
  const { delivery, flush, observed, warnings } = open({ signals: ['traces'] });
  delivery.addSpans(range(5).map((index) => makeSpan(index)));
  await flush();
  expect(observed.exported.traces).toBe(3);
  expect(observed.dropped.traces).toEqual({ rejected: 2 });
  expect(endpoint.requests).toHaveLength(1);
  expect(warnings.join()).toContain('too old');
});

const html = `\n<!doctype html>${'<p>Please sign in.</p>'.repeat(10)}`;
it.each<[string, string | Buffer, Record<string, string>]>([
  ['a web page', html, {}],
  ['a web page of 200 KB', html.repeat(1_000), { 'content-type': 'text/html' }],
  ['a web page that is compressed', gzipSync(html), { 'content-encoding': 'gzip' }],
  ['compressed, it says, and is not', 'no gzip', { 'content-encoding': 'gzip' }],
  ['200 KB of anything', 'x'.repeat(200_000), {}],
  ['text', 'thank you', {}],
])('a success that is %s is pointed out', async (_what, body, headers) => {
  endpoint.behaviour = (_, response) => void response.writeHead(200, headers).end(body);
  const { delivery, flush, warnings, observed } = open({
    signals: ['traces'],
    signal: { protocol: 'http/protobuf' },
  });
  delivery.addSpans([makeSpan(0)]);
  await flush();
  expect(observed.exported.traces).toBe(1);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain('the answer is not OTLP');
});

it.each<[string, string | Buffer, Record<string, string>]>([
  ['empty', '', {}],
  ['{} in answer to protobuf', '{}', { 'content-type': 'application/json' }],
  ['{} that is compressed', gzipSync('{}'), { 'content-encoding': 'gzip' }],
])('a success that is %s needs no word', async (_what, body, headers) => {
  endpoint.behaviour = (_, response) => void response.writeHead(200, headers).end(body);
  const { delivery, flush, warnings, observed } = open({
    signals: ['traces'],
    signal: { protocol: 'http/protobuf' },
  });
  delivery.addSpans([makeSpan(0)]);
  await flush();
  expect(observed.exported.traces).toBe(1);
  expect(warnings).toEqual([]);
});
