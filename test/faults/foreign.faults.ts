// The layer under the foreign Lambda: poison, redelivery, and APIs that fail.
import { gzipSync } from 'node:zlib';
import { connect } from 'node:net';
import { functionLogs, readTelemetry, serverSpans, total } from '../scenarios/arrived-telemetry';
import type { ArrivedTelemetry } from '../scenarios/arrived-telemetry';
import { checkOtlp } from 'local-lambda/otlp/proto-rules';
import { startOtlpReceiver } from 'local-lambda/otlp/otlp-receiver';
import type { OtlpReceiver } from 'local-lambda/otlp/otlp-receiver';
import {
  initEvents,
  lineEvent,
  runtimeDoneEvent,
  serve,
  shutdownIn,
  startEvent,
} from './foreign-events';
import { IS_HOST } from './faulty-run';
import { endForeignLambdas, startForeignLambda } from './foreign-lambda';
import type { ForeignLambda, ForeignLambdaOptions } from './foreign-lambda';
import { POISON } from './poison';

let receiver: OtlpReceiver;

beforeEach(async () => {
  receiver = await startOtlpReceiver();
});

afterEach(async () => {
  await endForeignLambdas();
  await receiver.close();
});

function start(options: ForeignLambdaOptions = {}): Promise<ForeignLambda> {
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

async function shutDown(lambda: ForeignLambda): Promise<ArrivedTelemetry> {
  await lambda.send(shutdownIn(2_000));
  const code = await lambda.exit;
  expect({ code, output: lambda.output() }).toMatchObject({ code: 0 });
  expect(receiver.refused).toEqual([]);
  expect(receiver.requests.flatMap(({ signal, otlp }) => checkOtlp(signal, otlp))).toEqual([]);
  return readTelemetry(receiver.requests);
}

function expectServed(telemetry: ArrivedTelemetry, requestIds: readonly string[]): void {
  const served = serverSpans(telemetry).map(({ plain }) => plain['faas.invocation_id']);
  expect(served.sort()).toEqual([...requestIds].sort());
  expect(total(telemetry, 'faas.invocations')).toBe(requestIds.length);
}

describe('poison in the telemetry', () => {
  test.each(POISON)('$name costs nothing but itself', async (poison) => {
    const lambda = await start();
    await lambda.called('next');
    await lambda.post(JSON.stringify(initEvents()));
    const requestIds = [await serve(lambda, 'before')];
    const statuses: number[] = [];
    const requestId = await serve(lambda, 'beside', async () => {
      statuses.push(await lambda.post(poison.body, poison.headers));
    });
    requestIds.push(requestId, await serve(lambda, 'after'));
    const telemetry = await shutDown(lambda);
    expect(statuses).toEqual([poison.status ?? 200]);
    expectServed(telemetry, requestIds);
    const texts = functionLogs(telemetry).map(({ text }) => text);
    expect(texts).toEqual(expect.arrayContaining(['before', 'beside', 'after']));
    for (const good of poison.alsoArrives ?? []) expect(texts).toContain(good);
    const invalid = (IS_HOST ? poison.invalidOnHost : undefined) ?? poison.invalid ?? 0;
    expect(total(telemetry, 'lambda.telemetry.invalid')).toBe(invalid);
    expect(lambda.output().split('\n').length).toBeLessThan(10);
  });

  test('a body cut off by its sender, and one without an end, are no batch', async () => {
    const lambda = await start();
    await lambda.called('next');
    const requestId = await serve(lambda, 'line', async () => {
      const socket = connect(lambda.telemetryPort, '127.0.0.1');
      socket.on('error', () => undefined);
      const head = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n';
      await new Promise((resolve) => socket.write(`${head}[{"time":"2026`, resolve));
      socket.destroy();
      const open = connect(lambda.telemetryPort, '127.0.0.1');
      open.on('error', () => undefined);
      await new Promise((resolve) => open.write(`${head}[`, resolve));
    });
    expectServed(await shutDown(lambda), [requestId]);
  });

  test('a character cut between two chunks is whole', async () => {
    const lambda = await start();
    await lambda.called('next');
    const text = 'grüße 漢字 🎉';
    const requestId = await serve(lambda, 'line', async () => {
      const body = Buffer.from(JSON.stringify([lineEvent(text)]));
      const socket = connect(lambda.telemetryPort, '127.0.0.1');
      const answered = new Promise((resolve) => socket.once('data', resolve));
      socket.write('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
      for (const byte of body) socket.write(Buffer.from([0x31, 13, 10, byte, 13, 10]));
      socket.write('0\r\n\r\n');
      await answered;
      socket.destroy();
    });
    const telemetry = await shutDown(lambda);
    expectServed(telemetry, [requestId]);
    expect(functionLogs(telemetry).map(({ text: body }) => body)).toContain(text);
  });
});

describe('redelivery', () => {
  test('the same Sequence-Id and body count once; another body under the same id is not lost', async () => {
    const lambda = await start();
    await lambda.called('next');
    const batch = JSON.stringify([lineEvent('delivered twice')]);
    const headers = { 'Sequence-Id': 'the same' };
    const requestId = await serve(lambda, 'line', async () => {
      await lambda.post(batch, headers);
      await lambda.post(batch, headers);
      await lambda.post(JSON.stringify([lineEvent('another slice')]), headers);
      await lambda.post(gzipSync(JSON.stringify([lineEvent('compressed')])), {
        'Content-Encoding': 'gzip',
      });
    });
    const telemetry = await shutDown(lambda);
    expectServed(telemetry, [requestId]);
    expect(
      functionLogs(telemetry)
        .map(({ text }) => text)
        .sort(),
    ).toEqual(['another slice', 'compressed', 'delivered twice', 'line']);
  });

  test('the events of a whole invocation delivered again are the same invocation', async () => {
    const lambda = await start();
    await lambda.called('next');
    const atMs = Date.now();
    const requestId = '79104eff-e907-4f0a-8a9b-2d0a2a6ba2c4';
    await lambda.send({ eventType: 'INVOKE', deadlineMs: atMs + 30_000, requestId });
    const events = [startEvent(requestId, atMs), runtimeDoneEvent(requestId, atMs + 20)];
    await lambda.post(JSON.stringify(events));
    await lambda.called('next', 2);
    await lambda.post(JSON.stringify(events));
    await lambda.post(JSON.stringify([...events].reverse()));
    expectServed(await shutDown(lambda), [requestId]);
  });
});
