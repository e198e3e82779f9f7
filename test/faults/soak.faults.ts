// Many invocations against an endpoint that flaps: every item is delivered once or counted once, and memory
// stays flat. 400 invocations by default; `npm run test:faults -- --long` makes it 5 000.
import type { ScriptedAnswer } from 'local-lambda/otlp/answer';
import { functionLogs, readTelemetry, total } from '../scenarios/arrived-telemetry';
import {
  countItems,
  countSent,
  countedDrops,
  isTaken,
  lostWindows,
  readAll,
  readStopLine,
  withoutRepeats,
} from './accounting';
import type { Unanswered } from './fault';
import { EXTENSION, drain, endRuns, startFaultyRun } from './faulty-run';
import type { FaultyRun } from './faulty-run';
import { createRandom } from './random';

afterEach(endRuns);

const IS_LONG = process.env['LAMBDA_OTLP_FAULTS_LONG'] === 'true';
const INVOCATIONS = IS_LONG ? 5_000 : 400;
const LINES = 3;
const MIB = 1_048_576;
/** After the first fifth everything is loaded and compiled; a leak of 1 KB per invocation would show. */
const MAX_GROWTH_BYTES = IS_LONG ? 5 * MIB : 8 * MIB;
/** What waits for the breaker is held: the buffer's 8 MiB, as objects. */
const MAX_HELD_BYTES = 30 * MIB;

/**
 * Two of three requests get through; the rest meet an answer whose fate the endpoint knows as well as we do:
 * one that is taken but broken off before its answer would rightly come twice.
 */
function createFlapping(seed: number): (request: Unanswered) => ScriptedAnswer | undefined {
  const random = createRandom(seed);
  const status = (code: number): ScriptedAnswer => ({ kind: 'status', status: code });
  const faults: readonly ScriptedAnswer[] = [
    status(503),
    status(429),
    status(500),
    status(400),
    { kind: 'reset' },
    { kind: 'slow', delayMs: 20, then: status(502) },
  ];
  return () => (random() < 0.67 ? undefined : faults[Math.floor(random() * faults.length)]);
}

function anonymousBytes({ lambda }: FaultyRun): number {
  const own = lambda.extensions.find(({ name }) => name === EXTENSION);
  return own?.readStatistics()?.anonymousBytes ?? 0;
}

/** From after the first fifth to the end; the least of three readings, as garbage comes and goes. */
function growthOf(memory: readonly number[]): number {
  const settled = memory.slice(Math.ceil(memory.length / 5));
  return Math.min(...settled.slice(-3)) - Math.min(...settled.slice(0, 3));
}

/** The endpoint goes away and comes back in between. */
async function soak(run: FaultyRun): Promise<readonly number[]> {
  const memory: number[] = [];
  for (let index = 0; index < INVOCATIONS; index += 1) {
    if (index % 100 === 60) await run.endpoint.stopListening();
    if (index % 100 === 70) await run.endpoint.closeConnections();
    if (index % 10 === 3) await run.endpoint.closeConnections();
    await run.invoke(Array.from({ length: LINES }, (_, line) => `line ${index}.${line}`));
    if (index % 20 === 19) memory.push(anonymousBytes(run));
  }
  return memory;
}

test(
  `over ${INVOCATIONS} invocations every item is delivered once or counted once`,
  async () => {
    // Nothing is under way in the freeze: the endpoint breaks no request that it took.
    const settings = { LAMBDA_OTLP_FLUSH: 'end', LAMBDA_OTLP_FLUSH_BUDGET_MS: '5000' };
    const run = await startFaultyRun({ settings });
    run.endpoint.respondWith(createFlapping(20_261_121));
    const memory = await soak(run);
    await run.endpoint.heal();
    await drain(run);
    const end = await run.shutdown();
    expect({ ...end, output: run.output() }).toMatchObject({ exitCode: 0, killed: false });

    const requests = withoutRepeats(run.endpoint.requests);
    const taken = countItems(requests, isTaken);
    const telemetry = readTelemetry(requests);
    const { exported, dropped } = readStopLine(run.output());
    const sent = countSent(run.lambda.events);
    expect(exported).toEqual(taken);
    expect({
      traces: exported.traces + dropped.traces,
      logs: exported.logs + dropped.logs,
    }).toEqual(sent);
    expect(countedDrops(telemetry)).toEqual(dropped);
    const texts = functionLogs(telemetry).map(({ text }) => text);
    expect(new Set(texts).size).toBe(texts.length);
    const spans = telemetry.spans.map(({ traceId, spanId }) => `${traceId}/${spanId}`);
    expect(new Set(spans).size).toBe(spans.length);
    const inLost = total(readAll(lostWindows(requests)), 'faas.invocations');
    expect(total(telemetry, 'faas.invocations') + inLost).toBe(
      run.lambda.events.filter(({ type }) => type === 'platform.start').length,
    );

    expect(growthOf(memory)).toBeLessThan(MAX_HELD_BYTES);
    expect(run.output().split('\n').length).toBeLessThan(250);
  },
  IS_LONG ? 1_200_000 : 120_000,
);

test(
  `over ${INVOCATIONS} invocations with a healthy endpoint memory stays flat`,
  async () => {
    const run = await startFaultyRun({ recordEvents: false });
    const memory: number[] = [];
    for (let index = 0; index < INVOCATIONS; index += 1) {
      await run.invoke(Array.from({ length: LINES }, (_, line) => `line ${index}.${line}`));
      if (index % 20 === 19) memory.push(anonymousBytes(run));
    }
    expect(await run.shutdown()).toMatchObject({ exitCode: 0, killed: false });
    expect(growthOf(memory)).toBeLessThan(MAX_GROWTH_BYTES);
  },
  IS_LONG ? 1_200_000 : 120_000,
);
