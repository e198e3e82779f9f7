// LAMBDA_OTLP_KEEP, …_OTHERS, …_REDACT and …_DROP over what Lambda and the function's own SDK say, in the built layer.
import { join } from 'node:path';
import { freePort } from '../free-ports';
import { functionLogs, total } from './arrived-telemetry';
import type { ArrivedSpan, ArrivedTelemetry } from './arrived-telemetry';
import { endRuns, expectLogsWhileRunning, finish, startLayer } from './layer-run';
import type { LayerOptions, LayerRun } from './layer-run';

afterEach(endRuns);

type Settings = Readonly<Record<string, string>>;

async function startInstrumented(
  settings: Settings,
  options: LayerOptions = {},
): Promise<LayerRun> {
  const port = await freePort();
  return startLayer({
    ...options,
    handler: join(__dirname, 'keeping.handler'),
    settings: {
      LAMBDA_OTLP_RECEIVER: String(port),
      RECEIVER_URL: `http://127.0.0.1:${port}`,
      LAMBDA_OTLP_FLUSH: 'end',
      ...settings,
    },
  });
}

const SUMMARY = {
  LAMBDA_OTLP_OTHERS: 'summary',
  LAMBDA_OTLP_KEEP: 'errors,slow>1s,error_logs,http5xx',
};
const detailOf = ({ spans, logs }: ArrivedTelemetry) => ({
  spans: spans.map(({ name }) => name).filter((name) => /^(?:handler|child|orders$)/.test(name)),
  texts: logs
    .map(({ text }) => text)
    .filter((text) => typeof text === 'string' && /^(?:in the handler|sdk )/.test(text)),
});
const serverOf = ({ spans }: ArrivedTelemetry): ArrivedSpan | undefined =>
  spans.find(({ name }) => name === 'handler');
const toText = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'bigint' ? String(member) : member,
  );
/** What the SDK logs beside its spans: one line of each level. */
const LOGS = [
  [5, 'sdk debug'],
  [13, 'sdk warn'],
] as const;

it('what the SDK of the function says of a request is its SERVER span and its warnings where it succeeded, and every drop is counted', async () => {
  const run = await startInstrumented(SUMMARY);
  await run.lambda.invoke({ children: 3, records: LOGS });
  const arrived = await finish(run);
  expect(detailOf(arrived)).toEqual({ spans: ['handler'], texts: ['sdk warn'] });
  const { plain } = serverOf(arrived) ?? {};
  const dropped = total(arrived, 'lambda.detail.dropped', { signal: 'traces' });
  expect(plain?.['lambda.spans_dropped']).toBeGreaterThanOrEqual(3);
  expect(dropped).toBeGreaterThanOrEqual(Number(plain?.['lambda.spans_dropped']));
  // The SDK's DEBUG record and the line that the handler printed.
  expect(plain?.['lambda.log_records_dropped']).toBeGreaterThanOrEqual(2);
  expect(total(arrived, 'lambda.detail.dropped', { signal: 'logs' })).toBeGreaterThanOrEqual(2);
});

it.each([
  ['its span says that it failed', { status: 2 }],
  ['it answered with 503', { attributes: { 'http.response.status_code': 503 } }],
  ['it logged an error', { records: [...LOGS, [17, 'sdk error']] }],
])('what the SDK of the function says of a request is everything where %s', async (_, event) => {
  const run = await startInstrumented(SUMMARY);
  await run.lambda.invoke({ records: LOGS, ...event });
  const arrived = await finish(run);
  expect(detailOf(arrived).spans.sort()).toEqual(['child 0', 'child 1', 'handler']);
  expect(detailOf(arrived).texts).toEqual(
    expect.arrayContaining(['in the handler', 'sdk debug', 'sdk warn']),
  );
  expect(total(arrived, 'lambda.detail.dropped')).toBe(0);
});

it('what the SDK of the function says of a request is nothing under OTHERS=none', async () => {
  const run = await startInstrumented({ LAMBDA_OTLP_OTHERS: 'none' });
  await run.lambda.invoke({ records: LOGS });
  const arrived = await finish(run);
  expect(detailOf(arrived)).toEqual({ spans: [], texts: [] });
  expect(total(arrived, 'faas.invocations')).toBe(1);
});

