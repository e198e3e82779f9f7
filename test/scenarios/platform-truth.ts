// What the platform said, event for event: the truth that telemetry is compared with.
import type { TelemetryEvent } from 'local-lambda/lambda/telemetry-event';
import type { LocalLambda } from 'local-lambda/lambda/local-lambda';

interface PlatformSpan {
  readonly name: string;
  readonly start: string;
  readonly durationMs: number;
}

type Events = LocalLambda['events'];

const NANOS_PER_MS = 1_000_000n;

/** Epoch nanoseconds of an event's time, which has milliseconds. */
export function nanosOf(time: string): bigint {
  return BigInt(Date.parse(time)) * NANOS_PER_MS;
}

/** Epoch nanoseconds of milliseconds with a fraction. */
export function toNanos(durationMs: number): bigint {
  return BigInt(Math.round(durationMs * 1e6));
}

export function recordOf(event: TelemetryEvent | undefined): Readonly<Record<string, unknown>> {
  return typeof event?.record === 'object' ? event.record : {};
}

export function eventsOf(events: Events, type: string): readonly TelemetryEvent[] {
  return events.filter((event) => event.type === type);
}

/** The first event of this type, of this request if one is given. */
export function eventOf(events: Events, type: string, requestId?: string): TelemetryEvent {
  const found = eventsOf(events, type).find(
    (event) => requestId === undefined || recordOf(event)['requestId'] === requestId,
  );
  if (found === undefined)
    throw new Error(`the platform emitted no ${type} of ${requestId ?? 'anything'}`);
  return found;
}

export interface TrueSpan {
  readonly name: string;
  readonly start: bigint;
  readonly end: bigint;
}

/** `spans[]` of this request's runtimeDone and report, in order. */
export function platformSpansOf(
  events: Events,
  type: string,
  requestId: string,
): readonly TrueSpan[] {
  const spans = (recordOf(eventOf(events, type, requestId))['spans'] ?? []) as PlatformSpan[];
  return spans.map(({ name, start, durationMs }) => ({
    name,
    start: nanosOf(start),
    end: nanosOf(start) + toNanos(durationMs),
  }));
}

/** From one event to another. */
export function spanBetween(name: string, from: TelemetryEvent, to: TelemetryEvent): TrueSpan {
  return { name, start: nanosOf(from.time), end: nanosOf(to.time) };
}

/** The span of an init or a restore: until its runtime was done, or as long as its report says, whichever is later. */
export function phaseSpan(events: Events, name: 'init' | 'restore'): TrueSpan {
  const from = eventOf(events, `platform.${name}Start`);
  const done = spanBetween(name, from, eventOf(events, `platform.${name}RuntimeDone`));
  const { metrics } = recordOf(eventOf(events, `platform.${name}Report`));
  const { durationMs } = metrics as { readonly durationMs: number };
  const reported = done.start + toNanos(durationMs);
  return { ...done, end: reported > done.end ? reported : done.end };
}

/** A received span as its name and times. */
export function timesOf(span: {
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
}): TrueSpan {
  return {
    name: span.name,
    start: BigInt(span.startTimeUnixNano),
    end: BigInt(span.endTimeUnixNano),
  };
}

export function byStart(spans: readonly TrueSpan[]): readonly TrueSpan[] {
  return [...spans].sort((a, b) => Number(a.start - b.start) || a.name.localeCompare(b.name));
}

/** Text of every line that the function wrote, without its newline. */
export function functionLines(events: Events): readonly string[] {
  return eventsOf(events, 'function').map(({ record }) => {
    if (typeof record === 'string') return record.replace(/\n$/, '');
    return JSON.stringify(record);
  });
}

/** Trace id of a Root: without its version and dashes. */
export function traceIdOf(traceHeader: string): string {
  return /Root=1-([0-9a-f]{8})-([0-9a-f]{24})/.exec(traceHeader)?.slice(1).join('') ?? '';
}

export function parentOf(traceHeader: string): string {
  return /Parent=([0-9a-f]{16})/.exec(traceHeader)?.[1] ?? '';
}
