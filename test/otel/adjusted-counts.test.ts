// Who counts spans counts requests: what leaves says how many it stands for.
// Source: https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/
import { SPAN_KIND } from 'local-lambda/otlp/model';
import { replayItemsToOtlp } from '../golden/replay-to-otlp';
import { done, report, start } from '../invocation/scenario';

const REQUESTS = 1000;
const FAILURES = 30;

/** UUIDs of version 4 from a fixed series. */
function requestIds(): readonly string[] {
  let seed = 20_261_129;
  const next = (): number => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0);
  const hex = (): string => next().toString(16).padStart(8, '0');
  return Array.from({ length: REQUESTS }, () => {
    const [a, b, c, d] = [hex(), hex(), hex(), hex()];
    return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-8${c.slice(1, 4)}-${c.slice(4)}${d}`;
  });
}

/** 2⁵⁶ / (2⁵⁶ − T), of `ot=th:…`. */
function adjustedCountOf(traceState: string | undefined): number {
  const [, th] = /(?:^|,)ot=(?:[^,]*;)?th:([0-9a-f]{1,14})/.exec(traceState ?? '') ?? [];
  if (th === undefined) throw new Error(`expected a threshold, got '${String(traceState)}'`);
  return 2 ** 56 / (2 ** 56 - Number(`0x${th.padEnd(14, '0')}`));
}

it.each(['none', 'summary'])(
  '1 000 requests with 3 %% of failures are counted back from what leaves, OTHERS=%s',
  async (others) => {
    const events = requestIds().flatMap((requestId, index) => {
      const isFailure = index % (REQUESTS / FAILURES) < 1;
      const end = isFailure ? { status: 'error', errorType: 'E' } : {};
      const at = index * 1000;
      return [start(at, requestId), done(at + 50, requestId, end), report(at + 51, requestId)];
    });
    const requests = await replayItemsToOtlp(
      events.map((value) => ({ kind: 'event' as const, value })),
      {
        variables: {
          LAMBDA_OTLP_KEEP: 'errors',
          LAMBDA_OTLP_OTHERS: others,
          LAMBDA_OTLP_OTHERS_RATIO: '0.1',
        },
      },
    );
    const servers = requests
      .flatMap((sent) => (sent.signal === 'traces' ? sent.request.resourceSpans : []))
      .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
      .filter(({ kind }) => kind === SPAN_KIND.server);
    const sum = (list: typeof servers): number =>
      list.reduce((total, { traceState }) => total + adjustedCountOf(traceState), 0);
    const failed = servers.filter(({ status }) => status?.code === 2);
    // What KEEP names is counted exactly, and under a summary everything.
    expect(sum(failed)).toBe(FAILURES);
    if (others === 'summary') expect(sum(servers)).toBe(REQUESTS);
    const variance = ((REQUESTS - FAILURES) * (1 - 0.1)) / 0.1;
    expect(Math.abs(sum(servers) - REQUESTS)).toBeLessThan(3 * Math.sqrt(variance));
    expect(servers.length).toBeLessThan(others === 'none' ? REQUESTS / 4 : REQUESTS + 1);
  },
);
