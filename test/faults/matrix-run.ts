// One cell of the fault matrix: a fault, a flush strategy, and the phase of the environment's life it meets.
import { setTimeout as wait } from 'node:timers/promises';
import type { ReceivedRequest } from 'local-lambda/otlp/arrivals';
import { readTelemetry } from '../scenarios/arrived-telemetry';
import type { ArrivedTelemetry } from '../scenarios/arrived-telemetry';
import {
  countItems,
  countSent,
  countedFailures,
  isTaken,
  readStopLine,
  withoutRepeats,
} from './accounting';
import type { Counts, Totals } from './accounting';
import type { Fault } from './fault';
import type { End, FaultyRun } from './faulty-run';
import { median, startFaultyRun } from './faulty-run';

export const STRATEGIES = ['end', 'overlap', 'adaptive'] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** `first flush` and `steady`: the fault ends before SHUTDOWN; `shutdown`: it does not. */
export const PHASES = ['first flush', 'steady', 'shutdown'] as const;
export type Phase = (typeof PHASES)[number];

export interface Cell {
  readonly fault: Fault;
  readonly strategy: Strategy;
  readonly phase: Phase;
}

export interface Outcome extends Cell {
  readonly lines: readonly string[];
  readonly invocations: number;
  /** What the platform's events make. */
  readonly sent: Omit<Counts, 'metrics'>;
  readonly arrived: ArrivedTelemetry;
  readonly requests: readonly ReceivedRequest[];
  /** Items of requests answered with success. */
  readonly taken: Counts;
  readonly totals: Totals;
  /** By the extension's own metrics where they arrived, else as the endpoint saw it. */
  readonly failedRequests: number;
  /** Milliseconds of each invocation under the fault. */
  readonly postInvokeMs: readonly number[];
  /** Median of the last of them: the endpoint has failed repeatedly by then. */
  readonly settledMs: number;
  /** Requests that came during them. */
  readonly settledRequests: number;
  readonly end: End;
  readonly output: string;
}

const HEALTHY_FIRST = 2;
/** Three failed flushes open the breaker; the rest show what it costs from then on. */
const UNDER_FAULT = { 'first flush': 8, steady: 8, shutdown: 1 } as const;
const SETTLED = 4;
const LINES = 3;

export async function runCell(cell: Cell): Promise<Outcome> {
  const { fault, strategy, phase } = cell;
  const run = await startFaultyRun({
    settings: { LAMBDA_OTLP_FLUSH: strategy, ...fault.settings },
    ...(phase === 'first flush' && { fault }),
  });
  const lines: string[] = [];
  const invoke = async (): Promise<number> => {
    const own = Array.from({ length: LINES }, (_, index) => `line ${lines.length + index}`);
    lines.push(...own);
    return (await run.invoke(own)).timings.postInvokeMs;
  };
  if (phase !== 'first flush') {
    for (let index = 0; index < HEALTHY_FIRST; index += 1) await invoke();
    await run.endpoint.begin(fault);
  }
  const postInvokeMs: number[] = [];
  let requestsBefore = 0;
  for (let index = 0; index < UNDER_FAULT[phase]; index += 1) {
    if (index === UNDER_FAULT[phase] - SETTLED) requestsBefore = run.endpoint.requests.length;
    if (fault.closesIdle === true) await run.endpoint.closeConnections();
    postInvokeMs.push(await invoke());
  }
  const settledRequests = run.endpoint.requests.length - requestsBefore;
  if (phase === 'shutdown') {
    if (fault.closesIdle === true) await run.endpoint.closeConnections();
  } else {
    await run.endpoint.heal();
    await wait(fault.settlesMs ?? 0);
    await invoke();
  }
  const end = await run.shutdown();
  await run.endpoint.close();
  const settledMs = settled(postInvokeMs);
  return { ...cell, ...readBooks(run), lines, postInvokeMs, settledMs, settledRequests, end };
}

function settled(postInvokeMs: readonly number[]): number {
  return median(postInvokeMs.slice(-SETTLED));
}

function readBooks({ lambda, endpoint, output }: FaultyRun) {
  const requests = withoutRepeats(endpoint.requests);
  const arrived = readTelemetry(requests);
  expect(endpoint.refusals).toEqual([]);
  return {
    invocations: lambda.events.filter(({ type }) => type === 'platform.start').length,
    sent: countSent(lambda.events),
    arrived,
    requests,
    taken: countItems(requests, isTaken),
    totals: readStopLine(output()),
    failedRequests: Math.max(
      countedFailures(arrived),
      requests.filter((request) => !isTaken(request)).length,
    ),
    output: output(),
  };
}