it('what the SDK says of a drawn request leaves with the threshold of its draw, raised and never lowered', async () => {
  const settings = { LAMBDA_OTLP_OTHERS: 'none', LAMBDA_OTLP_OTHERS_RATIO: '0.25' };
  const run = await startInstrumented(settings);
  // R56 of the trace: f0…, drawn; 10…, not.
  for (const [randomness, tracestate] of [
    ['f', 'ot=th:8,vendor=1'],
    ['f', 'ot=th:e'],
    ['f', ''],
    ['1', ''],
  ] as const) {
    const traceId = `0123456789abcdef01${randomness}`.padEnd(31, '0') + '1';
    const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, tracestate };
    await run.lambda.invoke({ headers, children: 0 });
  }
  const { spans } = await finish(run);
  const servers = spans.filter(({ name }) => name === 'handler');
  expect(servers.map(({ traceState }) => traceState)).toEqual(['ot=th:c,vendor=1', 'ot=th:e', '']);
});

it('what the SDK says of a request leaves while that runs, once it is known to be worth it', async () => {
  const run = await startInstrumented({ ...SUMMARY, LAMBDA_OTLP_BUFFER_BYTES: '262144' });
  const filler = Array.from({ length: 1500 }, (_, index) => [9, `sdk ${index} ${'x'.repeat(200)}`]);
  const event = { records: [[17, 'sdk error'], ...filler], thenMs: 3000 };
  const ended = run.lambda.invoke(event);
  await expectLogsWhileRunning(run);
  await ended;
  await finish(run);
});

const rules = {
  LAMBDA_OTLP_REDACT: 'emails,tokens',
  LAMBDA_OTLP_REDACT_KEYS: 'password',
  LAMBDA_OTLP_REDACT_PATTERNS: '["order-[0-9]+"]',
  LAMBDA_OTLP_DROP_LOGS: 'body~^GET /health',
  LAMBDA_OTLP_DROP_ATTRIBUTES: 'url.query,metrics:service.instance.id',
};
const secrets = ['me@example.org', 'hunter2', 'order-4711', 'a=1'];

it('what must not leave leaves neither with what Lambda delivers nor with what the SDK hands over', async () => {
  const run = await startInstrumented({ ...rules, LAMBDA_OTLP_JOIN: 'merge' });
  await run.lambda.invoke({
    attributes: { 'url.query': 'a=1', 'user.password': 'hunter2', to: 'me@example.org' },
    name: 'mail order-4711',
    exception: 'no such user me@example.org',
    records: [
      [9, 'sdk order-4711 of me@example.org'],
      [9, 'GET /health'],
    ],
    lines: [
      '{"level":"INFO","message":"hello","user":{"password":"hunter2"}}',
      'GET /health 200',
      'order-4711 me@example.org',
    ],
    counts: { to: 'me@example.org' },
  });
  const arrived = await finish(run);
  const everything = toText(arrived);
  for (const secret of secrets) expect(everything).not.toContain(secret);
  expect(functionLogs(arrived).map(({ text }) => text)).toContain('[REDACTED] [REDACTED]');
  expect(
    arrived.logs.filter(({ text }) => typeof text === 'string' && text.startsWith('GET /health')),
  ).toEqual([]);
  expect(arrived.spans.map(({ name }) => name)).toContain('mail [REDACTED]');
  expect(total(arrived, 'lambda.redactions', { rule: 'emails' })).toBeGreaterThanOrEqual(4);
  expect(total(arrived, 'lambda.redactions', { rule: 'drop_logs_1' })).toBe(2);
  expect(total(arrived, 'requests', { to: '[REDACTED]' })).toBe(1);
  const metrics = run.receiver.requests.filter(({ signal }) => signal === 'metrics');
  expect(toText(metrics)).toContain('requests');
  expect(toText(metrics)).not.toContain('service.instance.id');
});
