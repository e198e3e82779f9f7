// Which request a log line without a requestId belongs to: decided by the line's time, not by arrival,
// and never guessed when several invocations were open at that time.
import type { HrTime } from '@opentelemetry/api';
import { addMs, compareTimes } from '../telemetry/timestamp';
import type { Invocation } from './invocation';

/** A line is stamped when its newline is read, which may be a little after the report (RIE). */
const LATE_LINE_MS = 5;

export interface AttributionRules {
  /**
   * Lambda Managed Instances run several invocations at once; anywhere else an invocation is over when
   * the next one starts. Undefined: not known, so invocations may overlap.
   */
  readonly concurrent: boolean | undefined;
}

/** The invocation at `time`, when there is exactly one. `timeline` is sorted by start. */
export function findInvocationAt(
  timeline: readonly Invocation[],
  time: HrTime,
  { concurrent }: AttributionRules,
): Invocation | undefined {
  let found: Invocation | undefined;
  for (let index = timeline.length - 1; index >= 0; index -= 1) {
    const candidate = timeline[index];
    if (candidate?.start === undefined || compareTimes(candidate.start.time, time) > 0) continue;
    if (isOpenAt(candidate, time, timeline)) {
      if (found !== undefined) return undefined;
      found = candidate;
    }
    if (concurrent === false) break;
  }
  return found;
}

function isOpenAt(
  { report, done }: Invocation,
  time: HrTime,
  timeline: readonly Invocation[],
): boolean {
  if (report !== undefined) return compareTimes(time, addMs(report.time, LATE_LINE_MS)) <= 0;
  if (done === undefined || compareTimes(time, done.time) <= 0) return true;
  // After runtimeDone the runtime may still print, until it is given the next request.
  const next = timeline.find(({ start }) => start && compareTimes(start.time, done.time) >= 0);
  return next?.start === undefined || compareTimes(time, next.start.time) < 0;
}

/** The invocation of this requestId at `time`: the last that had started, else the first. */
export function findInvocationOf(
  invocations: readonly Invocation[],
  time: HrTime,
): Invocation | undefined {
  if (invocations.length < 2) return invocations[0];
  const started = invocations.filter(({ start }) => start && compareTimes(start.time, time) <= 0);
  return started.at(-1) ?? invocations[0];
}
