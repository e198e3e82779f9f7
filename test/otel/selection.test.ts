// LAMBDA_OTLP_KEEP and LAMBDA_OTLP_OTHERS, from stored events to OTLP.
import * as fc from 'fast-check';
import { toThreshold } from '../../src/otel/consistent-probability';
import { toPlainAttributes } from 'local-lambda/otlp/flatten';
import { replayItemsToOtlp } from '../golden/replay-to-otlp';
import type { WireEvent } from '../invocation/scenario';
import { done, init, report, start, wire } from '../invocation/scenario';

const KEEP_ALL_RULES = 'errors,cold_starts,slow>1s,error_logs';
const SUMMARY = { LAMBDA_OTLP_OTHERS: 'summary', LAMBDA_OTLP_KEEP: KEEP_ALL_RULES };
const id = (number: number, randomness = number) =>
  `00000000-0000-4000-8${String(number % 1000).padStart(3, '0')}-${Math.floor(randomness).toString(16).padStart(12, '0')}`;
const say = (ms: number, requestId: string, level: string, message: string) =>
  wire(ms, 'function', { level, message, requestId, timestamp: undefined });

interface Scene {
  readonly lines?: readonly (readonly [string, string])[];
  readonly end?: object;
  readonly ms?: number;
}

function request(
  at: number,
  requestId: string,
  { lines = [], end = {}, ms = 100 }: Scene = {},
): WireEvent[] {
  return [
    start(at, requestId),
    ...lines.map(([level, text], index) => say(at + 1 + index, requestId, level, text)),
    done(at + ms, requestId, { metrics: { durationMs: ms, producedBytes: 42 }, ...end }),
    report(at + ms + 1, requestId),
  ];
}

async function replayed(
  events: readonly WireEvent[],
  variables: Record<string, string>,
  chunkEvents?: number,
) {
  const requests = await replayItemsToOtlp(
    events.map((value) => ({ kind: 'event' as const, value })),
    { variables, ...(chunkEvents !== undefined && { chunkEvents }) },
  );
  const spans = requests.flatMap((sent) =>
    sent.signal === 'traces'
      ? sent.request.resourceSpans.flatMap(({ scopeSpans }) =>
          scopeSpans.flatMap((scope) => scope.spans),
        )
      : [],
  );
  const logs = requests.flatMap((sent) =>
    sent.signal === 'logs'
      ? sent.request.resourceLogs.flatMap(({ scopeLogs }) =>
          scopeLogs.flatMap((scope) => scope.logRecords),
        )
      : [],
  );
  const dropped: Record<string, number> = {};
  for (const sent of requests) {
    if (sent.signal !== 'metrics') continue;
    for (const { scopeMetrics } of sent.request.resourceMetrics)
      for (const metric of scopeMetrics.flatMap(({ metrics }) => metrics)) {
        if (metric.name !== 'lambda.detail.dropped') continue;
        for (const point of metric.sum?.dataPoints ?? []) {
          const { signal = '', reason = '' } = toPlainAttributes(point.attributes) as Record<
            string,
            string
          >;
          const key = `${signal} ${reason}`;
          dropped[key] = (dropped[key] ?? 0) + Number(point.asInt ?? point.asDouble);
        }
      }
  }
  const names = spans.map(({ name }) => name).sort();
  const bodies = logs.map(({ body }) => String(body?.stringValue)).sort();
  return { requests, spans, logs, names, bodies, dropped };
}

const LINES = [
  ['DEBUG', 'detail'],
  ['WARN', 'careful'],
] as const;
const PHASES = ['responseDuration', 'responseLatency', 'runtimeOverhead'];
const WHOLE = ['lambda', ...PHASES];

it('a success under OTHERS=summary leaves its span, its report and its warnings, and what went is counted', async () => {
  const { spans, names, bodies, dropped } = await replayed(
    request(0, id(1), { lines: LINES }),
    SUMMARY,
  );
  expect(names).toEqual(['lambda']);
  expect(bodies).toEqual([expect.stringContaining('REPORT'), 'careful']);
  expect(dropped).toEqual({ 'traces sampled': 4, 'logs sampled': 1 });
  expect(toPlainAttributes(spans[0]?.attributes ?? [])).toMatchObject({
    'lambda.spans_dropped': 4,
    'lambda.log_records_dropped': 1,
  });
  expect(spans[0]?.traceState).toBe('ot=th:0');
});

it('a success leaves nothing under OTHERS=none', async () => {
  const seen = await replayed(request(0, id(1), { lines: LINES }), {
    LAMBDA_OTLP_OTHERS: 'none',
  });
  expect([seen.names, seen.bodies]).toEqual([[], []]);
  expect(seen.dropped).toEqual({ 'traces sampled': 5, 'logs sampled': 3 });
});

it.each([
  ['a failure', { end: { status: 'error', errorType: 'E' } }],
  ['a timeout', { end: { status: 'timeout' } }],
  ['a function error', { end: { metrics: { producedBytes: 0 }, spans: undefined } }],
  ['a slow one', { ms: 1001 }],
  ['one with an ERROR line', { lines: [...LINES, ['ERROR', 'lost']] as const }],
])('what KEEP names is kept whole: %s', async (_, scene) => {
  const { names, bodies, dropped } = await replayed(
    request(0, id(1), { lines: LINES, ...scene }),
    SUMMARY,
  );
  expect(names).toContain('lambda');
  expect(names).toContain('extensionOverhead');
  expect(bodies).toContain('detail');
  expect(dropped).toEqual({});
});

it('a request of exactly a second is not slow', async () => {
  const { bodies } = await replayed(request(0, id(1), { lines: LINES, ms: 1000 }), SUMMARY);
  expect(bodies).not.toContain('detail');
});

