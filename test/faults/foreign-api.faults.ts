// Extensions and Telemetry API that refuse, fail, stay silent or break: the function runs on without telemetry,
// or, without an Extensions API, the process ends by itself, soon and with a report.
import type { ServerResponse } from 'node:http';
import { readTelemetry, serverSpans } from '../scenarios/arrived-telemetry';
import { startOtlpReceiver } from 'local-lambda/otlp/otlp-receiver';
import type { OtlpReceiver } from 'local-lambda/otlp/otlp-receiver';
import { initEvents, serve, shutdownEvent, shutdownIn } from './foreign-events';
import { endForeignLambdas, startForeignLambda } from './foreign-lambda';
import type { ForeignLambda, ForeignLambdaOptions, Script } from './foreign-lambda';
import { killAfter } from './throttle';

let receiver: OtlpReceiver;

beforeEach(async () => {
  receiver = await startOtlpReceiver();
});

afterEach(async () => {
  await endForeignLambdas();
  await receiver.close();
});

function start(options: ForeignLambdaOptions): Promise<ForeignLambda> {
  return startForeignLambda({
    ...options,
    settings: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      LAMBDA_OTLP_FLUSH: 'end',
      LAMBDA_OTLP_FLUSH_BUDGET_MS: '5000',
      ...options.settings,
    },
  });
}

const status =
  (code: number, body = '', times = Infinity): Script =>
  (response, attempt) => {
    if (attempt >= times) return false;
    response.writeHead(code).end(body);
    return true;
  };

const reset =
  (times = Infinity): Script =>
  (response, attempt) => {
    if (attempt >= times) return false;
    response.socket?.resetAndDestroy();
    return true;
  };

const silent =
  (times = Infinity): Script =>
  (_response, attempt) =>
    attempt < times;

/** Longer than a test may take: who waits for an invocation's deadline fails. */
const FAR_MS = 900_000;

/** INVOKE without a word of telemetry: only polling shows that the extension lives. */
async function invokeWithoutTelemetry(lambda: ForeignLambda, index: number): Promise<void> {
  const polls = lambda.calls.next;
  await lambda.send({
    eventType: 'INVOKE',
    deadlineMs: Date.now() + FAR_MS,
    requestId: `0d7b7a4e-0000-4000-8000-00000000000${index}`,
  });
  await lambda.called('next', polls + 1);
}

async function expectEnd(lambda: ForeignLambda): Promise<void> {
  await lambda.send(shutdownIn(2_000));
  expect({ code: await lambda.exit, output: lambda.output() }).toMatchObject({ code: 0 });
}

