// What an invocation costs when the endpoint is dead: before the breaker opens, and after.
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { invoke, startBenchLambda } from '../bench-lambda';
import type { Contestant } from '../contestants';
import type { Figure, Section } from '../figure';
import { startOtlpSink } from '../otlp-sink';
import type { OtlpSink } from '../otlp-sink';
import { Samples } from '../samples';

const LINES = 2;
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

const deaths = {
  refused: closedPort,
  '503': () => startOtlpSink('503'),
  reset: () => startOtlpSink('reset'),
  hang: () => startOtlpSink('hang'),
} as const;

type Death = keyof typeof deaths;

/** Invocations: the first ones may still spend the budget, the last ones come after the breaker. */
function countOf(kind: Contestant['kind']): { readonly all: number; readonly last: number } {
  // Others may hold each invocation for twenty seconds.
  return kind === 'other' ? { all: 4, last: 2 } : { all: 24, last: 12 };
}

interface Results {
  readonly worst: Samples;
  readonly settled: Samples;
}

async function run(contestant: Contestant, url: string, results: Results): Promise<void> {
  const environment = { LAMBDA_OTLP_FLUSH: 'end' };
  const { lambda } = await startBenchLambda(contestant, url, { environment });
  const { all, last } = countOf(contestant.kind);
  const postMs: number[] = [];
  try {
    for (let count = 0; count < all; count += 1) {
      const { timings } = await invoke(lambda, LINES);
      postMs.push(timings.postInvokeMs);
    }
  } finally {
    await lambda.shutdown();
  }
  results.worst.add(contestant.name, Math.max(...postMs));
  results.settled.add(contestant.name, ...postMs.slice(-last));
}

function toFigures(death: Death, { worst, settled }: Results): readonly Figure[] {
  const before = death === 'hang' ? BUDGET_MS + 50 : 40;
  const after = death === 'hang' ? 30 : 40;
  return [
    {
      title: `${death}: slowest invocation`,
      unit: 'ms',
      goal: { atMost: before },
      samples: worst.bySubject,
    },
    {
      title: `${death}: later invocations`,
      unit: 'ms',
      goal: { atMost: after },
      samples: settled.bySubject,
    },
  ];
}

export async function measureDeadEndpoints(
  contestants: readonly Contestant[],
  rounds: number,
): Promise<Section> {
  const figures: Figure[] = [];
  for (const death of Object.keys(deaths) as Death[]) {
    const results: Results = { worst: new Samples(), settled: new Samples() };
    for (let round = 0; round < rounds; round += 1) {
      for (const contestant of contestants) {
        const endpoint = await deaths[death]();
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
    note: `runtimeDone emitted → /event/next, \`end\`, about 25 ms of which is the Telemetry API's batch window. Of ${rounds} new environments each: the slowest invocation, and the last twelve of 24.`,
    subjects: contestants.map(({ name }) => name),
    figures,
  };
}
