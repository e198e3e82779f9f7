// Managed Instances: many requests at once in one environment that is never frozen. The Telemetry API's POSTs are
// made here, so that no runtime runs on the same cores.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readProcessStatistics } from 'local-lambda/lambda/process-statistics';
import { LAYER } from '../contestants';
import type { Contestant } from '../contestants';
import type { Figure } from '../figure';
import { startInitApi } from '../init-api';
import type { InitApi } from '../init-api';
import { LINE_MARK, startOtlpSink } from '../otlp-sink';
import type { OtlpSink } from '../otlp-sink';
import { Samples } from '../samples';
import { connectTo, post } from './post';
import { toVariables } from './start';

/** The Telemetry API's shortest batch window. */
const WINDOW_MS = 25;
const REQUESTS_PER_SECOND = 500;
const LINES_OF_A_REQUEST = 3;
const WARM_UP_WINDOWS = 80;
const WINDOWS = 240;
const ALL_LINES =
  ((WARM_UP_WINDOWS + WINDOWS) * WINDOW_MS * REQUESTS_PER_SECOND * LINES_OF_A_REQUEST) / 1000;
/** Twice an exporter's interval. */
const LAST_EXPORT_MS = 10_000;

interface Event {
  readonly time: string;
  readonly type: string;
  readonly record: object;
}

function eventsOf(now: number): readonly Event[] {
  const requestId = randomUUID();
  const at = (ms: number): string => new Date(now + ms).toISOString();
  const lines = Array.from({ length: LINES_OF_A_REQUEST }, (_, index) => ({
    time: at(index + 1),
    type: 'function',
    record: {
      timestamp: at(index + 1),
      level: 'INFO',
      requestId,
      message: `order 4711: ${LINE_MARK}, attempt ${index + 1}`,
    },
  }));
  const spans = [
    { name: 'responseLatency', start: at(0), durationMs: 11 },
    { name: 'responseDuration', start: at(11), durationMs: 0.2 },
  ];
  return [
    { time: at(0), type: 'platform.start', record: { requestId, version: '$LATEST' } },
    ...lines,
    {
      time: at(12),
      type: 'platform.report',
      record: { requestId, metrics: { durationMs: 12.3 }, spans, status: 'success' },
    },
  ];
}

function bodyOf(requests: number): Buffer {
  const now = Date.now();
  return Buffer.from(JSON.stringify(Array.from({ length: requests }, () => eventsOf(now)).flat()));
}

/** One POST each window; milliseconds until each was acknowledged. */
async function postWindows(socket: Socket, windows: number): Promise<readonly number[]> {
  const perWindow = (REQUESTS_PER_SECOND * WINDOW_MS) / 1000;
  const times: number[] = [];
  const startMs = performance.now();
  for (let window = 0; window < windows; window += 1) {
    const due = startMs + window * WINDOW_MS - performance.now();
    if (due > 0) await sleep(due);
    const requests = Math.round((window + 1) * perWindow) - Math.round(window * perWindow);
    times.push(await post(socket, { path: '/', type: 'application/json', body: bodyOf(requests) }));
  }
  return times;
}

/** What arrives last leaves when the interval is over. */
async function countLines(sink: OtlpSink): Promise<number> {
  let found = await sink.takeLineCount();
  const untilMs = performance.now() + LAST_EXPORT_MS;
  while (found < ALL_LINES && performance.now() < untilMs) {
    await sleep(WINDOW_MS);
    found += await sink.takeLineCount();
  }
  return found;
}

interface Measures {
  readonly cpu: Samples;
  readonly slowest: Samples;
  readonly arrived: Samples;
}

async function runEnvironment(
  api: InitApi,
  contestant: Contestant,
  { cpu, slowest, arrived }: Measures,
): Promise<void> {
  const { name } = contestant;
  const directory = mkdtempSync(join(tmpdir(), 'lambda-otlp-bench-'));
  const sink = await startOtlpSink();
  const [program = '', ...parameters] = contestant.command;
  let polled: () => void = () => undefined;
  const firstPoll = new Promise<void>((resolve) => (polled = resolve));
  const moments = api.expect(polled);
  const variables = toVariables(api, directory, contestant.environment(sink.url), {
    initializationType: 'lambda-managed-instances',
  });
  const child = spawn(program, parameters, { cwd: directory, env: variables, stdio: 'ignore' });
  const exited = once(child, 'exit');
  const cpuMs = (): number => readProcessStatistics(child.pid ?? 0)?.cpuMs ?? Number.NaN;
  try {
    await Promise.race([firstPoll, exited]);
    const port = Number(new URL(moments.destination ?? 'http://nowhere:0').port);
    const socket = await connectTo(port);
    await postWindows(socket, WARM_UP_WINDOWS);
    const before = cpuMs();
    const times = await postWindows(socket, WINDOWS);
    cpu.add(name, (cpuMs() - before) / ((WINDOWS * WINDOW_MS * REQUESTS_PER_SECOND) / 1000));
    slowest.add(name, Math.max(...times));
    arrived.add(name, await countLines(sink));
    socket.destroy();
  } finally {
    child.kill('SIGKILL');
    await exited;
    await sink.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

export async function measureManagedInstances(
  layers: readonly Contestant[],
  rounds: number,
): Promise<readonly Figure[]> {
  const measures = { cpu: new Samples(), slowest: new Samples(), arrived: new Samples() };
  const api = await startInitApi();
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const layer of layers) await runEnvironment(api, layer, measures);
    }
  } finally {
    api.close();
  }
  const title = `Managed Instances, ${REQUESTS_PER_SECOND} requests a second of ${LINES_OF_A_REQUEST} lines`;
  return [
    {
      title: `${title}: CPU of a request`,
      unit: 'ms',
      goal: { ratio: { factor: 1.5, to: LAYER } },
      samples: measures.cpu.bySubject,
    },
    {
      title: `${title}: slowest acknowledgement`,
      unit: 'ms',
      goal: { atMost: 200 },
      samples: measures.slowest.bySubject,
    },
    {
      title: `${title}: lines that arrived`,
      unit: 'lines',
      goal: { atLeast: ALL_LINES },
      samples: measures.arrived.bySubject,
    },
  ];
}
