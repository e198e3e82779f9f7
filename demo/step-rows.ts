// The demo's invocations, a row each as they end. Pure text, no wider than the terminal.
import { formatDuration } from 'local-lambda/render/quantity';
import { padEnd } from 'local-lambda/render/terminal-text';
import type { RenderOptions } from 'local-lambda/render/waterfall';
import type { StepOutcome } from './scenario';

const COLUMNS = [27, 9, 9, 9] as const;
/** With the longest outcome behind the columns; where there are fewer it stands below. */
const ROW_CELLS = 80;

function toCells(cells: readonly string[]): string {
  return `  ${cells.map((cell, index) => padEnd(cell, COLUMNS[index] ?? 0)).join('')}`;
}

/** `handler`: until the runtime was done, as the span of the invocation; `billed`: as its REPORT line. */
export function toStepHeader({ paint }: RenderOptions): string {
  return paint('dim', toCells(['', 'handler', 'init', 'billed']).trimEnd());
}

export function toStepRow({ step, invocation }: StepOutcome, options: RenderOptions): string {
  const { status, functionError, metrics, timings } = invocation;
  const { width, paint } = options;
  const outcome =
    functionError === undefined
      ? paint('green', status)
      : paint('red', status === 'success' ? 'success, function error' : status);
  const { startedAtMs, runtimeDoneAtMs } = timings;
  const durations = [
    runtimeDoneAtMs === undefined ? undefined : runtimeDoneAtMs - startedAtMs,
    metrics?.initDurationMs,
    metrics?.billedDurationMs,
  ].map((ms) => (ms === undefined ? '' : formatDuration(ms)));
  const row = toCells([step.title, ...durations]);
  return width >= ROW_CELLS ? row + outcome : `${row.trimEnd()}\n    ${outcome}`;
}
