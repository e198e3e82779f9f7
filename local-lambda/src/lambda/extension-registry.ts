// The extensions of one environment and their states, as the Extensions API knows them:
// Started → Registered → Ready ⇄ Running → Exited, or InitError, ExitError, LaunchError.
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { ManagedProcess } from './managed-process';

export type ExtensionState =
  | 'Started'
  | 'Registered'
  | 'Ready'
  | 'Running'
  | 'InitError'
  | 'ExitError'
  | 'LaunchError'
  | 'Exited';

export type ExtensionEvent = 'INVOKE' | 'SHUTDOWN';

/** Body of GET /event/next. */
export type NextEventBody = { readonly eventType: ExtensionEvent } & Readonly<
  Record<string, unknown>
>;

/** An extension in one generation of processes; the fields below `id` are set by the Extensions API. */
export interface Extension {
  readonly name: string;
  /** Internal extensions run inside another process and cannot register for SHUTDOWN. */
  readonly kind: 'external' | 'internal';
  readonly id: string;
  process: ManagedProcess | undefined;
  state: ExtensionState;
  events: readonly ExtensionEvent[];
  errorType: string | undefined;
  /** The response to the pending GET /event/next. */
  poll: ServerResponse | undefined;
  /** Sent at the next poll. */
  pendingEvent: NextEventBody | undefined;
  registeredAtMs: number | undefined;
  subscribedAtMs: number | undefined;
  firstNextAtMs: number | undefined;
  /** Last GET /event/next. */
  nextAtMs: number | undefined;
}

export function createExtension(name: string, kind: Extension['kind']): Extension {
  return {
    name,
    kind,
    id: randomUUID(),
    process: undefined,
    state: 'Started',
    events: [],
    errorType: undefined,
    poll: undefined,
    pendingEvent: undefined,
    registeredAtMs: undefined,
    subscribedAtMs: undefined,
    firstNextAtMs: undefined,
    nextAtMs: undefined,
  };
}

/**
 * Hands the event to the pending poll; without one it waits for the next. A poll whose connection broke counts: until
 * an event has gone to it, and is lost, the service refuses another one (RIE's externalagent_states.go).
 */
export function sendNextEvent(extension: Extension, event: NextEventBody): void {
  const { poll } = extension;
  const isPolling = extension.state === 'Ready';
  extension.pendingEvent = isPolling ? undefined : event;
  if (!isPolling) return;
  extension.poll = undefined;
  extension.state = 'Running';
  if (poll === undefined) return;
  // The service answers SHUTDOWN as text/plain and without an event identifier (captures, RIE).
  poll.writeHead(
    200,
    event.eventType === 'SHUTDOWN'
      ? { 'Content-Type': 'text/plain; charset=utf-8' }
      : {
          'Content-Type': 'application/json',
          'Lambda-Extension-Event-Identifier': randomUUID(),
        },
  );
  poll.end(JSON.stringify(event));
}
