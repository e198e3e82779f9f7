// LAMBDA_OTLP_KEEP and …_OTHERS over what Lambda delivers, in the built layer: which requests are whole, what is
// counted of the others, and what it takes to hold a request's detail until that is known.
import {
  functionLogs,
  invocationSpan,
  namesOf,
  serverSpans,
  spansNamed,
  total,
} from './arrived-telemetry';
import type { ArrivedSpan, ArrivedTelemetry } from './arrived-telemetry';
import { EXTENSION, endRuns, expectLogsWhileRunning, finish, startLayer } from './layer-run';
import type { LayerOptions, LayerRun } from './layer-run';

afterEach(endRuns);

const line = (level: string, message: string): string => JSON.stringify({ level, message });
const DETAIL = [line('DEBUG', 'detail'), line('WARN', 'careful')];
const LOG = { action: 'log', lines: DETAIL };
const SUMMARY = { LAMBDA_OTLP_OTHERS: 'summary' };
const textsOf = (telemetry: ArrivedTelemetry) => functionLogs(telemetry).map(({ text }) => text);

it('a success that no rule names is its summary, and what was dropped is the rest', async () => {
  const runs = [{}, { ...SUMMARY, LAMBDA_OTLP_KEEP: 'errors' }].map(async (settings) => {
    const run = await startLayer({ settings: { LAMBDA_OTLP_FLUSH: 'end', ...settings } });
    for (let count = 0; count < 3; count += 1) await run.lambda.invoke(LOG);
    return finish(run);
  });
  const [whole, summary] = (await Promise.all(runs)) as [ArrivedTelemetry, ArrivedTelemetry];
  expect(namesOf(summary.spans)).toEqual(['orders', 'orders', 'orders']);
  expect(textsOf(summary)).not.toContain('detail');
  expect(textsOf(summary).filter((text) => text === 'careful')).toHaveLength(3);
  const dropped = (signal: string) => total(summary, 'lambda.detail.dropped', { signal });
  // One more where this environment's init has a child `initRuntime`: only if they differ by a millisecond.
  const always = whole.spans.filter(({ name }) => name !== 'initRuntime').length;
  const least = always - summary.spans.length;
  expect([least, least + 1]).toContain(dropped('traces'));
  expect(dropped('logs')).toBe(whole.logs.length - summary.logs.length);
});

const children = ['responseDuration', 'responseLatency', 'runtimeOverhead'];

async function detailOf(keep: string, act: (run: LayerRun) => Promise<string>) {
  const settings = { ...SUMMARY, LAMBDA_OTLP_KEEP: keep, LAMBDA_OTLP_FLUSH: 'end' };
  const run = await startLayer({ settings });
  // The first one is cold.
  if (keep !== 'cold_starts') await run.lambda.invoke({ action: 'echo' });
  const requestId = await act(run);
  const arrived = await finish(run);
  const span = invocationSpan(arrived, requestId);
  const spans = namesOf(arrived.spans.filter(({ traceId }) => traceId === span.traceId));
  const texts = functionLogs(arrived)
    .filter(({ plain }) => plain['faas.invocation_id'] === requestId)
    .map(({ text }) => text);
  return { spans, texts };
}
const invoke = (event: object) => async (run: LayerRun) =>
  (await run.lambda.invoke(event)).requestId;
const sleep = { action: 'sleep', before: DETAIL };

it('of a request that a rule names every span and line is there where it failed', async () => {
  const { spans, texts } = await detailOf(
    'errors',
    invoke({ action: 'print', count: 1, fails: true }),
  );
  expect(spans).toEqual(['extensionOverhead', 'orders']);
  expect(texts).toContain('line 0');
});

it('of a request that a rule names every span and line is there where it timed out', async () => {
  const { spans, texts } = await detailOf('errors', async (run) => {
    const ended = run.lambda.invoke({ ...sleep, ms: 60_000 });
    await run.nextEvent(({ type }) => type === 'function');
    run.lambda.timeOut();
    return (await ended).requestId;
  });
  expect(spans).toContain('orders');
  expect(texts).toContain('detail');
});

