// SHUTDOWN while the endpoint hangs: exit with status 0 before SIGKILL, with data unsent.
import { invoke, startBenchLambda } from '../bench-lambda';
import type { Contestant } from '../contestants';
import type { Section } from '../figure';
import { startOtlpSink } from '../otlp-sink';
import { Samples } from '../samples';

/** SHUTDOWN to SIGKILL, as Lambda gives it with external extensions. */
const DEADLINE_MS = 2000;

export async function measureShutdown(
  contestants: readonly Contestant[],
  rounds: number,
): Promise<Section> {
  const duration = new Samples();
  const clean = new Samples();
  const sink = await startOtlpSink('hang');
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const contestant of contestants) {
        const { lambda } = await startBenchLambda(contestant, sink.url);
        await invoke(lambda, 2);
        const { extensions } = await lambda.shutdown();
        const [outcome] = extensions;
        if (outcome === undefined) continue;
        duration.add(contestant.name, outcome.durationMs);
        clean.add(contestant.name, outcome.exitCode === 0 ? 1 : 0);
      }
    }
  } finally {
    await sink.close();
  }
  const share = Object.fromEntries(
    Object.entries(clean.bySubject).map(([name, exits]) => [
      name,
      [exits.reduce((sum, exit) => sum + exit, 0) / exits.length],
    ]),
  );
  return {
    title: 'Shutdown',
    note: `SHUTDOWN after one invocation whose telemetry the endpoint never answers, ${rounds} times each; SIGKILL comes after ${DEADLINE_MS} ms. The share counts exits with status 0.`,
    subjects: contestants.map(({ name }) => name),
    figures: [
      {
        title: 'SHUTDOWN → exit, hanging endpoint',
        unit: 'ms',
        goal: { atMost: DEADLINE_MS },
        samples: duration.bySubject,
      },
      { title: 'clean exits, share', unit: 'times', goal: { atLeast: 1 }, samples: share },
    ],
  };
}
