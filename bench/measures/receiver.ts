// The receiver for the function's SDK: what a POST costs beside node:http that answers the same, what the receiver
// costs before the first poll, and the whole instrumented function beside one that sends to its endpoint itself.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Invocation } from 'local-lambda/lambda/invocation';
import { startLocalLambda } from 'local-lambda/lambda/local-lambda';
import { readProcessStatistics } from 'local-lambda/lambda/process-statistics';
import type { ProcessStatistics } from 'local-lambda/lambda/process-statistics';
import { encodeOtlpMessage } from 'local-lambda/otlp/decode';
import { startBenchLambda } from '../bench-lambda';
import { LAYER } from '../contestants';
import type { Contestant } from '../contestants';
import type { Section } from '../figure';
import { startInitApi } from '../init-api';
import { AUTHORITY, end, startFarSink, startOtlpSink } from '../otlp-sink';
import { Samples } from '../samples';
import { quantile } from '../statistics';
import { connectTo, post } from './post';
import { startOnce } from './start';

const SERVER = 'node:http server';
const OFF = 'receiver off';
const DIRECT = 'direct export';
const POSTS = 200;
const WARM_UP_POSTS = 200;
/** Between two POSTs: an SDK sends one every few seconds, and the work that follows an answer is not the next one's. */
const PAUSE_MS = 5;
const INVOCATIONS = 6;
/** A round trip of 50 ms. */
const ONE_WAY_MS = 25;
const ENDPOINT = 'LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Ten spans of some 300 bytes. */
function createBody(): Buffer {
  const spans = Array.from({ length: 10 }, (_, index) => ({
    traceId: Buffer.alloc(16, 7),
    spanId: Buffer.alloc(8, index + 1),
    parentSpanId: Buffer.alloc(8, 99),
    name: 'GET /orders/{id}',
    kind: 3,
    startTimeUnixNano: { low: 1, high: 416_000_000 },
    endTimeUnixNano: { low: 2, high: 416_000_000 },
    attributes: Array.from({ length: 8 }, (__, key) => ({
      key: `attribute.${key}`,
      value: { stringValue: 'shop.example/orders' },
    })),
  }));
  return encodeOtlpMessage('ExportTraceServiceRequest', {
    resourceSpans: [{ scopeSpans: [{ scope: { name: 'bench' }, spans }] }],
  });
}

interface Target {
  readonly subject: string;
  readonly port: number;
  readonly statistics: () => ProcessStatistics | undefined;
  readonly close: () => Promise<void>;
}

async function startReceiver(contestant: Contestant, url: string): Promise<Target> {
  const port = await freePort();
  const environment = { LAMBDA_OTLP_RECEIVER: String(port), [ENDPOINT]: url };
  const bench = await startBenchLambda(contestant, url, { environment, freeze: false });
  return {
    subject: LAYER,
    port,
    statistics: () => bench.statistics(),
    close: async () => {
      await bench.lambda.shutdown();
    },
  };
}

async function startServer(): Promise<Target> {
  const child = fork(join(__dirname, '../relay/http-server.mjs'), [], { execArgv: [] });
  const [{ port }] = (await once(child, 'message')) as [{ readonly port: number }];
  return {
    subject: SERVER,
    port,
    statistics: () => readProcessStatistics(child.pid ?? 0),
    close: () => end(child),
  };
}

interface PostSamples {
  readonly ack: Samples;
  readonly slowest: Samples;
  readonly cpu: Samples;
  readonly memory: Samples;
}

async function measurePosts(
  contestant: Contestant,
  rounds: number,
  { ack, slowest, cpu, memory }: PostSamples,
): Promise<void> {
  const body = createBody();
  const sink = await startOtlpSink();
  const targets = [await startReceiver(contestant, sink.url), await startServer()];
  const clients = await Promise.all(
    targets.map(async (target) => ({ ...target, socket: await connectTo(target.port) })),
  );
  try {
    const idle = targets.map(({ statistics }) => statistics()?.anonymousBytes ?? Number.NaN);
    for (let round = -1; round < rounds; round += 1) {
      for (const { subject, socket, statistics } of clients) {
        const before = statistics()?.cpuMs ?? Number.NaN;
        const times: number[] = [];
        const count = round < 0 ? WARM_UP_POSTS : POSTS;
        for (let sent = 0; sent < count; sent += 1) {
          times.push(
            await post(socket, { path: '/v1/traces', type: 'application/x-protobuf', body }),
          );
          await sleep(PAUSE_MS);
        }
        if (round < 0) continue;
        ack.add(subject, quantile(times, 0.5));
        slowest.add(subject, quantile(times, 0.99));
        cpu.add(subject, ((statistics()?.cpuMs ?? Number.NaN) - before) / count);
      }
    }
    for (const [index, { subject, statistics }] of targets.entries()) {
      const bytes = statistics()?.anonymousBytes ?? Number.NaN;
      memory.add(subject, (bytes - (idle[index] ?? Number.NaN)) / 1e6);
    }
  } finally {
    for (const { socket } of clients) socket.destroy();
    for (const { close } of targets) await close();
    await sink.close();
  }
}

interface StartSamples {
  readonly firstPoll: Samples;
  readonly startCpu: Samples;
}

