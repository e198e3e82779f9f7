// Invocations: what each adds after the function has ended, its CPU (cpu.ts), and memory as they go on.
import { FEW, LINES, afterDeliveryMs, invoke, startBenchLambda } from '../bench-lambda';
import { FLOOR, LAYER } from '../contestants';
import type { Contestant } from '../contestants';
import type { Figure, Section } from '../figure';
import { startOtlpSink } from '../otlp-sink';
import type { OtlpSink } from '../otlp-sink';
import { Samples } from '../samples';
import { measureCpu } from './cpu';
import type { CpuOptions } from './cpu';

const SETTLED = 1000;
const MEGABYTE = 1_000_000;

export interface InvocationOptions extends CpuOptions {
  readonly invocations: number;
  /** Memory is read after this many invocations and after the last. */
  readonly earlyCheckpoint: number;
}

class Measures {
  readonly post = new Samples();
  readonly billed = new Samples();
  readonly fewMemory = new Samples();
  readonly earlyMemory = new Samples();
  readonly lastMemory = new Samples();
  readonly growth = new Samples();
  readonly fewPeak = new Samples();
  readonly lastPeak = new Samples();
}

async function runLong(
  contestant: Contestant,
  endpoint: string,
  options: InvocationOptions & { readonly measures: Measures },
): Promise<void> {
  const { measures, invocations, earlyCheckpoint } = options;
  const environment = { LAMBDA_OTLP_FLUSH: 'end' };
  const bench = await startBenchLambda(contestant, endpoint, { environment });
  const { lambda } = bench;
  const { name } = contestant;
  let early: number | undefined;
  try {
    for (let count = 1; count <= invocations; count += 1) {
      const invocation = await invoke(lambda, LINES);
      measures.post.add(name, afterDeliveryMs(invocation, name));
      measures.billed.add(name, invocation.timings.postInvokeMs);
      const seen = [FEW, earlyCheckpoint, invocations].includes(count)
        ? bench.statistics()
        : undefined;
      if (seen === undefined) continue;
      const anonymous = seen.anonymousBytes / MEGABYTE;
      const peak = seen.peakRssBytes / MEGABYTE;
      if (count === FEW) {
        measures.fewMemory.add(name, anonymous);
        measures.fewPeak.add(name, peak);
      }
      if (count === earlyCheckpoint) {
        early = anonymous;
        measures.earlyMemory.add(name, anonymous);
      }
      if (count === invocations) {
        measures.lastMemory.add(name, anonymous);
        measures.lastPeak.add(name, peak);
        if (early !== undefined) measures.growth.add(name, anonymous / early);
      }
    }
  } finally {
    await lambda.shutdown();
  }
}

async function runStrategy(
  layer: Contestant,
  endpoint: string,
  strategy: 'overlap' | 'adaptive',
): Promise<readonly number[]> {
  const environment = { LAMBDA_OTLP_FLUSH: strategy };
  const { lambda } = await startBenchLambda(layer, endpoint, { environment });
  const samples: number[] = [];
  try {
    for (let count = 0; count < 60; count += 1) {
      const invocation = await invoke(lambda, LINES);
      if (count >= FEW) samples.push(afterDeliveryMs(invocation, layer.name));
    }
  } finally {
    await lambda.shutdown();
  }
  return samples;
}

function toFigures(measures: Measures, options: InvocationOptions): readonly Figure[] {
  const { invocations, earlyCheckpoint } = options;
  const count = (value: number): string => value.toLocaleString('en');
  return [
    {
      title: 'runtimeDone delivered → /event/next, `end`',
      unit: 'ms',
      goal: { atMost: 6 },
      samples: measures.post.bySubject,
    },
    {
      title: 'runtimeDone emitted → /event/next, `end`',
      unit: 'ms',
      samples: measures.billed.bySubject,
    },
    {
      title: `anonymous memory after ${FEW} invocations`,
      unit: 'MB',
      goal: { ratio: { factor: 1.6, to: FLOOR } },
      samples: measures.fewMemory.bySubject,
    },
    {
      title: `anonymous memory after ${count(earlyCheckpoint)}`,
      unit: 'MB',
      samples: measures.earlyMemory.bySubject,
    },
    {
      title: `anonymous memory after ${count(invocations)}`,
      unit: 'MB',
      samples: measures.lastMemory.bySubject,
    },
    {
      title: `anonymous memory, ${count(invocations)} against ${count(earlyCheckpoint)}`,
      unit: 'times',
      // Until about a thousand invocations V8 still compiles and its old generation settles.
      ...(earlyCheckpoint < SETTLED ? {} : { goal: { atMost: 1.1 } }),
      samples: measures.growth.bySubject,
    },
    { title: `peak RSS after ${FEW}`, unit: 'MB', samples: measures.fewPeak.bySubject },
    {
      title: `peak RSS after ${count(invocations)}`,
      unit: 'MB',
      samples: measures.lastPeak.bySubject,
    },
  ];
}

async function measureStrategies(
  contestants: readonly Contestant[],
  { url }: OtlpSink,
): Promise<readonly Figure[]> {
  const layer = contestants.find(({ kind }) => kind === 'layer');
  if (layer === undefined) return [];
  const figures: Figure[] = [];
  for (const strategy of ['overlap', 'adaptive'] as const) {
    const samples = await runStrategy(layer, url, strategy);
    figures.push({
      title: `runtimeDone delivered → /event/next, \`${strategy}\`, one after the other`,
      unit: 'ms',
      goal: { atMost: 1 },
      samples: { [LAYER]: samples },
    });
  }
  return figures;
}

export async function measureInvocations(
  contestants: readonly Contestant[],
  options: InvocationOptions,
): Promise<Section> {
  const measures = new Measures();
  const sink = await startOtlpSink();
  try {
    for (let round = 0; round < options.rounds; round += 1) {
      for (const contestant of contestants) {
        await runLong(contestant, sink.url, { ...options, measures });
      }
    }
    const [post, ...others] = toFigures(measures, options);
    const byStrategy = await measureStrategies(contestants, sink);
    const cpu = await measureCpu(contestants, sink.url, options);
    return {
      title: 'Invocations',
      note: `${options.rounds} environments each, in turns, ${options.invocations.toLocaleString('en')} invocations with ${LINES} log lines, frozen in between; healthy local endpoint. CPU is that of ${(options.cpuInvocations - FEW).toLocaleString('en')} invocations with pauses, so that each contestant gets each invocation's telemetry by itself. \`end\` applies to lambda-otlp; others do as they do by default.`,
      subjects: contestants.map(({ name }) => name),
      figures: [...(post === undefined ? [] : [post]), ...byStrategy, ...cpu, ...others],
    };
  } finally {
    await sink.close();
  }
}
