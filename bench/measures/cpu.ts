// CPU of an invocation whose telemetry is delivered for itself.
import { setTimeout as pause } from 'node:timers/promises';
import { FEW, LINES, invoke, startBenchLambda } from '../bench-lambda';
import { FLOOR } from '../contestants';
import { EVERY_RULE } from '../conversion/every-rule';
import type { Variables } from '../conversion/every-rule';
import type { Contestant } from '../contestants';
import type { Figure } from '../figure';
import { Samples } from '../samples';

/**
 * Longer than the Telemetry API's batch window of 25 ms. Without it an extension that polls at once gets several
 * invocations in one batch, and does less than one that waits for each.
 */
const PAUSE_MS = 40;

export interface CpuOptions {
  readonly rounds: number;
  readonly cpuInvocations: number;
}

type Strategy = 'end' | 'adaptive';

/** Milliseconds of CPU per invocation after the first few; undefined where it cannot be read. */
async function runPaused(
  contestant: Contestant,
  endpoint: string,
  { invocations, strategy }: { readonly invocations: number; readonly strategy: Strategy },
): Promise<number | undefined> {
  const environment = { LAMBDA_OTLP_FLUSH: strategy };
  const bench = await startBenchLambda(contestant, endpoint, { environment });
  let cpuAtFewMs = Number.NaN;
  try {
    for (let count = 1; count <= invocations; count += 1) {
      await invoke(bench.lambda, LINES);
      await pause(PAUSE_MS);
      if (count === FEW) cpuAtFewMs = bench.statistics()?.cpuMs ?? Number.NaN;
    }
    const spentMs = (bench.statistics()?.cpuMs ?? Number.NaN) - cpuAtFewMs;
    return Number.isNaN(spentMs) ? undefined : spentMs / (invocations - FEW);
  } finally {
    await bench.lambda.shutdown();
  }
}

/** What every rule of redaction and filters adds: of two environments at once, invoked in turns. */
async function runRuled(
  layer: Contestant,
  endpoint: string,
  invocations: number,
): Promise<number | undefined> {
  const start = (rules: Variables) =>
    startBenchLambda(layer, endpoint, { environment: { LAMBDA_OTLP_FLUSH: 'end', ...rules } });
  const benches = [await start(EVERY_RULE), await start({})] as const;
  const readMs = () => benches.map((bench) => bench.statistics()?.cpuMs ?? Number.NaN);
  let [ruledAtFewMs = 0, plainAtFewMs = 0]: readonly number[] = [];
  try {
    for (let count = 1; count <= invocations; count += 1) {
      for (const { lambda } of benches) {
        await invoke(lambda, LINES);
        await pause(PAUSE_MS);
      }
      if (count === FEW) [ruledAtFewMs = 0, plainAtFewMs = 0] = readMs();
    }
    const [ruledMs = Number.NaN, plainMs = Number.NaN] = readMs();
    const ratio = (ruledMs - ruledAtFewMs) / (plainMs - plainAtFewMs);
    return Number.isNaN(ratio) ? undefined : ratio;
  } finally {
    for (const { lambda } of benches) await lambda.shutdown();
  }
}

async function measureRules(
  contestants: readonly Contestant[],
  endpoint: string,
  { rounds, cpuInvocations: invocations }: CpuOptions,
): Promise<Figure> {
  const samples = new Samples();
  for (let round = 0; round < rounds; round += 1) {
    for (const layer of contestants.filter(({ kind }) => kind === 'layer')) {
      const ratio = await runRuled(layer, endpoint, invocations);
      if (ratio !== undefined) samples.add(layer.name, ratio);
    }
  }
  return {
    title: 'CPU per invocation, every rule of redaction and filters on, against none',
    unit: 'times',
    goal: { atMost: 1.15 },
    samples: samples.bySubject,
  };
}

/** Of all contestants, and of the layer with either strategy, in turns. */
export async function measureCpu(
  contestants: readonly Contestant[],
  endpoint: string,
  options: CpuOptions,
): Promise<readonly Figure[]> {
  const { rounds, cpuInvocations: invocations } = options;
  const samples = { end: new Samples(), adaptive: new Samples() };
  for (let round = 0; round < rounds; round += 1) {
    for (const contestant of contestants) {
      const strategies: Strategy[] = contestant.kind === 'layer' ? ['end', 'adaptive'] : ['end'];
      for (const strategy of strategies) {
        const cpuMs = await runPaused(contestant, endpoint, { invocations, strategy });
        if (cpuMs !== undefined) samples[strategy].add(contestant.name, cpuMs);
      }
    }
  }
  const floor = samples.end.bySubject[FLOOR];
  if (floor !== undefined) samples.adaptive.add(FLOOR, ...floor);
  const figures = (['end', 'adaptive'] as const).map((strategy): Figure => ({
    title: `CPU per invocation, ${LINES} log lines, exported each, \`${strategy}\``,
    unit: 'ms',
    goal: { ratio: { factor: 3, to: FLOOR } },
    samples: samples[strategy].bySubject,
  }));
  return [...figures, await measureRules(contestants, endpoint, options)];
}
