// Telemetry of invocations as documented, for the foreign Lambda.
import { randomUUID } from 'node:crypto';
import type { ForeignLambda } from './foreign-lambda';

export interface ForeignEvent {
  readonly time: string;
  readonly type: string;
  readonly record: unknown;
}

const iso = (epochMs: number): string => new Date(epochMs).toISOString();

export function initEvents(atMs = Date.now() - 300): readonly ForeignEvent[] {
  const common = { initializationType: 'on-demand', phase: 'init' };
  return [
    {
      time: iso(atMs),
      type: 'platform.initStart',
      record: { ...common, runtimeVersion: 'nodejs:22.v1', functionName: 'foreign' },
    },
    {
      time: iso(atMs + 120),
      type: 'platform.initRuntimeDone',
      record: { ...common, status: 'success' },
    },
    {
      time: iso(atMs + 121),
      type: 'platform.initReport',
      record: { ...common, status: 'success', metrics: { durationMs: 121.5 } },
    },
  ];
}

export function startEvent(requestId: string, atMs = Date.now()): ForeignEvent {
  const tracing = {
    type: 'X-Amzn-Trace-Id',
    value: `Root=1-6740aa11-${requestId.replaceAll('-', '').slice(0, 24)};Sampled=0`,
  };
  return {
    time: iso(atMs),
    type: 'platform.start',
    record: { requestId, version: '3', tracing },
  };
}

export function runtimeDoneEvent(requestId: string, atMs = Date.now()): ForeignEvent {
  return {
    time: iso(atMs),
    type: 'platform.runtimeDone',
    record: { requestId, status: 'success', metrics: { durationMs: 12.5, producedBytes: 2 } },
  };
}

export function lineEvent(text: string, atMs = Date.now()): ForeignEvent {
  return { time: iso(atMs), type: 'function', record: `${text}\n` };
}

/** INVOKE, the invocation's telemetry with `extra` in its middle, and the extension's next poll. */
export async function serve(
  lambda: ForeignLambda,
  line: string,
  extra: () => Promise<void> = () => Promise.resolve(),
): Promise<string> {
  const requestId = randomUUID();
  const polls = lambda.calls.next;
  await lambda.send({
    eventType: 'INVOKE',
    deadlineMs: Date.now() + 30_000,
    requestId,
    invokedFunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:foreign',
    tracing: { type: 'X-Amzn-Trace-Id', value: 'Root=1-6740aa11-000000000000000000000000' },
  });
  await lambda.post(JSON.stringify([startEvent(requestId), lineEvent(line)]));
  await extra();
  await lambda.post(JSON.stringify([runtimeDoneEvent(requestId)]));
  await lambda.called('next', polls + 1);
  return requestId;
}

/** SHUTDOWN with any deadline, in epoch milliseconds if it is a good one; undefined leaves it out. */
export function shutdownEvent(deadlineMs: unknown): Readonly<Record<string, unknown>> {
  return { eventType: 'SHUTDOWN', shutdownReason: 'spindown', deadlineMs };
}

export function shutdownIn(leftMs: number): Readonly<Record<string, unknown>> {
  return shutdownEvent(Date.now() + leftMs);
}
