// One made-up invocation, led through a pipeline of its own while the runtime initializes, when CPU is
// free: V8 compiles a function when it is first called, and the first real invocation would be held
// for that. Nothing of it leaves. Figures: docs/decisions/0007-what-the-extension-loads.md.
import { loadJsonEncoding, protobufEncoding } from '../delivery/codec/request-builder';
import type { TransportFactory } from '../delivery/transport/transport-factory';
import { turn } from '../node/clock';
import type { InvokeEvent } from '../lambda/extensions-api';

const REQUEST_ID = '00000000-0000-4000-8000-000000000000';
const TRACING = {
  spanId: '0000000000000001',
  type: 'X-Amzn-Trace-Id',
  value: 'Root=1-00000001-000000000000000000000001;Parent=0000000000000001;Sampled=1',
} as const;
const FLUSH_MS = 1_000;

const ignore = (): void => undefined;

/** Requests succeed at once, and go nowhere. */
export const DEAD_ENDS: TransportFactory = {
  create: (signal, { protocol }) => ({
    transport: { send: () => Promise.resolve({ status: 'success' }) },
    loadEncoding:
      protocol === 'http/json' ? () => loadJsonEncoding(signal) : () => protobufEncoding,
    prepare: () => Promise.resolve(),
    refresh: ignore,
  }),
  close: ignore,
};

/** What a rehearsal needs from a pipeline. */
interface Rehearsing {
  accept(text: string): void;
  invoke(event: InvokeEvent): void;
  flush(deadlineMs: number): Promise<unknown>;
}

/** `pipeline` is thrown away afterwards. Stops at the next step once `isOver`: a real invocation has begun. */
export async function rehearse(pipeline: Rehearsing, isOver: () => boolean): Promise<void> {
  const startMs = Date.now();
  const steps: readonly (() => unknown)[] = [
    () => pipeline.accept(JSON.stringify(initialization(startMs))),
    () => pipeline.invoke({ eventType: 'INVOKE', requestId: REQUEST_ID, deadlineMs: startMs }),
    () => pipeline.accept(JSON.stringify(invocation(startMs))),
    () => pipeline.flush(Date.now() + FLUSH_MS),
    () => pipeline.accept(JSON.stringify(report(startMs))),
    () => pipeline.flush(Date.now() + FLUSH_MS),
  ];
  for (const step of steps) {
    await turn();
    if (isOver()) return;
    await step();
  }
}

function initialization(startMs: number): readonly object[] {
  const time = toTime(startMs);
  const phase = { initializationType: 'on-demand', phase: 'init' } as const;
  return [
    { time, type: 'platform.initStart', record: { ...phase, runtimeVersion: 'runtime' } },
    { time, type: 'platform.initRuntimeDone', record: { ...phase, status: 'success' } },
    { time, type: 'platform.initReport', record: { ...phase, metrics: { durationMs: 1 } } },
  ];
}

function invocation(startMs: number): readonly object[] {
  const time = toTime(startMs + 1);
  const spans = ['responseLatency', 'responseDuration', 'runtimeOverhead'].map((name) => ({
    name,
    start: time,
    durationMs: 0.5,
  }));
  const line = { timestamp: time, level: 'INFO', requestId: REQUEST_ID, message: 'a line' };
  return [
    {
      time,
      type: 'platform.start',
      record: { requestId: REQUEST_ID, version: '$LATEST', tracing: TRACING },
    },
    { time, type: 'function', record: `${time}\t${REQUEST_ID}\tINFO\ta line` },
    { time, type: 'function', record: line },
    {
      time,
      type: 'platform.runtimeDone',
      record: {
        requestId: REQUEST_ID,
        status: 'success',
        tracing: TRACING,
        spans,
        metrics: { durationMs: 1.5, producedBytes: 2 },
      },
    },
  ];
}

function report(startMs: number): readonly object[] {
  const metrics = {
    durationMs: 1.5,
    billedDurationMs: 2,
    memorySizeMB: 128,
    maxMemoryUsedMB: 64,
    initDurationMs: 1,
  };
  return [
    {
      time: toTime(startMs + 2),
      type: 'platform.report',
      record: { requestId: REQUEST_ID, status: 'success', tracing: TRACING, metrics },
    },
  ];
}

function toTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
