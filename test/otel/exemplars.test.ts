// Exemplars: from a duration to the newest trace that leaves.
import { replayItemsToOtlp } from '../golden/replay-to-otlp';
import { done, init, report, start } from '../invocation/scenario';
import type { WireEvent } from '../invocation/scenario';

const A = '00000000-0000-4000-8000-00000000000a';
const B = '00000000-0000-4000-8000-00000000000b';
const events = [start(1000, A), done(1100, A), report(1110, A), start(2000, B), done(2100, B)];

async function exemplarsOf(list: readonly WireEvent[], variables: Record<string, string> = {}) {
  const requests = await replayItemsToOtlp(
    list.map((value) => ({ kind: 'event' as const, value })),
    { variables },
  );
  const metrics = requests.flatMap((sent) =>
    sent.signal === 'metrics'
      ? sent.request.resourceMetrics.flatMap(({ scopeMetrics }) =>
          scopeMetrics.flatMap((scope) => scope.metrics),
        )
      : [],
  );
  return Object.fromEntries(
    metrics.flatMap(({ name, histogram, exponentialHistogram }) => {
      const points = histogram?.dataPoints ?? exponentialHistogram?.dataPoints ?? [];
      const exemplars = points.flatMap((point) => point.exemplars);
      return exemplars.length === 0
        ? []
        : [[name, exemplars.map(({ traceId, asDouble }) => [traceId, asDouble])]];
    }),
  );
}

const traceOf = (requestId: string) => requestId.replaceAll('-', '');

it.each([
  {},
  {
    OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: 'base2_exponential_bucket_histogram',
  },
])(
  'an exemplar of each point of a duration is of its newest request, one a point: %j',
  async (variables) => {
    const exemplars = await exemplarsOf(events, variables);
    expect(exemplars['faas.invoke_duration']).toEqual([[traceOf(B), expect.any(Number) as number]]);
    // Of a report: B has none yet.
    expect(exemplars['lambda.billed_duration']).toEqual([
      [traceOf(A), expect.any(Number) as number],
    ]);
    expect(Object.keys(exemplars)).not.toContain('faas.mem_usage');
  },
);

it('an exemplar of an init is of the trace that it is in', async () => {
  const exemplars = await exemplarsOf([...init(0), ...events]);
  expect(exemplars['faas.init_duration']).toEqual([[traceOf(A), expect.any(Number) as number]]);
});

it('an exemplar is never of a trace that does not leave', async () => {
  const failed = done(1100, A, { status: 'error' });
  const list = [start(1000, A), failed, start(2000, B), done(2100, B)];
  const variables = { LAMBDA_OTLP_KEEP: 'errors', LAMBDA_OTLP_OTHERS: 'none' };
  const exemplars = await exemplarsOf(list, variables);
  expect(JSON.stringify(exemplars)).toContain(traceOf(A));
  expect(JSON.stringify(exemplars)).not.toContain(traceOf(B));
  const summary = await exemplarsOf(list, { ...variables, LAMBDA_OTLP_OTHERS: 'summary' });
  expect(JSON.stringify(summary)).toContain(traceOf(B));
  const sampled = await exemplarsOf(list, { OTEL_TRACES_SAMPLER: 'always_off' });
  expect(sampled).toEqual({});
});

it('an exemplar is off by OTEL_METRICS_EXEMPLAR_FILTER', async () => {
  expect(await exemplarsOf(events, { OTEL_METRICS_EXEMPLAR_FILTER: 'always_off' })).toEqual({});
});
