// CPU of an invocation whose telemetry is delivered for itself.
import { setTimeout as pause } from 'node:timers/promises';
import { invoke, startBenchLambda } from '../bench-lambda';
import { FLOOR, LAYER } from '../contestants';
import type { Contestant } from '../contestants';
import type { Figure } from '../figure';
import { Samples } from '../samples';

const LINES = 2;
/** CPU is counted from here on: what is loaded and compiled first belongs to the start. */
const FEW = 20;
/**
 * Longer than the Telemetry API's batch window of 25 ms. Without it an extension that polls at once gets several
 * invocations in one batch, and does less than one that waits for each.
 */
const PAUSE_MS = 40;

export interface CpuOptions {
  readonly rounds: number;
  readonly cpuInvocations: number;
}

async function runPaused(
  contestant: Contestant,
  endpoint: string,
  { invocations, strategy }: { readonly invocations: number; readonly strategy: string },
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

/** Milliseconds of CPU per invocation, of all contestants with `end` and of the layer with `adaptive`, in turns. */
export async function measureCpu(
  contestants: readonly Contestant[],
  endpoint: string,
  { rounds, cpuInvocations: invocations }: CpuOptions,
): Promise<readonly Figure[]> {
  const atEnd = new Samples();
  const adaptive = new Samples();
  for (let round = 0; round < rounds; round += 1) {
    for (const contestant of contestants) {
      const { name, kind } = contestant;
      const cpuMs = await runPaused(contestant, endpoint, { invocations, strategy: 'end' });
      if (cpuMs !== undefined) atEnd.add(name, cpuMs);
      if (cpuMs !== undefined && name === FLOOR) adaptive.add(name, cpuMs);
      if (kind !== 'layer') continue;
      const strategy = 'adaptive';
      const adaptiveMs = await runPaused(contestant, endpoint, { invocations, strategy });
      if (adaptiveMs !== undefined) adaptive.add(LAYER, adaptiveMs);
    }
  }
  const goal = { ratio: { factor: 3, to: FLOOR } };
  return [
    {
      title: 'CPU per invocation, 2 log lines, exported each, `end`',
      unit: 'ms',
      goal,
      samples: atEnd.bySubject,
    },
    {
      title: 'CPU per invocation, 2 log lines, exported each, `adaptive`',
      unit: 'ms',
      goal,
      samples: adaptive.bySubject,
    },
  ];
}
