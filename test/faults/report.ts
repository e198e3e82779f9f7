// The matrix as a table: every cell leaves a line of JSON, `npm run test:faults -- --write` makes the page.
import { appendFileSync } from 'node:fs';
import type { Counts } from './accounting';
import type { Outcome } from './matrix-run';

export interface Row {
  readonly fault: string;
  readonly phase: string;
  readonly strategy: string;
  readonly delivered: Counts;
  readonly failedRequests: number;
  readonly dropped: Counts;
  readonly postInvokeMs: readonly number[];
  readonly settledMs: number;
  readonly exitCode: number | null;
  readonly exitMs: number;
}

/** What a fault that is no cell of the matrix led to. */
export interface Finding {
  readonly finding: string;
  readonly seen: string;
}

const ROWS = process.env['LAMBDA_OTLP_FAULTS_ROWS'];

export function recordOutcome(outcome: Outcome): void {
  if (ROWS === undefined) return;
  const { fault, phase, strategy, totals, failedRequests, postInvokeMs, settledMs, end } = outcome;
  const row: Row = {
    fault: fault.name,
    phase,
    strategy,
    delivered: totals.exported,
    failedRequests,
    dropped: totals.dropped,
    postInvokeMs,
    settledMs,
    exitCode: end.exitCode,
    exitMs: end.exitMs,
  };
  appendFileSync(ROWS, `${JSON.stringify(row)}\n`);
}

export function recordFinding(finding: string, seen: string): void {
  if (ROWS === undefined) return;
  const row: Finding = { finding, seen };
  appendFileSync(ROWS, `${JSON.stringify(row)}\n`);
}
