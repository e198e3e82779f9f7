// The built layer on Lambda Managed Instances: under AWS's own emulator where there is one, and always
// under the local Lambda, which behaves as the emulator does. The account of a second extension, or of
// the local Lambda itself, is the truth.
import { randomUUID } from 'node:crypto';
import type { TelemetryEvent } from 'local-lambda/lambda/telemetry-event';
import { startOtlpReceiver } from 'local-lambda/otlp/otlp-receiver';
import type { OtlpReceiver } from 'local-lambda/otlp/otlp-receiver';
import {
  childrenOf,
  expectSoundRequests,
  functionLogs,
  invocationSpan,
  readTelemetry,
  serverSpans,
  spansNamed,
  total,
} from '../scenarios/arrived-telemetry';
import type { ArrivedTelemetry } from '../scenarios/arrived-telemetry';
import {
  byStart,
  eventOf,
  eventsOf,
  functionLines,
  nanosOf,
  platformSpansOf,
  recordOf,
  timesOf,
  toNanos,
  traceIdOf,
} from '../scenarios/platform-truth';
import { describeUnderEmulator } from './emulator';
import { startEmulator } from './emulator-rig';
import { startLocalEnvironment } from './environment';
import type { Environment } from './environment';

const POLLS = 8;
const TIMEOUT_S = 3;

type StartEnvironment = (settings: Readonly<Record<string, string>>) => Promise<Environment>;

interface Asked {
  readonly requestId: string;
  readonly traceHeader?: string;
  readonly line: string;
  readonly answer: unknown;
}

async function ask(
  environment: Environment,
  payload: object,
  traceHeader?: string,
): Promise<Asked> {
  const requestId = randomUUID();
  const line = `line of ${requestId}`;
  const trace = traceHeader === undefined ? {} : { traceHeader };
  const request = { payload: { lines: [line], ...payload }, requestId, ...trace };
  // A request that the shutdown cuts off may be left without an answer.
  const answer = await environment.invoke(request).catch((error: unknown) => String(error));
  return { requestId, line, answer, ...trace };
}

/** Concurrent requests, an error, a timeout, and one that the shutdown cuts off. */
async function play(environment: Environment): Promise<readonly Asked[]> {
  const concurrent = await Promise.all(
    [0, 1, 2, 3].map((index) =>
      ask(
        environment,
        { sleepMs: 400 - 100 * index, raw: [`raw line ${index}`] },
        `Root=1-6740aa11-0123456789abcdef0123456${index};Parent=53995c3f42cd8ad${index};Sampled=1`,
      ),
    ),
  );
  expect(concurrent.map(({ answer }) => answer)).toEqual(['done', 'done', 'done', 'done']);
  const failed = await ask(environment, { error: 'Function.OutOfStock' });
  const fine = await ask(environment, {});
  const late = await ask(environment, { sleepMs: TIMEOUT_S * 1000 + 1500 });
  expect(fine.answer).toBe('done');
  const cut = ask(environment, { sleepMs: 60_000 });
  await environment.invoke({ payload: {} });
  await environment.end();
  return [...concurrent, failed, fine, late, await cut];
}

function expectInvocations(events: readonly TelemetryEvent[], telemetry: ArrivedTelemetry): void {
  const starts = eventsOf(events, 'platform.start');
  expect(serverSpans(telemetry)).toHaveLength(starts.length);
  for (const start of starts) {
    const requestId = String(recordOf(start)['requestId']);
    const report = recordOf(eventOf(events, 'platform.report', requestId));
    const { durationMs } = report['metrics'] as { readonly durationMs: number };
    const span = invocationSpan(telemetry, requestId);
    expect(timesOf(span)).toEqual({
      name: 'orders',
      start: nanosOf(start.time),
      end: nanosOf(start.time) + toNanos(durationMs),
    });
    const failed = report['status'] !== 'success';
    expect([requestId, span.status?.code ?? 0]).toEqual([requestId, failed ? 2 : 0]);
    expect(span.plain['error.type']).toBe(
      failed ? (report['errorType'] ?? report['status']) : undefined,
    );
    expect(byStart(childrenOf(telemetry, span).map(timesOf))).toEqual(
      byStart(platformSpansOf(events, 'platform.report', requestId)),
    );
  }
}