it('what KEEP names is kept whole while it runs, once that is decided', async () => {
  const lines = [
    ['DEBUG', 'before'],
    ['ERROR', 'lost'],
    ['DEBUG', 'after'],
  ] as const;
  const events = request(0, id(1), { lines, ms: 3000 });
  const open = await replayed(events, SUMMARY, 1);
  const order = open.requests.flatMap((sent) =>
    sent.signal === 'logs'
      ? sent.request.resourceLogs[0]?.scopeLogs.flatMap((scope) =>
          scope.logRecords.map(({ body }) => body?.stringValue),
        )
      : sent.signal === 'traces'
        ? ['span']
        : [],
  );
  expect(order.slice(0, 3)).toEqual(['before', 'lost', 'after']);
});

it('a ratio draws whole requests by their trace ids and says so', async () => {
  const ids = Array.from({ length: 200 }, (_, index) =>
    id(index, ((index * 7919) % 200) * (2 ** 48 / 200)),
  );
  const events = ids.flatMap((requestId, index) =>
    request(index * 1000, requestId, { lines: LINES }),
  );
  const { spans, logs } = await replayed(events, {
    LAMBDA_OTLP_OTHERS: 'none',
    LAMBDA_OTLP_OTHERS_RATIO: '0.1',
  });
  const threshold = toThreshold(0.1);
  const expected = ids
    .map((text) => text.replaceAll('-', ''))
    .filter((traceId) => traceId.slice(-14) >= threshold);
  const drawn = spans.filter(({ name }) => name === 'lambda');
  expect(drawn.map(({ traceId }) => traceId)).toEqual(expected);
  expect(new Set(spans.map(({ traceState }) => traceState))).toEqual(
    new Set(expected.length === 0 ? [] : ['ot=th:e666']),
  );
  for (const { attributes, traceId } of logs) {
    expect(toPlainAttributes(attributes)).toMatchObject({
      'sampling.threshold': 'e666',
      'sampling.randomness': traceId.slice(-14),
    });
  }
});

it('a ratio beside a sampler writes no threshold', async () => {
  const { spans } = await replayed(request(0, id(1)), {
    ...SUMMARY,
    OTEL_TRACES_SAMPLER: 'traceidratio',
  });
  expect(spans.map(({ traceState }) => traceState)).toEqual(['']);
});

it.each([
  ['errors', { end: { status: 'error' } }],
  ['slow>1s', { ms: 5000 }],
  ['error_logs', { lines: [['ERROR', 'lost']] as const }],
])(
  'a request that KEEP names is whole where its children settle before it, though the sampler would drop it: %s',
  async (keep, scene) => {
    for (const spanAt of ['runtimeDone', 'report'])
      for (const others of ['all', 'none']) {
        const { names, logs } = await replayed(
          [...init(-1000), ...request(0, id(1), scene)],
          {
            LAMBDA_OTLP_KEEP: keep,
            LAMBDA_OTLP_OTHERS: others,
            LAMBDA_OTLP_SPAN_AT: spanAt,
            OTEL_TRACES_SAMPLER: 'always_off',
          },
          1,
        );
        expect(names).toEqual(expect.arrayContaining(['init', 'orders', ...PHASES]));
        if (others === 'all') continue;
        expect(logs.length).toBeGreaterThan(2);
        expect(logs.map(({ flags }) => flags & 1)).toEqual(logs.map(() => 1));
      }
  },
);

it('of very many lines the newest within the bound are there when the request fails', async () => {
  const many = Array.from({ length: 3000 }, (_, index) => ['DEBUG', `line ${index}`] as const);
  const events = request(0, id(1), { lines: many, ms: 5000, end: { status: 'error' } });
  const variables = {
    LAMBDA_OTLP_OTHERS: 'none',
    LAMBDA_OTLP_KEEP: 'errors',
    LAMBDA_OTLP_BUFFER_BYTES: '1000000',
  };
  const { bodies, dropped, spans } = await replayed(events, variables, 100);
  const lines = bodies.filter((body) => body.startsWith('line'));
  expect(lines).toContain('line 2999');
  expect(lines).not.toContain('line 0');
  expect(dropped).toEqual({ 'logs hold_full': 3000 - lines.length });
  const [invocation] = spans.filter(({ name }) => name === 'lambda');
  expect(toPlainAttributes(invocation?.attributes ?? [])['lambda.log_records_dropped']).toBe(
    3000 - lines.length,
  );
});

it('OTHERS=all is as without any setting', async () => {
  const events = request(0, id(1), { lines: LINES });
  const plain = await replayed(events, {});
  const all = await replayed(events, {
    LAMBDA_OTLP_OTHERS: 'all',
    LAMBDA_OTLP_KEEP: KEEP_ALL_RULES,
  });
  expect(all.requests).toEqual(plain.requests);
  expect(plain.names).toEqual(expect.arrayContaining(WHOLE));
});

it('any split of batches keeps and drops the same', async () => {
  const events = [
    ...request(0, id(1), { lines: LINES }),
    ...request(1000, id(2), { lines: [...LINES, ['ERROR', 'lost']] }),
    ...request(2000, id(3), { end: { status: 'error' }, lines: LINES }),
  ];
  const whole = await replayed(events, SUMMARY);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: events.length }), async (chunk) => {
      const split = await replayed(events, SUMMARY, chunk);
      expect([split.names, split.bodies, split.dropped]).toEqual([
        whole.names,
        whole.bodies,
        whole.dropped,
      ]);
    }),
    { numRuns: 20 },
  );
});
