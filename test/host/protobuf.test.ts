// The native protobuf writer gives the bytes that the one in TypeScript gives.
import fc from 'fast-check';
import { bundleProgram, runOnHost, runOnNode } from './host-layer';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ minLength: 100, maxLength: 300 }),
  fc.constantFrom('', 'é'.repeat(70), '\ud800', 'a\udc00b', '😀'.repeat(40)),
);
const number = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, 127, 128, 2 ** 31, 2 ** 53, -(2 ** 53), -1, 1e20, 0.5),
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    text,
    number,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(text, tie('any'), { maxKeys: 4 }),
  ),
})).any;
const hex = (digits: number): fc.Arbitrary<string> =>
  fc.string({
    unit: fc.constantFrom(...Array.from('0123456789abcdef')),
    minLength: digits,
    maxLength: digits,
  });
const record = fc.record({
  hrTime: fc.tuple(fc.integer({ min: 0, max: 4e9 }), fc.integer({ min: 0, max: 999_999_999 })),
  hrTimeObserved: fc.constant([1_709_367_300, 5]),
  severityNumber: fc.option(fc.integer({ min: 1, max: 24 }), { nil: undefined }),
  severityText: fc.option(text, { nil: undefined }),
  body: value,
  attributes: fc.dictionary(
    fc.oneof(text, fc.constantFrom('lambda.init_ms', 'lambda.x', 'a_ms')),
    value,
    {
      maxKeys: 6,
    },
  ),
  droppedAttributesCount: fc.nat({ max: 300 }),
  spanContext: fc.option(
    fc.record({ traceId: hex(32), spanId: hex(16), traceFlags: fc.constantFrom(0, 1) }),
    { nil: undefined },
  ),
  eventName: fc.option(text, { nil: undefined }),
});

const HISTOGRAM = 0;
const GAUGE = 2;
const SUM = 3;
const time = fc.tuple(fc.integer({ min: 0, max: 4e9 }), fc.integer({ min: 0, max: 999_999_999 }));
const times = { startTime: time, endTime: time, attributes: fc.dictionary(text, value) };
const histogram = fc.record(
  {
    count: fc.nat(),
    sum: number,
    min: number,
    max: number,
    buckets: fc.record({ counts: fc.array(fc.nat()), boundaries: fc.array(number) }),
  },
  { requiredKeys: ['count', 'buckets'] },
);
const exemplar = fc.record({ time, value: number, spanId: hex(16), traceId: hex(32) });
const numberPoint = fc.record({ ...times, value: number });
const histogramPoint = fc.record(
  { ...times, value: histogram, exemplar },
  { requiredKeys: ['startTime', 'endTime', 'attributes', 'value'] },
);
const metricOf = (
  dataPointType: fc.Arbitrary<number>,
  point: fc.Arbitrary<object>,
): fc.Arbitrary<object> =>
  fc.record({
    descriptor: fc.record({ name: text, description: text, unit: text, valueType: fc.nat(1) }),
    aggregationTemporality: fc.nat(1),
    dataPointType,
    dataPoints: fc.array(point, { minLength: 1, maxLength: 4 }),
    isMonotonic: fc.boolean(),
  });
const metric = fc.oneof(
  metricOf(fc.constantFrom(GAUGE, SUM), numberPoint),
  metricOf(fc.constant(HISTOGRAM), histogramPoint),
);

const context = fc.record(
  {
    traceId: hex(32),
    spanId: hex(16),
    traceFlags: fc.nat(300),
    isRemote: fc.boolean(),
    state: text,
  },
  { requiredKeys: ['traceId', 'spanId', 'traceFlags'] },
);
const dropped = fc.nat({ max: 300 });
const span = fc.record(
  {
    context,
    parentSpanContext: context,
    name: text,
    kind: fc.nat(4),
    startTime: time,
    endTime: time,
    attributes: fc.dictionary(text, value),
    droppedAttributesCount: dropped,
    events: fc.array(
      fc.record(
        {
          time,
          name: text,
          attributes: fc.dictionary(text, value),
          droppedAttributesCount: dropped,
        },
        { requiredKeys: ['time', 'name'] },
      ),
      { maxLength: 3 },
    ),
    droppedEventsCount: dropped,
    links: fc.array(fc.record({ context, attributes: fc.dictionary(text, value) }), {
      maxLength: 1,
    }),
    droppedLinksCount: dropped,
    status: fc.record({ code: fc.nat(2), message: text }, { requiredKeys: ['code'] }),
  },
  {
    requiredKeys: [
      'context',
      'name',
      'kind',
      'startTime',
      'endTime',
      'attributes',
      'droppedAttributesCount',
      'events',
      'droppedEventsCount',
      'links',
      'droppedLinksCount',
      'status',
    ],
  },
);

/** What both hosts make of the inputs by `encode`, which is source of a call of the encoder; each beside its input. */
function onBoth(inputs: readonly unknown[], encode: string): readonly [unknown[], unknown[]] {
  const program = bundleProgram(`
    import { readFileSync, writeSync } from 'node:fs';
    import { ItemEncoder } from './src/delivery/codec/item-encoder';
    const resource = { attributes: { 'service.name': 'orders', list: ['a', 1] }, schemaUrl: 'https://x' };
    const scope = { name: 'scope', version: '1' };
    for (const input of JSON.parse(readFileSync(process.env.INPUT, 'utf8'))) {
      const encoder = new ItemEncoder(() => undefined);
      const items = ${encode};
      const parts = items.map(({ block, start, end, resource: owner }) => [
        Buffer.from(block).toString('hex', start, end),
        Buffer.from(owner.bytes).toString('hex'),
      ]);
      writeSync(1, JSON.stringify(parts) + '\\n');
    }
    process.exit(0);
  `);
  const input = JSON.stringify(inputs);
  const toPairs = (output: string): unknown[] =>
    output.split('\n').map((bytes, index) => [JSON.stringify(inputs[index]), bytes]);
  return [toPairs(runOnHost(program, input)), toPairs(runOnNode(program, input))];
}

test('log records and their resource are the same bytes on both hosts', () => {
  const records = fc.sample(fc.array(record, { maxLength: 5 }), { numRuns: 300, seed: 7 });
  const [onHost, onNode] = onBoth(
    records,
    'encoder.encodeLogRecords(input.map((it) => ({ ...it, resource, instrumentationScope: scope })))',
  );
  expect(onHost).toEqual(onNode);
});

test('spans are the same bytes on both hosts', () => {
  const spans = fc.sample(fc.array(span, { maxLength: 5 }), { numRuns: 300, seed: 7 });
  const [onHost, onNode] = onBoth(
    spans,
    `encoder.encodeSpans(input.map((it) => {
      const withState = ({ state, ...others }) =>
        ({ ...others, ...(state !== undefined && { traceState: { serialize: () => state } }) });
      const links = it.links.map((link) => ({ ...link, context: withState(link.context) }));
      return { ...it, links, spanContext: () => withState(it.context), resource, instrumentationScope: scope };
    }))`,
  );
  expect(onHost).toEqual(onNode);
});

test('metrics are the same bytes on both hosts', () => {
  const metrics = fc.sample(fc.array(metric, { maxLength: 5 }), { numRuns: 300, seed: 7 });
  const [onHost, onNode] = onBoth(
    metrics,
    'encoder.encodeMetrics({ resource, scopeMetrics: [{ scope, metrics: input }] })',
  );
  expect(onHost).toEqual(onNode);
});
