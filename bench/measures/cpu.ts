// CPU of an invocation whose telemetry is delivered for itself.
import { setTimeout as pause } from 'node:timers/promises';
import { FEW, LINES, invoke, startBenchLambda } from '../bench-lambda';
import { FLOOR } from '../contestants';
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

/** Of all contestants, and of the layer with either strategy, in turns. */
export async function measureCpu(
  contestants: readonly Contestant[],
  endpoint: string,
  { rounds, cpuInvocations: invocations }: CpuOptions,
): Promise<readonly Figure[]> {
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
  return (['end', 'adaptive'] as const).map((strategy) => ({
    title: `CPU per invocation, ${LINES} log lines, exported each, \`${strategy}\``,
    unit: 'ms',
    goal: { ratio: { factor: 3, to: FLOOR } },
    samples: samples[strategy].bySubject,
  }));
}
