// What holds in every cell of the matrix, and what does under the fault of one.
import { functionLogs, total } from '../scenarios/arrived-telemetry';
import { checkOtlp } from 'local-lambda/otlp/proto-rules';
import { countLostPoints, countedDrops, lostWindows, readAll } from './accounting';
import type { Counts } from './accounting';
import type { Outcome } from './matrix-run';

/** Of four invocations under an open breaker, a probe or two; without it each would try spans and logs. */
const MAX_SETTLED_REQUESTS = 8;
const MAX_OUTPUT_LINES = 20;

/** The function is not harmed, nor its log flooded. That nobody waits past the budget, unit tests of it show. */
export function expectHarmless(outcome: Outcome): void {
  const { settledRequests, end, output, fault, phase, strategy } = outcome;
  const isFailing = fault.pledge !== 'in part' && fault.isAnswering !== true;
  // With `overlap` nobody waits for them.
  if (phase !== 'shutdown' && isFailing && strategy !== 'overlap') {
    expect(settledRequests).toBeLessThan(MAX_SETTLED_REQUESTS);
  }
  // The local Lambda kills at the deadline, as Lambda does.
  expect({ ...end, output }).toMatchObject({ exitCode: 0, killed: false });
  expect(output.split('\n').length).toBeLessThan(MAX_OUTPUT_LINES);
}

/** Whatever came was valid, nothing came twice but whole requests at SHUTDOWN, and what did not come was counted. */
export function expectSound(outcome: Outcome): void {
  const { requests, arrived, lines, sent, totals } = outcome;
  expect(requests.flatMap(({ signal, otlp }) => checkOtlp(signal, otlp))).toEqual([]);
  const texts = functionLogs(arrived).map(({ text }) => JSON.stringify(text));
  expect(texts.filter((text) => !lines.includes(JSON.parse(text) as string))).toEqual([]);
  const spans = arrived.spans.map(({ traceId, spanId }) => `${traceId}/${spanId}`);
  expect(new Set(texts).size).toBe(texts.length);
  expect(new Set(spans).size).toBe(spans.length);
  expect(totals.exported.traces + totals.dropped.traces).toBe(sent.traces);
  expect(totals.exported.logs + totals.dropped.logs).toBe(sent.logs);
}

/** The fault was over in time: what the pledge says has arrived. */
export function expectRecovered(outcome: Outcome): void {
  const { fault, taken, totals, sent, arrived, lines, invocations } = outcome;
  if (fault.pledge === 'kept' || fault.pledge === 'kept but windows') {
    expect(
      functionLogs(arrived)
        .map(({ text }) => text)
        .sort(),
    ).toEqual([...lines].sort());
    expect({ traces: taken.traces, logs: taken.logs }).toEqual(sent);
    expect(totals.dropped).toMatchObject({ traces: 0, logs: 0 });
  } else {
    expect(totals.dropped.logs).toBeGreaterThan(0);
  }
  expectAccepted(outcome);
  expect(countedDrops(arrived)).toEqual(totals.dropped);
  // The freeze can come between the last look at a connection and the first byte on it: what nobody can know
  // is counted as lost, and seen by no endpoint.
  if (fault.closesIdle === true && totals.dropped.metrics > 0) return;
  const lost = lostWindows(outcome.requests);
  if (fault.pledge === 'kept') {
    expect(lost).toEqual([]);
    expect(totals.dropped).toEqual({ traces: 0, metrics: 0, logs: 0 });
  }
  // Every invocation is in one window, taken or lost, and lost points are counted.
  const inLost = total(readAll(lost), 'faas.invocations');
  if (fault.pledge !== 'in part') {
    expect(total(arrived, 'faas.invocations') + inLost).toBe(invocations);
    expect(countLostPoints(lost)).toBe(totals.dropped.metrics);
  }
}

/** The extension's own account of what was taken is the endpoint's. */
export function expectAccepted({ fault, requests, taken, totals, end }: Outcome): void {
  const { exported, dropped } = totals;
  if (fault.pledge !== 'in part') {
    expect({ exported, dropped, end }).toMatchObject({ exported: taken });
    return;
  }
  const rejected = sum(dropped);
  expect(rejected).toBeLessThanOrEqual(requests.length);
  expect(sum(exported)).toBe(sum(taken) - rejected);
}

function sum({ traces, metrics, logs }: Counts): number {
  return traces + metrics + logs;
}