async function measureFirstPoll(contestant: Contestant, starts: number): Promise<StartSamples> {
  const [firstPoll, startCpu] = [new Samples(), new Samples()];
  const port = await freePort();
  const api = await startInitApi();
  try {
    for (let round = -1; round < starts; round += 1) {
      for (const [subject, choice] of [
        [LAYER, String(port)],
        [OFF, 'off'],
      ] as const) {
        const environment = (url: string): Readonly<Record<string, string>> => ({
          ...contestant.environment(url),
          LAMBDA_OTLP_RECEIVER: choice,
        });
        const { firstPollMs, cpuMs = Number.NaN } = await startOnce(api, {
          ...contestant,
          environment,
        });
        if (round < 0) continue;
        firstPoll.add(subject, firstPollMs);
        startCpu.add(subject, cpuMs);
      }
    }
  } finally {
    api.close();
  }
  return { firstPoll, startCpu };
}

const HANDLER = join(__dirname, '../function/instrumented.handler');

/** Without the first: that one connects. */
async function invokeAll(lambda: {
  invoke(payload: unknown): Promise<Invocation>;
}): Promise<readonly Invocation[]> {
  const invocations: Invocation[] = [];
  for (let count = 0; count <= INVOCATIONS; count += 1) invocations.push(await lambda.invoke({}));
  return invocations.slice(1);
}

interface FunctionSamples {
  readonly handler: Samples;
  readonly billed: Samples;
}

async function measureFunction(
  contestant: Contestant,
  rounds: number,
  { handler, billed }: FunctionSamples,
): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    const far = await startFarSink({ oneWayMs: ONE_WAY_MS, idleMs: 0 });
    const port = await freePort();
    const trust = {
      NODE_EXTRA_CA_CERTS: AUTHORITY,
      LAMBDA_OTLP_OTEL_EXPORTER_OTLP_CERTIFICATE: AUTHORITY,
    };
    const own = {
      ...trust,
      LAMBDA_OTLP_RECEIVER: String(port),
      [ENDPOINT]: far.url,
      BENCH_EXPORT_URL: `http://127.0.0.1:${port}`,
    };
    const { lambda } = await startBenchLambda(contestant, far.url, {
      environment: own,
      handler: HANDLER,
    });
    const direct = await startLocalLambda({
      handler: HANDLER,
      functionName: 'bench',
      recordEvents: false,
      environment: { ...trust, BENCH_EXPORT_URL: far.url },
    });
    try {
      for (const [subject, one] of [
        [LAYER, lambda],
        [DIRECT, direct],
      ] as const) {
        for (const { timings, metrics } of await invokeAll(one)) {
          handler.add(subject, (timings.respondedAtMs ?? Number.NaN) - timings.startedAtMs);
          billed.add(subject, metrics?.billedDurationMs ?? Number.NaN);
        }
      }
    } finally {
      await lambda.shutdown();
      await direct.shutdown();
      await far.close();
    }
  }
}

export interface ReceiverEffort {
  readonly starts: number;
  readonly rounds: number;
}

export async function measureReceiver(
  contestants: readonly Contestant[],
  { starts, rounds }: ReceiverEffort,
): Promise<Section> {
  const layer = contestants.find(({ kind }) => kind === 'layer');
  if (layer === undefined) throw new Error('expected the layer among the contestants, got none');
  const [ack, slowest, cpu, memory] = [new Samples(), new Samples(), new Samples(), new Samples()];
  await measurePosts(layer, rounds, { ack, slowest, cpu, memory });
  const { firstPoll, startCpu } = await measureFirstPoll(layer, starts);
  const [handler, billed] = [new Samples(), new Samples()];
  await measureFunction(layer, rounds, { handler, billed });
  const beside = (factor: number) => ({ factor, to: SERVER });
  return {
    title: 'A function with its own SDK',
    note: `POSTs of 10 spans, by a bare socket and ${PAUSE_MS} ms apart, in ${rounds} rounds of ${POSTS} in turns with a node:http server that answers the same; ${starts} starts in turns with and without the receiver; a function that flushes 10 spans before it answers, beside one that sends them itself to an endpoint ${2 * ONE_WAY_MS} ms away.`,
    subjects: [LAYER, SERVER, OFF, DIRECT],
    figures: [
      {
        title: 'POST, median',
        unit: 'ms',
        goal: { atMost: 0.5, ratio: beside(0.7) },
        samples: ack.bySubject,
      },
      {
        title: 'POST, of a hundred the slowest',
        unit: 'ms',
        goal: { atMost: 3 },
        samples: slowest.bySubject,
      },
      { title: 'CPU of a POST', unit: 'ms', samples: cpu.bySubject },
      { title: 'anonymous memory more after them', unit: 'MB', samples: memory.bySubject },
      {
        title: 'an SDK that hands over: spawn → first /event/next',
        unit: 'ms',
        goal: { ratio: { factor: 1.02, to: OFF } },
        samples: firstPoll.bySubject,
      },
      { title: 'CPU until then', unit: 'ms', samples: startCpu.bySubject },
      {
        title: 'handler, to its response',
        unit: 'ms',
        goal: { ratio: { factor: 0.5, to: DIRECT } },
        samples: handler.bySubject,
      },
      { title: 'billed', unit: 'ms', samples: billed.bySubject },
    ],
  };
}
