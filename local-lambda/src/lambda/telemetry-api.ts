// The Telemetry API: one stream of events, kept from initStart on for those who subscribe later,
// and fanned out to subscribers. Subscriptions outlive their process: a restarted extension finds
// itself "AlreadySubscribed" (captures of the service).
import { preciseNowMs, toIsoTime } from './clock';
import type { LocalLambdaOptions } from './local-lambda-options';
import { SCHEMA_VERSIONS } from './telemetry-event';
import type { TelemetryEvent } from './telemetry-event';
import { createTelemetrySubscriber } from './telemetry-subscriber';
import type { TelemetrySubscriber } from './telemetry-subscriber';
import { parseSubscription } from './telemetry-subscription';
import type { Subscription } from './telemetry-subscription';

export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TelemetryApi {
  /** `atMs`: epoch milliseconds of the event; default now. */
  emit(type: string, record: TelemetryEvent['record'], atMs?: number): TelemetryEvent;
  /** Answers PUT /2022-07-01/telemetry of the named extension. */
  subscribe(extensionName: string, body: string): ApiAnswer;
  /** Subscription is possible during init only. */
  open(): void;
  closeSubscription(): void;
  pause(): void;
  resume(): void;
  cut(): void;
  drain(timeoutMs: number): Promise<void>;
  /** The extensions' processes are gone: what they did not take is lost, later events wait. */
  detach(): void;
  close(): void;
}

export interface TelemetryApiOptions {
  readonly emulator: boolean;
  readonly supported: boolean;
  readonly backlog: LocalLambdaOptions['telemetryBacklog'];
  readonly onEvent: (event: TelemetryEvent) => void;
  readonly onSent: (name: string, events: readonly TelemetryEvent[], sentAtMs: number) => void;
}

const DEFAULT_BACKLOG_BYTES = 4 * 1024 * 1024;

export function jsonAnswer(status: number, body: unknown): ApiAnswer {
  return { status, body: JSON.stringify(body), contentType: 'application/json' };
}

export function errorAnswer(status: number, errorType: string, errorMessage: string): ApiAnswer {
  return jsonAnswer(status, { errorMessage, errorType });
}

interface Stored {
  readonly event: TelemetryEvent;
  readonly ordinal: number;
}

export function createTelemetryApi(options: TelemetryApiOptions): TelemetryApi {
  const subscribers = new Map<string, TelemetrySubscriber>();
  /** Subscriptions whose process is gone, with the events since. */
  const detached = new Map<string, { subscription: Subscription; events: Stored[] }>();
  let history: Stored[] = [];
  let ordinal = 0;
  let opened = true;

  const emit: TelemetryApi['emit'] = (type, record, atMs = preciseNowMs()) => {
    const event = { time: toIsoTime(atMs), type, record };
    ordinal += 1;
    if (opened) history.push({ event, ordinal });
    for (const { events } of detached.values()) events.push({ event, ordinal });
    for (const subscriber of subscribers.values()) subscriber.accept(event, ordinal);
    options.onEvent(event);
    return event;
  };

  const attach = (name: string, subscription: Subscription, leftOver: readonly Stored[]): void => {
    const subscriber = createTelemetrySubscriber({
      name,
      subscription,
      emulator: options.emulator,
      backlog: {
        maxItems: options.backlog?.maxItems ?? subscription.maxItems,
        maxBytes: options.backlog?.maxBytes ?? DEFAULT_BACKLOG_BYTES,
      },
      onSent: (subscriberName, events) => options.onSent(subscriberName, events, preciseNowMs()),
      onDropped: (droppedRecords, droppedBytes, reason) =>
        emit('platform.logsDropped', { droppedBytes, droppedRecords, reason }),
    });
    // What came before this init, or before the first subscription, leaves as a batch of its own.
    const initStart = leftOver.findIndex(({ event }) => event.type === 'platform.initStart');
    const ownBatch = initStart > 0 ? initStart : leftOver.length;
    subscribers.set(name, subscriber);
    for (const [index, { event, ordinal: position }] of leftOver.entries()) {
      if (index === ownBatch) subscriber.cut();
      subscriber.accept(event, position);
    }
    if (ownBatch === leftOver.length && !options.emulator) subscriber.cut();
  };

  const refuse = (body: string): ApiAnswer | undefined => {
    if (!options.supported) {
      return errorAnswer(202, 'Telemetry.NotSupported', 'Telemetry API is not supported');
    }
    if (!opened) {
      const message = 'Telemetry API subscription is closed';
      return errorAnswer(403, 'Telemetry.SubscriptionClosed', message);
    }
    const parsed = parseSubscription(body, options.emulator ? ['2025-01-29'] : SCHEMA_VERSIONS);
    if (parsed.ok) return undefined;
    if (!options.emulator) return errorAnswer(parsed.status, parsed.errorType, parsed.errorMessage);
    // The emulator puts the validator's message, with its quotes, unescaped into JSON.
    const message = `schema validation error: jsonschema: '' does not validate: "${parsed.errorMessage}"`;
    const malformed = `{"errorType": "ValidationError", "errorMessage": "${message}"}`;
    return { status: 400, body: malformed, contentType: 'text/plain; charset=utf-8' };
  };

  const subscribe = (name: string, body: string): ApiAnswer => {
    const refusal = refuse(body);
    if (refusal !== undefined) return refusal;
    const parsed = parseSubscription(body, SCHEMA_VERSIONS);
    if (!parsed.ok) return errorAnswer(parsed.status, parsed.errorType, parsed.errorMessage);
    const { subscription } = parsed;
    const known = subscribers.get(name);
    if (known !== undefined && options.emulator) {
      return errorAnswer(500, 'InternalServerError', 'Internal Server Error');
    }
    const unchanged = JSON.stringify(known?.subscription) === JSON.stringify(subscription);
    const former = detached.get(name);
    const repeated = known !== undefined || former !== undefined;
    const leftOver = former?.events ?? history;
    detached.delete(name);
    if (!unchanged) {
      known?.close();
      attach(name, subscription, leftOver);
    }
    const state = repeated ? 'Already subscribed' : 'Subscribed';
    emit('platform.telemetrySubscription', { name, state, types: subscription.types });
    const contentType = options.emulator ? 'text/plain; charset=utf-8' : 'application/json';
    return { status: 200, body: repeated ? '"AlreadySubscribed"' : '"OK"', contentType };
  };

  const each = (action: (subscriber: TelemetrySubscriber) => void) => (): void => {
    for (const subscriber of subscribers.values()) action(subscriber);
  };

  return {
    emit,
    subscribe,
    open() {
      opened = true;
    },
    closeSubscription() {
      opened = false;
      history = [];
      detached.clear();
    },
    pause: each((subscriber) => subscriber.pause()),
    resume: each((subscriber) => subscriber.resume()),
    cut: each((subscriber) => subscriber.cut()),
    async drain(timeoutMs) {
      await Promise.all([...subscribers.values()].map((subscriber) => subscriber.drain(timeoutMs)));
    },
    detach() {
      for (const [name, subscriber] of subscribers) {
        subscriber.close();
        detached.set(name, { subscription: subscriber.subscription, events: [] });
      }
      subscribers.clear();
    },
    close: each((subscriber) => subscriber.close()),
  };
}