it('of a request that a rule names every span and line is there where it was slow', async () => {
  const { spans, texts } = await detailOf('slow>0.2s', invoke({ ...sleep, ms: 250 }));
  expect(spans).toEqual(expect.arrayContaining([...children, 'orders']));
  expect(texts).toEqual(['detail', 'careful']);
});

it('of a request that a rule names every span and line is there where it was cold', async () => {
  const { spans, texts } = await detailOf('cold_starts', invoke(LOG));
  expect(spans).toEqual(expect.arrayContaining([...children, 'init', 'orders']));
  expect(texts).toEqual(expect.arrayContaining(['loading', 'detail', 'careful']));
});

it('what a rule names is sent while the request runs, once a line says that it failed', async () => {
  const run = await startLayer({
    settings: { ...SUMMARY, LAMBDA_OTLP_KEEP: 'error_logs', LAMBDA_OTLP_BUFFER_BYTES: '262144' },
  });
  const detail = Array.from({ length: 1500 }, (_, index) => line('DEBUG', `${index}`.padEnd(200)));
  const ended = run.lambda.invoke({
    ...{ action: 'sleep', ms: 3000, before: [line('ERROR', 'lost'), ...detail] },
  });
  await expectLogsWhileRunning(run);
  await ended;
  await finish(run);
});

const COUNT = 100_000;
const MIB = 1_048_576;
const options: LayerOptions = {
  timeoutMs: 100_000,
  // Nothing may be lost before the extension sees it.
  telemetryBacklog: { maxItems: 1_000_000, maxBytes: 256 * MIB },
  settings: {
    LAMBDA_OTLP_FLUSH: 'end',
    LAMBDA_OTLP_KEEP: 'errors',
    LAMBDA_OTLP_OTHERS: 'none',
    LAMBDA_OTLP_PLATFORM_LOGS: 'off',
  },
};

async function print(fails: boolean) {
  const run = await startLayer(options);
  await run.lambda.invoke({ action: 'echo' });
  const peakOf = (): number =>
    run.lambda.extensions.find(({ name }) => name === EXTENSION)?.readStatistics()?.peakRssBytes ??
    0;
  const before = peakOf();
  await run.lambda.invoke({ action: 'print', count: COUNT, fails });
  const grown = peakOf() - before;
  const arrived = await finish(run);
  const sent = run.lambda.events.filter(({ type }) => type === 'function').length;
  const dropped = total(arrived, 'lambda.detail.dropped', { signal: 'logs' });
  const numbers = textsOf(arrived).flatMap((text) => {
    const [, number] = /^line (\d+)$/.exec(typeof text === 'string' ? text : '') ?? [];
    return number === undefined ? [] : [Number(number)];
  });
  return { arrived, grown, sent, dropped, numbers };
}

it('100 000 DEBUG lines of one request are all dropped and counted where it succeeded, and take little memory', async () => {
  const { arrived, grown, sent, dropped, numbers } = await print(false);
  expect(numbers).toEqual([]);
  expect(sent).toBeGreaterThanOrEqual(COUNT);
  expect(dropped).toBe(sent - functionLogs(arrived).length);
  expect(grown).toBeLessThan(60 * MIB);
}, 120_000);

it('100 000 DEBUG lines of one request are the newest within the bound where it failed, and the others are counted', async () => {
  const { arrived, grown, sent, dropped, numbers } = await print(true);
  expect(numbers.length).toBeGreaterThan(1000);
  expect(numbers.length).toBeLessThan(COUNT);
  const oldest = COUNT - numbers.length;
  expect([...numbers].sort((a, b) => a - b)).toEqual(numbers.map((_, index) => oldest + index));
  expect(dropped).toBe(sent - functionLogs(arrived).length);
  expect(total(arrived, 'lambda.detail.dropped', { reason: 'hold_full' })).toBe(oldest);
  expect(grown).toBeLessThan(60 * MIB);
}, 120_000);

const REQUESTS = 1000;
const FAILURES = 30;
const RATIO = 0.1;

const thresholdOf = ({ traceState }: ArrivedSpan): string =>
  (/^ot=th:([0-9a-f]{1,14})$/.exec(traceState)?.[1] ?? '').padEnd(14, '0');
