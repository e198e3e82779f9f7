// Composes Telemetry API events for tests: times are milliseconds after a fixed start.
import { createHash } from 'node:crypto';
import type { HrTime } from '@opentelemetry/api';
import type { Fact, TrackedLine } from '../../src/invocation/fact';
import type { Tracker, TrackerOptions } from '../../src/invocation/tracker';
import { Tracker as TrackerClass } from '../../src/invocation/tracker';
import { decodeEvent } from '../../src/telemetry/decode';
import type { LogEvent, TelemetryEvent } from '../../src/telemetry/event';
import { addMs } from '../../src/telemetry/timestamp';

const ORIGIN_MS = Date.UTC(2026, 2, 2, 8, 15, 0);
const ORIGIN: HrTime = [ORIGIN_MS / 1000, 0];
export const REQUEST = '9d6b1f8e-2f6c-4a2f-9c0b-0f6c2b1a7d3e';

export interface WireEvent {
  readonly time: string;
  readonly type: string;
  readonly record: unknown;
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The time `ms` after the origin. */
export function at(ms: number): HrTime {
  return addMs(ORIGIN, ms);
}

export function wire(ms: number, type: string, record: unknown): WireEvent {
  return { time: new Date(ORIGIN_MS + ms).toISOString(), type, record };
}

export const timeText = (ms: number): string => new Date(ORIGIN_MS + ms).toISOString();

/** initStart, initRuntimeDone and initReport of an init of 500 ms. */
export function init(ms: number, fields: Readonly<Record<string, unknown>> = {}): WireEvent[] {
  const common = { initializationType: 'on-demand', phase: 'init', ...fields };
  return [
    wire(ms, 'platform.initStart', { ...common, functionName: 'orders', instanceId: 'i-1' }),
    wire(ms + 500, 'platform.initRuntimeDone', { status: 'success', ...common }),
    wire(ms + 501, 'platform.initReport', {
      status: 'success',
      metrics: { durationMs: 501 },
      ...common,
    }),
  ];
}

export function start(ms: number, requestId = REQUEST, fields = {}): WireEvent {
  return wire(ms, 'platform.start', { requestId, version: '7', ...fields });
}

export function done(ms: number, requestId = REQUEST, fields = {}): WireEvent {
  return wire(ms, 'platform.runtimeDone', {
    requestId,
    status: 'success',
    metrics: { durationMs: 100, producedBytes: 42 },
    spans: [
      { name: 'responseLatency', start: timeText(ms - 100), durationMs: 90 },
      { name: 'responseDuration', start: timeText(ms - 10), durationMs: 1 },
      { name: 'runtimeOverhead', start: timeText(ms - 9), durationMs: 9 },
    ],
    ...fields,
  });
}

export function report(ms: number, requestId = REQUEST, fields = {}): WireEvent {
  return wire(ms, 'platform.report', {
    requestId,
    status: 'success',
    metrics: { durationMs: 101, billedDurationMs: 102, memorySizeMB: 512, maxMemoryUsedMB: 98 },
    spans: [{ name: 'extensionOverhead', start: timeText(ms - 1), durationMs: 1 }],
    ...fields,
  });
}

/** A platform event as decoded. */
function decoded(event: WireEvent): Exclude<TelemetryEvent, LogEvent> {
  const result = decodeEvent(event, ORIGIN);
  if (result === undefined || !isPlatformEvent(result))
    throw new Error('expected a platform event');
  return result;
}

function isPlatformEvent(event: TelemetryEvent): event is Exclude<TelemetryEvent, LogEvent> {
  return event.type !== 'function' && event.type !== 'extension';
}

export interface TestLine extends TrackedLine {
  readonly text: string;
}

export function line(ms: number, text: string, fields: Partial<TestLine> = {}): TestLine {
  return {
    time: at(ms),
    stream: 'function',
    text,
    requestId: undefined,
    possibleRequestId: undefined,
    isTracePart: false,
    exception: undefined,
    saysOutOfMemory: false,
    ...fields,
  };
}

export function createTracker(options: Partial<TrackerOptions> = {}): Tracker<TestLine> {
  return new TrackerClass<TestLine>(
    { sha256, instanceId: 'environment', spanAt: 'runtimeDone', ...options },
    joinByDash,
  );
}

/** A line that begins with a dash goes into the one before it. */
function joinByDash(lines: readonly TestLine[]): readonly (TestLine | undefined)[] {
  const joined: (TestLine | undefined)[] = [...lines];
  let head = 0;
  for (const [index, { text }] of lines.entries()) {
    const before = joined[head];
    if (index === 0 || before === undefined || !text.startsWith('-')) {
      head = index;
      continue;
    }
    joined[head] = { ...before, text: before.text + text };
    joined[index] = undefined;
  }
  return joined;
}

/** Feeds events and lines in the order given. */
export function feed(tracker: Tracker<TestLine>, items: readonly (WireEvent | TestLine)[]): void {
  for (const item of items) {
    if ('text' in item) {
      tracker.acceptLine(item);
      continue;
    }
    tracker.accept(decoded(item));
  }
}

export function ofKind<K extends Fact<TestLine>['kind']>(
  facts: readonly Fact<TestLine>[],
  kind: K,
): Extract<Fact<TestLine>, { kind: K }>[] {
  return facts.filter((fact): fact is Extract<Fact<TestLine>, { kind: K }> => fact.kind === kind);
}
