// What `npm run local` prints of invocations and events, one line each.
import type { Invocation } from '../lambda/invocation';
import type { TelemetryEvent } from '../lambda/telemetry-event';

const MAX_RESPONSE_LENGTH = 300;

function shorten(text: string): string {
  return text.length <= MAX_RESPONSE_LENGTH ? text : `${text.slice(0, MAX_RESPONSE_LENGTH)}…`;
}

function milliseconds(durationMs: number): string {
  return `${durationMs.toFixed(1)} ms`;
}

/** `number`: counted from 1. */
export function toInvocationLine(number: number, invocation: Invocation): string {
  const { metrics, timings, status, functionError, errorType } = invocation;
  const costs = [
    metrics === undefined ? [] : [milliseconds(metrics.durationMs)],
    metrics?.initDurationMs === undefined ? [] : [`init ${milliseconds(metrics.initDurationMs)}`],
    metrics?.restoreDurationMs === undefined
      ? []
      : [`restore ${milliseconds(metrics.restoreDurationMs)}`],
    timings.postInvokeMs > 0 ? [`extension ${milliseconds(timings.postInvokeMs)}`] : [],
    metrics?.billedDurationMs === undefined ? [] : [`billed ${metrics.billedDurationMs} ms`],
  ].flat();
  const result =
    status === 'success' && functionError !== undefined
      ? 'function error'
      : [status, errorType].filter(Boolean).join(' ');
  const response = shorten(JSON.stringify(invocation.response ?? null));
  return `#${number} ${invocation.requestId} ${result} (${costs.join(', ')}) ${response}`.trimEnd();
}

export function toEventLine({ time, type, record }: TelemetryEvent): string {
  const text = typeof record === 'string' ? record.trimEnd() : JSON.stringify(record);
  return `${time} ${type} ${text}`;
}

export function succeeded({ status, functionError }: Invocation): boolean {
  return status === 'success' && functionError === undefined;
}