/** 2⁵⁶ / (2⁵⁶ − T). */
const countOf = (span: ArrivedSpan): number =>
  2 ** 56 / (2 ** 56 - Number(`0x${thresholdOf(span)}`));
const sum = (spans: readonly ArrivedSpan[]): number =>
  spans.reduce((all, span) => all + countOf(span), 0);

it('a ratio of 1 000 requests, 3 % of them failed, draws by the trace id, and what leaves counts back to all', async () => {
  const run = await startLayer({
    freeze: false,
    settings: {
      LAMBDA_OTLP_FLUSH: 'overlap',
      LAMBDA_OTLP_KEEP: 'errors',
      LAMBDA_OTLP_OTHERS: 'none',
      LAMBDA_OTLP_OTHERS_RATIO: String(RATIO),
    },
  });
  const failed = new Set<string>();
  const others: { readonly requestId: string; readonly traceHeader: string }[] = [];
  for (let index = 0; index < REQUESTS; index += 1) {
    const fails = index % Math.ceil(REQUESTS / FAILURES) === 0;
    const invocation = await run.lambda.invoke({ action: fails ? 'fail' : 'echo' });
    if (fails) failed.add(invocation.requestId);
    else others.push(invocation);
  }
  const arrived = await finish(run);
  const servers = serverSpans(arrived);
  const idOf = ({ plain }: ArrivedSpan) => plain['faas.invocation_id'] as string;
  const failures = servers.filter((span) => failed.has(idOf(span)));
  const drawn = servers.filter((span) => !failed.has(idOf(span)));
  expect(failures).toHaveLength(failed.size);
  expect(sum(failures)).toBe(failed.size);
  const [threshold = '', ...differing] = new Set(drawn.map(thresholdOf));
  expect(differing).toEqual([]);
  expect(2 ** 56 / (2 ** 56 - Number(`0x${threshold}`))).toBeCloseTo(1 / RATIO, 1);
  // R56: the last 14 digits of the trace id, which is X-Ray's.
  const randomnessOf = (header: string) => /Root=[^;]*([0-9a-f]{14})/.exec(header)?.[1] ?? '';
  expect(drawn.map(idOf).sort()).toEqual(
    others
      .filter(({ traceHeader }) => randomnessOf(traceHeader) >= threshold)
      .map(({ requestId }) => requestId)
      .sort(),
  );
  const deviation = Math.sqrt((others.length * (1 - RATIO)) / RATIO);
  // By chance more than six once in half a billion runs.
  expect(Math.abs(sum(servers) - REQUESTS)).toBeLessThan(6 * deviation);
  expect(total(arrived, 'faas.invocations') + total(arrived, 'faas.errors')).toBe(REQUESTS);
  expect(spansNamed(arrived, 'orders')).toHaveLength(servers.length);
}, 120_000);

it('no free text leaves where a pattern looks ahead, and one line says why', async () => {
  const run = await startLayer({
    settings: { LAMBDA_OTLP_REDACT_PATTERNS: '["secret(?=-)"]', LAMBDA_OTLP_FLUSH: 'end' },
  });
  const { requestId } = await run.lambda.invoke(LOG);
  const arrived = await finish(run);
  expect(run.output()).toContain('without look-around, back-references');
  const logs = functionLogs(arrived);
  expect(logs.length).toBeGreaterThan(1);
  for (const { text } of logs) expect(text).toBe('[REDACTED]');
  expect(invocationSpan(arrived, requestId).plain['faas.invocation_id']).toBe(requestId);
  expect(total(arrived, 'lambda.redactions', { rule: 'all' })).toBeGreaterThanOrEqual(2);
});

it('what is below the severity to drop does not leave, and is counted', async () => {
  const settings = { LAMBDA_OTLP_DROP_LOGS: 'severity<info', LAMBDA_OTLP_FLUSH: 'end' };
  const run = await startLayer({ settings });
  await run.lambda.invoke(LOG);
  const arrived = await finish(run);
  expect(textsOf(arrived)).toContain('careful');
  expect(textsOf(arrived)).not.toContain('detail');
  expect(total(arrived, 'lambda.redactions', { rule: 'drop_logs_1' })).toBe(1);
});
