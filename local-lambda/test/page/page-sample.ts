// Three requests for the page: a cold start, a failure, a good one; a metric; lines.
import type { KeyValue, Span } from '../../src/otlp/model';
import type { ReceivedRequest } from '../../src/otlp/arrivals';

type Batch = Pick<ReceivedRequest, 'signal' | 'otlp'>;

export const HOSTILE = '<img src="http://203.0.113.1/x"><script>alert(1)</script>';
const NAMES = ['first', 'second', 'third', 'fourth'];
const START_MS = 1_760_600_466_000;

const indexOf = (name: string): number => NAMES.indexOf(name) + 1;
const traceOf = (name: string): string => String(indexOf(name)).padStart(32, 'a');
const nano = (ms: number): string => `${ms}000000`;

/** Lambda's id of the request of that name. */
export function requestOf(name: string): string {
  return `00000000-0000-4000-8000-00000000000${indexOf(name)}`;
}

function toAttributes(values: Readonly<Record<string, string | boolean>>): readonly KeyValue[] {
  return Object.entries(values).map(([key, value]) => ({
    key,
    keyStrindex: 0,
    value: typeof value === 'string' ? { stringValue: value } : { boolValue: value },
  }));
}

const none = { attributes: [], droppedAttributesCount: 0 };
const scope = { name: 'test/function', version: '', ...none };
const resource = { ...none, entityRefs: [] };

function toSpan(name: string, own: Partial<Span>): Span {
  const startMs = START_MS + indexOf(name) * 1000;
  return {
    ...none,
    traceId: traceOf(name),
    spanId: String(indexOf(name)).padStart(16, 'b'),
    traceState: '',
    parentSpanId: '',
    flags: 0,
    name,
    kind: 2,
    startTimeUnixNano: nano(startMs),
    endTimeUnixNano: nano(startMs + 80),
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    ...own,
  };
}

function traces(spans: readonly Span[]): Batch {
  const scopeSpans = [{ scope, schemaUrl: '', spans }];
  return {
    signal: 'traces',
    otlp: { resourceSpans: [{ resource, schemaUrl: '', scopeSpans }] },
  };
}

/** A request whose spans begin and end all over its time: `lasts 512 ms`. */
export function bars(durationMs: number): Batch {
  const traceId = String(durationMs).padStart(32, 'd');
  const at = (share: number): string => nano(START_MS + Math.round(share * durationMs));
  const span = (index: number, [start, end]: readonly [number, number]): Span =>
    toSpan(`lasts ${durationMs} ms`, {
      ...{ traceId, spanId: String(index).padStart(16, 'e') },
      ...{ startTimeUnixNano: at(start), endTimeUnixNano: at(end) },
      ...(index === 0 ? {} : { name: 'part', kind: 1, parentSpanId: '0'.padStart(16, 'e') }),
    });
  const shares = [0, 0.27, 0.29, 0.5, 0.71, 0.73, 0.84, 0.86, 0.99, 1];
  const pairs = shares.flatMap((start) =>
    shares.filter((end) => end >= start).map((end) => [start, end] as const),
  );
  return traces([[0, 1] as const, ...pairs].map((pair, index) => span(index, pair)));
}

/** A log record of the request of that name. */
export function line(name: string, text: string): Batch {
  const timeUnixNano = nano(START_MS + indexOf(name) * 1000 + 40);
  const logRecord = {
    ...{
      timeUnixNano,
      observedTimeUnixNano: timeUnixNano,
      severityNumber: 9,
      severityText: 'INFO',
    },
    ...{ flags: 0, spanId: '', eventName: '', droppedAttributesCount: 0, traceId: traceOf(name) },
    attributes: toAttributes({ 'faas.invocation_id': requestOf(name) }),
    body: { stringValue: text },
  };
  const scopeLogs = [{ scope, schemaUrl: '', logRecords: [logRecord] }];
  return { signal: 'logs', otlp: { resourceLogs: [{ resource, schemaUrl: '', scopeLogs }] } };
}

const invocation = (name: string, own: Readonly<Record<string, string | boolean>> = {}) =>
  toAttributes({ 'faas.invocation_id': requestOf(name), ...own });

const declined = {
  name: 'exception',
  timeUnixNano: nano(START_MS + 2060),
  attributes: toAttributes({
    'exception.type': 'PaymentDeclined',
    'exception.message': 'card declined',
  }),
  droppedAttributesCount: 0,
};

const metric: Batch = {
  signal: 'metrics',
  otlp: {
    resourceMetrics: [
      {
        resource,
        schemaUrl: '',
        scopeMetrics: [
          {
            scope,
            schemaUrl: '',
            metrics: [
              {
                ...{ name: 'orders', description: '', unit: '{order}', metadata: [] },
                sum: {
                  isMonotonic: true,
                  aggregationTemporality: 1,
                  dataPoints: [
                    {
                      ...{ attributes: [], startTimeUnixNano: nano(START_MS), flags: 0 },
                      ...{ timeUnixNano: nano(START_MS + 1), asInt: '3', exemplars: [] },
                    },
                  ],
                },
              },
            ],
          },
        ],
      },
    ],
  },
};

export const batches: readonly Batch[] = [
  traces([
    toSpan('first', { attributes: invocation('first', { 'faas.coldstart': true }) }),
    toSpan('second', {
      attributes: invocation('second', { 'error.type': 'PaymentDeclined' }),
      events: [declined],
      status: { code: 2, message: 'card declined' },
    }),
    toSpan('second', {
      ...{ name: 'work', kind: 1, spanId: 'c'.repeat(16), parentSpanId: '2'.padStart(16, 'b') },
      attributes: toAttributes({ step: 'charge' }),
    }),
    toSpan('third', { attributes: invocation('third') }),
  ]),
  ...['first', 'second', 'third'].map((name) => line(name, `line of ${name}`)),
  metric,
];
