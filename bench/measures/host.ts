// The layer with the native host beside the one for Node.js: CPU, memory, and how long a small function is held.
import { FEW, LINES, SLOW_INIT, invoke, startBenchLambda } from '../bench-lambda';
import { HOST, LAYER } from '../contestants';
import type { Contestant } from '../contestants';
import { createCpuLimit } from '../cpu-limit';
import type { Figure, Section } from '../figure';
import { startOtlpSink } from '../otlp-sink';
import { Samples } from '../samples';
import { measureManagedInstances } from './managed-instances';

const MANY = 300;
const SETTLED = 1000;
const MEGABYTE = 1_000_000;
const MEMORY_MB = 128;
/** Log lines of an invocation, and how many times as long as on Node.js it may be held for them. */
const BURSTS = [
  { lines: 1, factor: 1 },
  { lines: 20, factor: 1 },
  { lines: 100, factor: 2 },
] as const;
const HELD_INVOCATIONS = 7;

export interface HostOptions {
  readonly rounds: number;
}

interface Samplings {
  readonly start: Samples;
  readonly few: Samples;
  readonly many: Samples;
  readonly memory: Samples;
}

async function runLong(
  contestant: Contestant,
  endpoint: string,
  { start, few, many, memory }: Samplings,
): Promise<void> {
  const environment = { LAMBDA_OTLP_FLUSH: 'end' };
  const bench = await startBenchLambda(contestant, endpoint, { environment });
  const { name } = contestant;
  const startMs = bench.statistics()?.cpuMs ?? Number.NaN;
  start.add(name, startMs);
  try {
    for (let count = 1; count <= SETTLED; count += 1) {
      await invoke(bench.lambda, LINES);
      const seen = [FEW, MANY, SETTLED].includes(count) ? bench.statistics() : undefined;
      if (seen === undefined) continue;
      if (count === SETTLED) memory.add(name, seen.anonymousBytes / MEGABYTE);
      else (count === FEW ? few : many).add(name, (seen.cpuMs - startMs) / count);
    }
  } finally {
    await bench.lambda.shutdown();
  }
}

/** Milliseconds for which each invocation after the second is held. */
async function runHeld(
  contestant: Contestant,
  endpoint: string,
  lines: number,
): Promise<readonly number[]> {
  const limit = createCpuLimit();
  if (limit === undefined) return [];
  const command = limit.wrap(contestant.command);
  const options = { environment: { LAMBDA_OTLP_FLUSH: 'end' }, handler: SLOW_INIT };
  const { lambda } = await startBenchLambda({ ...contestant, command }, endpoint, options);
  const heldMs: number[] = [];
  try {
    limit.limit(MEMORY_MB);
    for (let count = 0; count < HELD_INVOCATIONS; count += 1) {
      const { timings } = await lambda.invoke({ lines, isMixed: true });
      if (count >= 2) heldMs.push(timings.postInvokeMs);
    }
  } finally {
    await lambda.shutdown();
    limit.close();
  }
  return heldMs;
}

async function measureHeld(
  layers: readonly Contestant[],
  endpoint: string,
  rounds: number,
): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const { lines, factor } of BURSTS) {
    const samples = new Samples();
    for (let round = 0; round < rounds; round += 1) {
      for (const layer of layers) {
        samples.add(layer.name, ...(await runHeld(layer, endpoint, lines)));
      }
    }
    figures.push({
      title: `${MEMORY_MB} MB, lines of an invocation: ${lines}; runtimeDone emitted → /event/next`,
      unit: 'ms',
      goal: { ratio: { factor, to: LAYER } },
      samples: samples.bySubject,
    });
  }
  return figures;
}

export async function measureHost(
  contestants: readonly Contestant[],
  { rounds }: HostOptions,
): Promise<Section> {
  const host = contestants.filter(({ kind }) => kind === 'host');
  const layers = [...host, ...contestants.filter(({ kind }) => kind === 'layer')];
  const [start, few, many, memory] = [new Samples(), new Samples(), new Samples(), new Samples()];
  const sink = await startOtlpSink();
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const layer of layers) await runLong(layer, sink.url, { start, few, many, memory });
    }
    const held = await measureHeld(layers, sink.url, rounds);
    const managed = await measureManagedInstances(layers, rounds);
    const cpu = (title: string, { bySubject }: Samples, factor?: number): Figure => ({
      title,
      unit: 'ms',
      ...(factor !== undefined && { goal: { ratio: { factor, to: LAYER } } }),
      samples: bySubject,
    });
    return {
      title: 'The native host',
      note: `${rounds} environments each, in turns, \`end\`, healthy local endpoint; invocations with ${LINES} log lines, frozen in between, CPU from the end of init on. ${MEMORY_MB} MB: that share of a CPU once init is over, every other line JSON; the third and later invocations, empty where no control group can be made. Managed Instances: 6 s of requests after 2 s of others, one POST of the Telemetry API every 25 ms.`,
      subjects: [HOST, LAYER],
      figures: [
        cpu('CPU of the start', start),
        cpu(`CPU per invocation, the first ${FEW}`, few, 0.75),
        cpu(`CPU per invocation, the first ${MANY}`, many, 1.1),
        {
          title: `anonymous memory after ${SETTLED.toLocaleString('en')} invocations`,
          unit: 'MB',
          goal: { atMost: 5 },
          samples: memory.bySubject,
        },
        ...held,
        ...managed,
      ],
    };
  } finally {
    await sink.close();
  }
}
