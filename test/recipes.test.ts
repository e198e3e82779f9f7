// docs/recipes.md: the settings of each recipe, as they stand on the page, do what it says.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toPlainAttributes } from 'local-lambda/otlp/flatten';
import { replayItemsToOtlp } from './golden/replay-to-otlp';
import { done, report, start, wire } from './invocation/scenario';
import type { WireEvent } from './invocation/scenario';

const page = readFileSync(join(__dirname, '../docs/recipes.md'), 'utf8');
const recipes = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [title = ''] = section.split('\n');
      const [, block = ''] = /```properties\n([^`]*)```/.exec(section) ?? [];
      const settings = block
        .trim()
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
      return [title, Object.fromEntries(settings) as Record<string, string>];
    }),
);

const id = (last: string) => `00000000-0000-4000-8000-${last.padStart(12, '0')}`;
const FINE = id('1');
const DRAWN = '00000000-0000-4000-80ff-000000000002';
const FAILED = id('3');
const SLOW = id('4');
const say = (ms: number, requestId: string, level: string, message: unknown) =>
  wire(ms, 'function', { level, message, requestId, timestamp: undefined });
const request = (at: number, requestId: string, ms: number, end: object = {}): WireEvent[] => [
  start(at, requestId),
  say(at + 1, requestId, 'DEBUG', `debug ${requestId.slice(-1)}`),
  say(at + 2, requestId, 'INFO', `info ${requestId.slice(-1)}`),
  done(at + ms, requestId, { metrics: { durationMs: ms, producedBytes: 2 }, ...end }),
  report(at + ms + 1, requestId),
];
const events = [
  ...request(0, FINE, 100),
  ...request(1000, DRAWN, 100),
  ...request(2000, FAILED, 100, { status: 'error', errorType: 'E' }),
  ...request(3000, SLOW, 1500),
];

async function run(title: string, list: readonly WireEvent[] = events) {
  const variables = recipes.get(title);
  if (variables === undefined) throw new Error(`expected the recipe '${title}' on the page`);
  const requests = await replayItemsToOtlp(
    list.map((value) => ({ kind: 'event' as const, value })),
    { variables },
  );
  const texts = requests.flatMap((sent) =>
    sent.signal === 'logs'
      ? sent.request.resourceLogs.flatMap(({ scopeLogs }) =>
          scopeLogs.flatMap(({ logRecords }) =>
            logRecords.map(({ body }) => body?.stringValue ?? ''),
          ),
        )
      : [],
  );
  const spans = requests.flatMap((sent) =>
    sent.signal === 'traces'
      ? sent.request.resourceSpans.flatMap(({ scopeSpans }) =>
          scopeSpans.flatMap((scope) => scope.spans),
        )
      : [],
  );
  const served = spans
    .map(({ attributes }) => toPlainAttributes(attributes)['faas.invocation_id'])
    .filter((requestId) => requestId !== undefined);
  const written = texts.filter((text) => /^(?:debug|info) /.test(text)).sort();
  return { requests, texts, written, spans, served };
}

it('every recipe of the page has a test', () => {
  expect([...recipes.keys()]).toEqual([
    'Failures only',
    'A sample of the rest',
    'DEBUG of slow requests',
    'Drop the lines of health checks',
    'Mask e-mail addresses and tokens',
    'One metric series per function',
  ]);
});

it('Failures only', async () => {
  const { served, written, requests } = await run('Failures only');
  expect(served).toEqual([FAILED]);
  expect(written).toEqual(['debug 3', 'info 3']);
  expect(requests.some(({ signal }) => signal === 'metrics')).toBe(true);
});

it('A sample of the rest', async () => {
  const { served, written, spans } = await run('A sample of the rest');
  expect([...served].sort()).toEqual([FINE, FAILED, SLOW, DRAWN].sort());
  expect(written).toEqual(['debug 2', 'debug 3', 'info 2', 'info 3']);
  expect(spans.map(({ traceState }) => traceState)).toContain('ot=th:f3333');
});

it('DEBUG of slow requests', async () => {
  const { written } = await run('DEBUG of slow requests');
  expect(written).toEqual(['debug 3', 'debug 4', 'info 1', 'info 2', 'info 3', 'info 4']);
});

it('Drop the lines of health checks', async () => {
  const lines = ['GET /health 200', 'GET /orders 200'];
  const list = lines.map((text, index) => say(10 + index, FINE, 'INFO', text));
  const { texts, written } = await run('Drop the lines of health checks', [...events, ...list]);
  expect(texts).toContain('GET /orders 200');
  expect(texts).not.toContain('GET /health 200');
  expect(written).toEqual(['info 1', 'info 2', 'info 3', 'info 4']);
});

it('Mask e-mail addresses and tokens', async () => {
  const texts = [
    'mail to me@example.org',
    'Authorization: Bearer abcdefghijklmnop',
    '{"user":{"password":"hunter2","clientSecretId":"s3cr3t"}}',
    'customer-4711',
  ];
  const list = texts.map((text, index) => say(10 + index, FINE, 'INFO', text));
  const everything = JSON.stringify(
    (await run('Mask e-mail addresses and tokens', [...events, ...list])).requests,
    (_, member: unknown) => (typeof member === 'bigint' ? String(member) : member),
  );
  for (const secret of ['me@example', 'abcdefghijklmnop', 'hunter2', 's3cr3t', 'customer-4711']) {
    expect(everything).not.toContain(secret);
  }
});

it('One metric series per function', async () => {
  const { requests } = await run('One metric series per function');
  for (const sent of requests) {
    const of = sent.signal === 'metrics' ? sent.request.resourceMetrics : [];
    for (const { resource, scopeMetrics } of of) {
      const names = (resource?.attributes ?? []).map(({ key }) => key);
      expect(names).not.toContain('service.instance.id');
      expect(names).not.toContain('faas.instance');
      const sums = scopeMetrics.flatMap(({ metrics }) => metrics.flatMap(({ sum }) => sum ?? []));
      for (const sum of sums) expect(sum.aggregationTemporality).toBe(1);
    }
  }
  const own = requests.find(({ signal }) => signal === 'traces');
  expect(JSON.stringify(own, (_, m: unknown) => (typeof m === 'bigint' ? String(m) : m))).toContain(
    'service.instance.id',
  );
});
