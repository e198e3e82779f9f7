// What the command line prints of invocations and events.
import type { Invocation } from '../lambda/invocation';
import type { TelemetryEvent } from '../lambda/telemetry-event';
import { toPrintable } from '../render/terminal-text';

const MAX_RESPONSE_LENGTH = 300;
const MAX_TRACE_LINES = 8;
const OF_RUNTIME = /\/node-runtime[\w-]*\.mjs:/;

function shorten(text: string): string {
  return text.length <= MAX_RESPONSE_LENGTH ? text : `${text.slice(0, MAX_RESPONSE_LENGTH)}…`;
}

function milliseconds(durationMs: number): string {
  return `${durationMs.toFixed(1)} ms`;
}

/** The error object of a function, as a person reads it: type and message, then its frames. */
function toErrorLines(response: unknown): readonly string[] {
  const { errorType, errorMessage, trace, stackTrace } = (response ?? {}) as Record<
    string,
    unknown
  >;
  const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
  const head = [errorType, errorMessage].filter(isText).join(': ');
  if (head === '') return [shorten(JSON.stringify(response ?? null))];
  const frames = [trace, stackTrace].find(Array.isArray)?.filter(isText) ?? [];
  const belowHandler = frames.findIndex((frame) => OF_RUNTIME.test(frame));
  // Node's trace begins with the message again.
  const own = frames
    .slice(0, belowHandler < 0 ? undefined : belowHandler)
    .filter((frame) => !head.endsWith(frame) && !head.includes(frame.trim()));
  return [...shorten(head).split('\n'), ...own.slice(0, MAX_TRACE_LINES)].map(
    (line, index) => `${index === 0 ? '' : '  '}${toPrintable(line.trim())}`,
  );
}

/** `number`: counted from 1. Times as platform.report has them. */
export function toInvocationText(number: number, invocation: Invocation): string {
  const { metrics, timings, status, functionError, errorType, streamBroke } = invocation;
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
      ? streamBroke
        ? 'success, stream broken off'
        : 'function error'
      : [status, errorType].filter(Boolean).join(' ');
  const head = `#${number} ${invocation.requestId} ${result} (${costs.join(', ')})`;
  if (!succeeded(invocation)) {
    return [head, ...toErrorLines(invocation.response).map((line) => `   ${line}`)].join('\n');
  }
  return `${head} ${shorten(JSON.stringify(invocation.response ?? null))}`;
}

export function toEventLine({ time, type, record }: TelemetryEvent): string {
  const text = typeof record === 'string' ? record.trimEnd() : JSON.stringify(record);
  return `${time} ${type} ${text}`;
}

export function succeeded({ status, functionError }: Invocation): boolean {
  return status === 'success' && functionError === undefined;
}
