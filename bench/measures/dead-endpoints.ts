// What an invocation costs when the endpoint is dead: before the breaker opens, and after.
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { LINES, SLOW_INIT, invoke, startBenchLambda } from '../bench-lambda';
import type { Contestant } from '../contestants';
import type { Figure, Section } from '../figure';
import { startOtlpSink } from '../otlp-sink';
import type { OtlpSink } from '../otlp-sink';
import { Samples } from '../samples';

/** The flush budget, lambda-otlp's default. */
const BUDGET_MS = 500;

type Endpoint = Pick<OtlpSink, 'url' | 'close'>;

async function closedPort(): Promise<Endpoint> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return { url: `http://127.0.0.1:${port}`, close: () => Promise.resolve() };
}

const DEATHS = {
  refused: closedPort,
  '503': () => startOtlpSink('503'),
  reset: () => startOtlpSink('reset'),
  hang: () => startOtlpSink('hang'),
} as const;

type Death = keyof typeof DEATHS;

/** How many invocations, which of them come before the breaker opens, and how many come long after. */
function planOf(kind: Contestant['kind']): {
  readonly all: number;
  readonly early: readonly [from: number, to: number];
  readonly late: number;
} {
  // Others may hold each invocation for twenty seconds.
  return kind === 'other'
    ? { all: 5, early: [1, 3], late: 2 }
    : { all: 24, early: [1, 3], late: 12 };
}

interface Results {
  readonly first: Samples;
  readonly early: Samples;
  readonly late: Samples;
}

async function run(contestant: Contestant, url: string, results: Results): Promise<void> {
  const options = { environment: { LAMBDA_OTLP_FLUSH: 'end' }, handler: SLOW_INIT };
  const { lambda } = await startBenchLambda(contestant, url, options);
  const { all, early, late } = planOf(contestant.kind);
  const postMs: number[] = [];
  try {
    for (let count = 0; count < all; count += 1) {
      const { timings } = await invoke(lambda, LINES);
      postMs.push(timings.postInvokeMs);
    }
  } finally {
    await lambda.shutdown();
  }
  results.first.add(contestant.name, ...postMs.slice(0, 1));
  results.early.add(contestant.name, ...postMs.slice(...early));
  results.late.add(contestant.name, ...postMs.slice(-late));
}

function toFigures(death: Death, { first, early, late }: Results): readonly Figure[] {
  const before = death === 'hang' ? BUDGET_MS + 50 : 40;
  const after = death === 'hang' ? 30 : 40;
  const row = (what: string, samples: Samples, atMost: number): Figure => ({
    title: `${death}: ${what}`,
    unit: 'ms',
    goal: { atMost },
    samples: samples.bySubject,
  });
  return [
    row('first invocation, cold code', first, before),
    row('second and third', early, before),
    row('later ones', late, after),
  ];
}

export async function measureDeadEndpoints(
  contestants: readonly Contestant[],
  rounds: number,
): Promise<Section> {
  const figures: Figure[] = [];
  for (const death of Object.keys(DEATHS) as Death[]) {
    const results: Results = { first: new Samples(), early: new Samples(), late: new Samples() };
    for (let round = 0; round < rounds; round += 1) {
      for (const contestant of contestants) {
        const endpoint = await DEATHS[death]();
        try {
          await run(contestant, endpoint.url, results);
        } finally {
          await endpoint.close();
        }
      }
    }
    figures.push(...toFigures(death, results));
  }
  return {
    title: 'Dead endpoints',
    note: `runtimeDone emitted → /event/next, \`end\`, about 25 ms of which is the Telemetry API's batch window. Of ${rounds} new environments each, of a function whose init takes 100 ms: the first invocation, the next two, and the last twelve of 24.`,
    subjects: contestants.map(({ name }) => name),
    figures,
  };
}