function expectLines(
  asked: readonly Asked[],
  events: readonly TelemetryEvent[],
  telemetry: ArrivedTelemetry,
): void {
  const records = functionLogs(telemetry);
  expect(records).toHaveLength(functionLines(events).length);
  for (const { requestId, line, traceHeader } of asked) {
    const [record, ...others] = records.filter(({ text }) => text === line);
    const { traceId, spanId } = invocationSpan(telemetry, requestId);
    expect(others).toEqual([]);
    expect(record).toMatchObject({ traceId, spanId, plain: { 'faas.invocation_id': requestId } });
    if (traceHeader !== undefined) expect(traceId).toBe(traceIdOf(traceHeader));
  }
  // Without a request's id while several run: nobody's, or, should it have run alone, its own.
  for (const [index, { requestId }] of asked.slice(0, 4).entries()) {
    const record = records.find(({ text }) => text === `raw line ${index}`);
    expect([undefined, requestId]).toContain(record?.plain['faas.invocation_id']);
  }
}

function expectSums(events: readonly TelemetryEvent[], telemetry: ArrivedTelemetry): void {
  const reports = eventsOf(events, 'platform.report').map(recordOf);
  const having = (...statuses: readonly unknown[]): number =>
    reports.filter(({ status }) => statuses.includes(status)).length;
  expect(total(telemetry, 'faas.invocations')).toBe(having('success'));
  expect(total(telemetry, 'faas.timeouts')).toBe(having('timeout'));
  expect(total(telemetry, 'faas.errors')).toBe(having('error', 'failure'));
  expect(total(telemetry, 'faas.invoke_duration')).toBe(reports.length);
  expect(total(telemetry, 'faas.init_duration')).toBe(
    eventsOf(events, 'platform.initReport').length,
  );
  expect(total(telemetry, 'faas.coldstarts')).toBe(0);
  expect(total(telemetry, 'lambda.billed_duration') + total(telemetry, 'faas.mem_usage')).toBe(0);
}

function expectInit(events: readonly TelemetryEvent[], telemetry: ArrivedTelemetry): void {
  const [init, ...others] = spansNamed(telemetry, 'init');
  expect(others).toEqual([]);
  expect(init?.parentSpanId).toBe('');
  expect(init && timesOf(init).start).toBe(nanosOf(eventOf(events, 'platform.initStart').time));
  const linked = serverSpans(telemetry).filter(({ links }) => links.length > 0);
  expect(linked.flatMap(({ links }) => links.map(({ spanId }) => spanId))).toEqual([init?.spanId]);
}

function defineManagedInstances(start: StartEnvironment): void {
  let receiver: OtlpReceiver;
  let environment: Environment | undefined;

  beforeEach(async () => {
    receiver = await startOtlpReceiver();
  });

  afterEach(async () => {
    await environment?.remove();
    environment = undefined;
    await receiver.close();
  });

  test('what arrives of concurrent requests, an error, a timeout and a shutdown is the account of the platform', async () => {
    environment = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
    const asked = await play(environment);
    const events = environment.events();
    const telemetry = readTelemetry(receiver.requests);
    expect(receiver.refused).toEqual([]);
    expectSoundRequests(receiver.requests);
    // The five that were told how to end did; the account may hold more.
    const statuses = asked.slice(4).map(({ requestId }) => {
      const { status, errorType } = recordOf(eventOf(events, 'platform.report', requestId));
      return [status, errorType];
    });
    expect(statuses).toEqual([
      ['error', 'Function.OutOfStock'],
      ['success', undefined],
      ['timeout', 'Sandbox.Timedout'],
      ['failure', 'Client.ExecutionEnvironmentShutDown'],
    ]);
    expectInvocations(events, telemetry);
    expectLines(asked, events, telemetry);
    expectSums(events, telemetry);
    expectInit(events, telemetry);
  }, 60_000);
}

describe('Managed Instances, under the local Lambda', () => {
  defineManagedInstances((environment) =>
    startLocalEnvironment({
      initializationType: 'lambda-managed-instances',
      maxConcurrency: POLLS,
      timeoutMs: TIMEOUT_S * 1000,
      environment,
    }),
  );
});

describeUnderEmulator('Managed Instances', (emulator) => {
  defineManagedInstances((settings) =>
    startEmulator({
      emulator,
      witness: true,
      environment: {
        AWS_LAMBDA_MAX_CONCURRENCY: String(POLLS),
        // Also the time that init may take.
        AWS_LAMBDA_FUNCTION_TIMEOUT: String(TIMEOUT_S),
        // Its listener deadlocks when an answer takes longer than a window.
        LAMBDA_OTLP_TELEMETRY_TIMEOUT_MS: '200',
        ...settings,
      },
    }),
  );
});
