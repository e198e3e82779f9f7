// How long an environment is held, and billed, after the function has ended: by endpoint, from its first
// invocation on, and with the share of a CPU that little memory gets.
import { LINES, SLOW_INIT, invoke, startBenchLambda } from '../bench-lambda';
import type { CpuLimit } from '../cpu-limit';
import { createCpuLimit } from '../cpu-limit';
import { LAYER } from '../contestants';
import type { Contestant } from '../contestants';
import type { Figure, Section } from '../figure';
import { AUTHORITY, startFarSink, startOtlpSink } from '../otlp-sink';
import type { OtlpSink } from '../otlp-sink';
import { Samples } from '../samples';

const LATER = 5;
/** A round trip of 30 ms. */
const ONE_WAY_MS = 15;
/** Stands for seven seconds between two invocations: all connections are closed by then. */
const IDLE_MS = 200;
const RARELY_MS = 500;
/** As long as a handler that asks another service something: time for new connections. */
const HANDLER_MS = 60;

type Endpoint = Pick<OtlpSink, 'url' | 'close'>;

interface Situation {
  readonly name: string;
  readonly start: () => Promise<Endpoint>;
  readonly pauseMs?: number;
  readonly handlerMs?: number;
  readonly memoryMb?: number;
  /** Of the first, the second, and later ones. */
  readonly goals: readonly (number | undefined)[];
}

const SITUATIONS: readonly Situation[] = [
  { name: 'http, local', start: () => startOtlpSink(), goals: [35, 35] },
  { name: 'https, local', start: () => startOtlpSink('ok', true), goals: [40, 40] },
  {
    name: 'https, 30 ms away, back to back',
    start: () => startFarSink({ oneWayMs: ONE_WAY_MS, idleMs: 0 }),
    goals: [100, undefined, 75],
  },
  {
    name: 'https, 30 ms away, rarely',
    start: () => startFarSink({ oneWayMs: ONE_WAY_MS, idleMs: IDLE_MS }),
    pauseMs: RARELY_MS,
    handlerMs: HANDLER_MS,
    goals: [undefined, undefined, 85],
  },
  { name: 'http, 128 MB', start: () => startOtlpSink(), memoryMb: 128, goals: [120] },
  { name: 'http, 256 MB', start: () => startOtlpSink(), memoryMb: 256, goals: [] },
];

async function runEnvironment(
  contestant: Contestant,
  { pauseMs, handlerMs, memoryMb }: Situation,
  { url, limit }: { readonly url: string; readonly limit: CpuLimit | undefined },
): Promise<readonly number[]> {
  const command = limit?.wrap(contestant.command) ?? contestant.command;
  const environment = { LAMBDA_OTLP_FLUSH: 'end', OTEL_EXPORTER_OTLP_CERTIFICATE: AUTHORITY };
  const options = { environment, handler: SLOW_INIT };
  const { lambda } = await startBenchLambda({ ...contestant, command }, url, options);
  const heldMs: number[] = [];
  try {
    if (memoryMb !== undefined) limit?.limit(memoryMb);
    for (let count = 0; count < 2 + LATER; count += 1) {
      if (pauseMs !== undefined) await pause(pauseMs);
      const { timings } = await invoke(lambda, LINES, handlerMs);
      heldMs.push(timings.postInvokeMs);
    }
  } finally {
    await lambda.shutdown();
  }
  return heldMs;
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
}

async function measureSituation(
  situation: Situation,
  contestants: readonly Contestant[],
  rounds: number,
): Promise<readonly Figure[]> {
  const samples = [new Samples(), new Samples(), new Samples()] as const;
  const [first, second, later] = samples;
  for (let round = 0; round < rounds; round += 1) {
    for (const contestant of contestants) {
      const endpoint = await situation.start();
      const limit = situation.memoryMb === undefined ? undefined : createCpuLimit();
      try {
        if (situation.memoryMb !== undefined && limit === undefined) continue;
        const held = await runEnvironment(contestant, situation, { url: endpoint.url, limit });
        first.add(contestant.name, ...held.slice(0, 1));
        second.add(contestant.name, ...held.slice(1, 2));
        later.add(contestant.name, ...held.slice(2));
      } finally {
        limit?.close();
        await endpoint.close();
      }
    }
  }
  return ['first', 'second', 'later ones'].map((which, index) => ({
    title: `${situation.name}: ${which}`,
    unit: 'ms',
    ...(situation.goals[index] !== undefined && { goal: { atMost: situation.goals[index] } }),
    samples: samples[index]?.bySubject ?? {},
  }));
}

export async function measureHolds(
  contestants: readonly Contestant[],
  rounds: number,
): Promise<Section> {
  const layers = contestants.filter(({ kind }) => kind !== 'floor');
  const figures: Figure[] = [];
  for (const situation of SITUATIONS) {
    figures.push(...(await measureSituation(situation, layers, rounds)));
  }
  return {
    title: 'Holds',
    note: `runtimeDone emitted → /event/next, \`end\`, about 25 ms of which is the Telemetry API's batch window, in ${rounds} new environments each, of a function whose init takes 100 ms, as short as Lambda's own runtimes are. 30 ms away: each byte takes ${ONE_WAY_MS} ms, a connection one round trip. Rarely: the endpoint has ended every connection between two invocations, whose handler takes ${HANDLER_MS} ms. 128 and 256 MB: \`${LAYER}\` has that share of a CPU once init is over; empty where no control group can be made.`,
    subjects: layers.map(({ name }) => name),
    figures,
  };
}
