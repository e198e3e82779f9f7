// Telemetry that is too much, forged or packed: memory stays bounded, the process ends before SIGKILL, and what
// it did not read is counted, on its last line as in its metrics.
import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { readProcessStatistics } from 'local-lambda/lambda/process-statistics';
import { startOtlpReceiver } from 'local-lambda/otlp/otlp-receiver';
import type { OtlpReceiver } from 'local-lambda/otlp/otlp-receiver';
import { readTelemetry, total } from '../scenarios/arrived-telemetry';
import type { ArrivedTelemetry } from '../scenarios/arrived-telemetry';
import { readStopLine, readUnread } from './accounting';
import { lineEvent, serve, shutdownIn, startEvent } from './foreign-events';
import { endForeignLambdas, startForeignLambda } from './foreign-lambda';
import type { ForeignLambda } from './foreign-lambda';
import { recordFinding } from './report';
import { killAfter, throttle } from './throttle';

const MIB = 1_048_576;
let receiver: OtlpReceiver;

beforeEach(async () => {
  receiver = await startOtlpReceiver();
});

afterEach(async () => {
  await endForeignLambdas();
  await receiver.close();
});

async function start(settings: Readonly<Record<string, string>> = {}): Promise<ForeignLambda> {
  const lambda = await startForeignLambda({
    settings: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, LAMBDA_OTLP_FLUSH: 'end', ...settings },
  });
  await lambda.called('next');
  await serve(lambda, 'first');
  return lambda;
}

/** Exit 0 before SIGKILL, and what the last line says is what arrived. */
async function shutDown(lambda: ForeignLambda, what: string, more = ''): Promise<ArrivedTelemetry> {
  const spare = killAfter(lambda.pid, 2_000);
  await lambda.send(shutdownIn(2_000));
  const code = await lambda.exit;
  spare();
  expect({ code, output: lambda.output() }).toMatchObject({ code: 0 });
  const telemetry = readTelemetry(receiver.requests);
  const { exported, dropped } = readStopLine(lambda.output());
  expect(telemetry.spans.length).toBeGreaterThanOrEqual(exported.traces);
  expect(telemetry.logs.length).toBeGreaterThanOrEqual(exported.logs);
  const unread = readUnread(lambda.output());
  const lost = dropped.traces + dropped.logs;
  recordFinding(
    what,
    `${exported.traces} spans and ${exported.logs} records delivered, ${lost} dropped, ${unread.records} unread, all counted${more}; exit ${code ?? 'killed'} before SIGKILL`,
  );
  // Metrics that did not arrive are counted there, too.
  if (dropped.metrics === 0) {
    expect(total(telemetry, 'lambda.telemetry.unread')).toBe(unread.records);
    expect(total(telemetry, 'lambda.telemetry.unread.size')).toBe(unread.bytes);
  }
  return telemetry;
}

function rssBytes({ pid }: ForeignLambda): number {
  return readProcessStatistics(pid)?.rssBytes ?? Number.NaN;
}

const lines = (from: number, count: number): string =>
  JSON.stringify(Array.from({ length: count }, (_, index) => lineEvent(`line ${from + index} ok`)));

test('40 000 starts right before SHUTDOWN', async () => {
  const lambda = await start();
  const starts = Array.from({ length: 40_000 }, () => startEvent(randomUUID()));
  for (let from = 0; from < starts.length; from += 10_000) {
    await lambda.post(JSON.stringify(starts.slice(from, from + 10_000)));
  }
  await shutDown(lambda, '40 000 starts right before SHUTDOWN');
});

test('90 000 open requests, in bodies as large as Lambda sends them', async () => {
  // Their spans are no matter here: this process would read them all.
  const lambda = await start({ OTEL_TRACES_EXPORTER: 'none' });
  const before = rssBytes(lambda);
  const count = 4_500;
  let most = 0;
  for (let from = 0; from < 90_000; from += count) {
    const starts = Array.from({ length: count }, () => startEvent(randomUUID()));
    expect(await lambda.post(JSON.stringify(starts))).toBe(200);
    await serve(lambda, `after ${from + count}`);
    most = Math.max(most, rssBytes(lambda));
  }
  const grownMib = Math.round((most - before) / MIB);
  await shutDown(lambda, '90 000 open requests', `, ${grownMib} MiB more`);
  expect(most - before).toBeLessThan(40 * MIB);
});

test('20 000 lines with a tenth of a CPU, right before SHUTDOWN', async () => {
  const lambda = await start();
  const release = throttle(lambda.pid, 0.1);
  try {
    for (let from = 0; from < 20_000; from += 5_000) await lambda.post(lines(from, 5_000));
    await shutDown(lambda, '20 000 lines with a tenth of a CPU, right before SHUTDOWN');
    const { exported, dropped } = readStopLine(lambda.output());
    const { records } = readUnread(lambda.output());
    // The first one of all is of an invocation before. Where there is no time to count, bytes tell how many it were.
    expect(Math.abs(exported.logs + records + dropped.logs - 20_001)).toBeLessThan(200);
  } finally {
    release();
  }
});

test('100 posts that inflate to 8 MB each', async () => {
  const lambda = await start();
  const before = rssBytes(lambda);
  const bomb = gzipSync(Buffer.from(`[${' '.repeat(8_000_000)}]`));
  let most = 0;
  for (let count = 0; count < 100; count += 1) {
    expect(await lambda.post(bomb, { 'Content-Encoding': 'gzip' })).toBe(200);
    most = Math.max(most, rssBytes(lambda));
  }
  await serve(lambda, 'last');
  const grownMib = Math.round((most - before) / MIB);
  await shutDown(lambda, '100 posts that inflate to 8 MB each', `, ${grownMib} MiB more`);
  expect(most - before).toBeLessThan(128 * MIB);
});
