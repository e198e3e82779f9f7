// Passes an invented invocation through a pipeline of its own while the runtime initializes, when CPU time is free: V8
// compiles a function when it is first called, and the first real invocation would have to wait for that. Nothing of it
// is sent. Figures: docs/decisions/0007-what-the-extension-loads.md.
import { loadJsonEncoding, protobufEncoding } from '../delivery/codec/request-builder';
import { createHttpTransport } from '../delivery/transport/http-transport';
import type { RequestConnections } from '../delivery/transport/http-transport';
import { createReconnectingTransport } from '../delivery/transport/transport-factory';
import type { TransportFactory } from '../delivery/transport/transport-factory';
import { Exchange } from '../http/exchange';
import { turn } from '../node/clock';
import type { InvokeEvent } from '../lambda/extensions-api';
import { Secrets } from '../secrets';

const REQUEST_ID = '00000000-0000-4000-8000-000000000000';
const TRACING = {
  spanId: '0000000000000001',
  type: 'X-Amzn-Trace-Id',
  value: 'Root=1-00000001-000000000000000000000001;Parent=0000000000000001;Sampled=1',
} as const;
const ARN = 'arn:aws:lambda:us-east-1:123456789012:function:rehearsal';
const FLUSH_MS = 1_000;

const HEADERS = { 'user-agent': 'rehearsal', 'content-type': 'application/x-protobuf' };

const ignore = (): void => undefined;

/** Every request succeeds at once without being sent. */
const NOWHERE: RequestConnections = {
  discardIdle: ignore,
  start(request, listener) {
    const exchange = new Exchange(request, listener);
    queueMicrotask(() => {
      exchange.onHead(200, new Map([['content-type', 'application/x-protobuf']]));
      exchange.onEnd();
    });
    return exchange;
  },
};

/** Transports that do everything but open a connection. */
export const DEAD_ENDS: TransportFactory = {
  create(signal, settings) {
    const http = createHttpTransport({
      configuration: settings,
      headers: () => HEADERS,
      connect: () => NOWHERE,
      clock: { now: Date.now },
      secrets: new Secrets(),
    });
    const renewSecrets = (): Promise<boolean> => Promise.resolve(false);
    return {
      transport: createReconnectingTransport(http, { resendable: true, renewSecrets }),
      loadEncoding:
        settings.protocol === 'http/json' ? () => loadJsonEncoding(signal) : () => protobufEncoding,
      prepare: () => Promise.resolve(),
      refresh: ignore,
    };
  },
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
    () => pipeline.invoke(toInvoke(startMs)),
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

function toInvoke(deadlineMs: number): InvokeEvent {
  return {
    eventType: 'INVOKE',
    requestId: REQUEST_ID,
    deadlineMs,
    invokedFunctionArn: ARN,
    tracingValue: TRACING.value,
  };
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