describe('registration', () => {
  test.each<[string, Script]>([
    ['500 twice', status(500, '', 2)],
    ['503 without an end to its body', status(503, '{"errorType":', 1)],
    ['a reset', reset(1)],
    ['garbage with status 200', status(200, 'who are you?', 1)],
  ])('that fails with %s is tried again, and telemetry flows', async (_what, script) => {
    const lambda = await start({ scripts: { register: script } });
    await lambda.called('next');
    await lambda.post(JSON.stringify(initEvents()));
    await serve(lambda, 'line');
    await expectEnd(lambda);
    expect(serverSpans(readTelemetry(receiver.requests))).toHaveLength(1);
  });

  test.each<[string, Script]>([
    ['500', status(500)],
    ['a reset', reset()],
    ['403', status(403, '{"errorType":"Extension.RegistrationClosed","errorMessage":"closed"}')],
    ['no identifier', status(200, '{"functionName":"f"}')],
  ])(
    'that fails with %s for good ends the process, reported, after a few attempts',
    async (_what, script) => {
      const lambda = await start({ scripts: { register: script } });
      expect(await lambda.exit).toBe(1);
      expect(lambda.calls['init/error']).toBe(1);
      expect(lambda.calls.register).toBeLessThanOrEqual(6);
      expect(lambda.output()).toContain('Extensions API');
    },
  );

  test('without INVOKE, as on Managed Instances, is asked for SHUTDOWN alone', async () => {
    const refusal = '{"errorType":"Extension.InvalidEventType","errorMessage":"INVOKE: no"}';
    const script = (response: ServerResponse, _attempt: number, body: string): boolean => {
      if (!body.includes('INVOKE')) return false;
      response.writeHead(403).end(refusal);
      return true;
    };
    const lambda = await start({ scripts: { register: script } });
    await lambda.called('next');
    expect(lambda.bodies.register.at(-1)).toBe('{"events":["SHUTDOWN"]}');
    await expectEnd(lambda);
  });

  test('to an address where nobody listens ends the process', async () => {
    const lambda = await start({ settings: { AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9' } });
    expect(await lambda.exit).toBe(1);
  });
});

const malformed = '{"errorMessage":"schemaVersion "2025-01-29" unknown","errorType":"X"}';

describe('the subscription', () => {
  test.each<[string, Script]>([
    ['202', status(202, '{"errorType":"Telemetry.NotSupported","errorMessage":"not here"}')],
    ['400 with a malformed body', status(400, '{"errorMessage":"types "x" unknown","er')],
    ['400 to every schema version', status(400, malformed)],
    ['403', status(403, '{"errorType":"Telemetry.SubscriptionClosed","errorMessage":"closed"}')],
    ['500', status(500)],
    ['a reset', reset()],
    ['no answer', silent()],
  ])('that meets %s leaves the function alone, with one warning', async (_what, script) => {
    const lambda = await start({ scripts: { subscribe: script } });
    await lambda.called('next');
    for (let index = 0; index < 3; index += 1) await invokeWithoutTelemetry(lambda, index);
    await expectEnd(lambda);
    const warnings = lambda.output().match(/Telemetry API: /g) ?? [];
    expect(warnings).toHaveLength(1);
    expect(lambda.calls.subscribe).toBeLessThanOrEqual(3);
  });

  test('goes down the ladder of schema versions', async () => {
    const lambda = await start({ scripts: { subscribe: status(400, malformed, 2) } });
    await lambda.called('next');
    await serve(lambda, 'line');
    await expectEnd(lambda);
    expect(
      lambda.bodies.subscribe.map((body) => /"schemaVersion":"([^"]*)/.exec(body)?.[1]),
    ).toEqual(['2025-01-29', '2022-12-13', '2022-07-01']);
    expect(serverSpans(readTelemetry(receiver.requests))).toHaveLength(1);
  });

  test('that is there already is a success', async () => {
    const script: Script = (response) => {
      response.writeHead(200).end('"AlreadySubscribed"');
      return true;
    };
    const lambda = await start({ scripts: { subscribe: script } });
    await lambda.called('next');
    await expectEnd(lambda);
    expect(lambda.output()).not.toContain('warn');
  });
});

describe('/event/next', () => {
  test.each<[string, Script]>([
    ['500', status(500, 'oops', 2)],
    ['a reset', reset(2)],
    ['an event nobody knows', status(200, '{"eventType":"PARTY"}', 2)],
    ['no JSON', status(200, 'PARTY', 2)],
    ['403', status(403, '{"errorType":"Extension.InvalidExtensionState"}', 1)],
  ])('that answers with %s now and then is asked again', async (_what, script) => {
    const lambda = await start({ scripts: { next: script } });
    await lambda.called('next', 2);
    await serve(lambda, 'line');
    await expectEnd(lambda);
    expect(serverSpans(readTelemetry(receiver.requests))).toHaveLength(1);
  });

  test.each<[string, Script]>([
    ['500', status(500)],
    ['a reset', reset()],
    ['an event nobody knows', status(200, '{"eventType":"PARTY"}')],
  ])(
    'that answers with %s for good ends the process, reported, after a few attempts',
    async (_what, script) => {
      const lambda = await start({ scripts: { next: script } });
      expect(await lambda.exit).toBe(1);
      expect(lambda.calls['exit/error']).toBe(1);
      expect(lambda.calls.next).toBeLessThanOrEqual(10);
    },
  );
});

describe('SHUTDOWN', () => {
  // SIGKILL comes as Lambda's own, 2 s after SHUTDOWN or, after an extension's timeout, 1 s.
  test.each<[string, () => unknown, number]>([
    ['2 s ahead', () => Date.now() + 2_000, 2_000],
    ['1 s ahead', () => Date.now() + 1_000, 1_000],
    ['300 ms ahead', () => Date.now() + 300, 1_000],
    ['past', () => Date.now() - 5_000, 2_000],
    ['a text', () => 'soon', 2_000],
    ['missing', () => undefined, 2_000],
    ['4 s ahead', () => Date.now() + 4_000, 2_000],
    ['hours ahead', () => Date.now() + 7_200_000, 2_000],
  ])(
    'with its deadline %s ends before SIGKILL with exit code 0 while the endpoint hangs',
    async (_what, deadline, killMs) => {
      receiver.respondWith(() => ({ kind: 'hang' }));
      const lambda = await start({ settings: { LAMBDA_OTLP_FLUSH: 'overlap' } });
      await lambda.called('next');
      await serve(lambda, 'line');
      const spare = killAfter(lambda.pid, killMs);
      await lambda.send(shutdownEvent(deadline()));
      expect({ code: await lambda.exit, output: lambda.output() }).toMatchObject({ code: 0 });
      spare();
      expect(lambda.output()).toContain('stopped: some telemetry was not delivered');
    },
  );

  test('as SIGTERM, twice, flushes once and ends with exit code 0', async () => {
    const lambda = await start({ settings: { LAMBDA_OTLP_FLUSH: 'overlap' } });
    await lambda.called('next');
    await serve(lambda, 'line');
    process.kill(lambda.pid, 'SIGTERM');
    process.kill(lambda.pid, 'SIGTERM');
    expect(await lambda.exit).toBe(0);
    expect(serverSpans(readTelemetry(receiver.requests))).toHaveLength(1);
  });
});
