// One subscriber of the Telemetry API: collects events in windows of buffering.timeoutMs that start
// with their first event, one delivery in flight. Source: AWS "Telemetry API" (buffering) and
// captures of the service; in Managed Instances mode as the runtime interface emulator does it.
import { createHash } from 'node:crypto';
import { createPausableTimer } from './pausable-timer';
import { createStateWatch } from './state-watch';
import { createDestination } from './telemetry-destination';
import { createTelemetryDelivery } from './telemetry-delivery';
import { categoryOf, toSchemaVersion } from './telemetry-event';
import type { TelemetryEvent } from './telemetry-event';
import { createTelemetryQueue } from './telemetry-queue';
import type { QueuedEvent, DroppedTotals } from './telemetry-queue';
import type { Subscription } from './telemetry-subscription';

export interface TelemetrySubscriber {
  readonly name: string;
  readonly subscription: Subscription;
  accept(event: TelemetryEvent, ordinal: number): void;
  /** Makes what has been collected a batch of its own that is sent at once. */
  cut(): void;
  /** To be called at a freeze: no window ends and no delivery starts. */
  pause(): void;
  resume(): void;
  /** Sends everything collected; true when it was taken within `timeoutMs`. */
  drain(timeoutMs: number): Promise<boolean>;
  /** Drops what is collected or in flight: the listener's process is gone. */
  close(): void;
}

export interface SubscriberOptions {
  readonly name: string;
  readonly subscription: Subscription;
  readonly emulator: boolean;
  readonly backlog: { readonly maxItems: number; readonly maxBytes: number };
  readonly onSent: (name: string, events: readonly TelemetryEvent[]) => void;
  /** Called when a batch is given up (emulator only). */
  readonly onDropped: (records: number, bytes: number, reason: string) => void;
}

const SLOW_CONSUMER =
  'Some logs were dropped because the downstream consumer is slower than the logs production rate';

function toSequenceId(items: readonly QueuedEvent[], emulator: boolean): string {
  const hash = createHash('sha256');
  if (emulator) return hash.update(`[${items.map(({ json }) => json).join(',')}]`).digest('base64');
  // Over what was sent, not how: the same slice has the same id in every schema version.
  for (const { ordinal, event } of items) hash.update(`${ordinal} ${event.time} ${event.type}\n`);
  return hash.digest('base64').replace(/=+$/, '');
}

function toDroppedItem(totals: DroppedTotals): QueuedEvent {
  const { time, droppedRecords, droppedBytes } = totals;
  const record = { reason: SLOW_CONSUMER, droppedRecords, droppedBytes };
  const event = { time, type: 'platform.logsDropped', record };
  const json = JSON.stringify(event);
  return { event, json, bytes: json.length, ordinal: -droppedRecords };
}

export function createTelemetrySubscriber(options: SubscriberOptions): TelemetrySubscriber {
  const { name, subscription, emulator } = options;
  const { maxItems, maxBytes, timeoutMs, types, schemaVersion } = subscription;
  const destination = createDestination(subscription.destination, { stripPath: emulator });
  const delivery = createTelemetryDelivery(destination, !emulator);
  const queue = createTelemetryQueue(options.backlog);
  const window = createPausableTimer();
  const watch = createStateWatch();
  let cutItems = 0;
  let windowOver = false;
  let inFlight = false;
  let paused = false;
  let closed = false;

  const isFull = (): boolean => queue.length >= maxItems || queue.bytes >= maxBytes;

  const openWindow = (): void => {
    if (window.pending || windowOver || queue.length <= cutItems) return;
    window.start(timeoutMs, () => {
      windowOver = true;
      pump();
    });
  };

  const takeBatch = (): readonly QueuedEvent[] => {
    const dropped = queue.takeDropped();
    const room = dropped === undefined ? maxItems : maxItems - 1;
    const taken = queue.take(cutItems > 0 ? Math.min(cutItems, room) : room, maxBytes);
    if (cutItems > 0) {
      cutItems -= taken.length;
    } else {
      window.clear();
      windowOver = false;
    }
    return dropped === undefined ? taken : [toDroppedItem(dropped), ...taken];
  };

  const send = async (items: readonly QueuedEvent[]): Promise<void> => {
    inFlight = true;
    const batch = {
      items: items.map(({ json }) => json),
      sequenceId: toSequenceId(items, emulator),
    };
    const outcome = await delivery.deliver(batch, () =>
      options.onSent(
        name,
        items.map(({ event }) => event),
      ),
    );
    inFlight = false;
    if (!outcome.ok && emulator && !closed)
      giveUp(items, `could not send events: ${outcome.reason}`);
    pump();
    watch.changed();
  };

  const giveUp = (items: readonly QueuedEvent[], reason: string): void => {
    const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
    options.onDropped(items.length, bytes, reason);
  };

  const pump = (): void => {
    if (closed || paused || !(cutItems > 0 || windowOver || isFull())) return;
    if (inFlight && !emulator) return;
    const items = takeBatch();
    openWindow();
    if (items.length === 0) return;
    if (inFlight) giveUp(items, SLOW_CONSUMER);
    else void send(items);
  };

  return {
    name,
    subscription,
    accept(event, ordinal) {
      const logsDropped = event.type === 'platform.logsDropped';
      if (closed || !(logsDropped || types.includes(categoryOf(event.type)))) return;
      const json = JSON.stringify(toSchemaVersion(event, schemaVersion));
      const lost = queue.push({ event, json, bytes: Buffer.byteLength(json), ordinal });
      cutItems = Math.max(0, cutItems - lost);
      openWindow();
      if (isFull()) pump();
    },
    cut() {
      cutItems = queue.length;
      window.clear();
      windowOver = false;
      pump();
    },
    pause() {
      paused = true;
      window.pause();
      delivery.pause();
    },
    resume() {
      paused = false;
      window.resume();
      delivery.resume();
      pump();
    },
    drain(timeLimitMs) {
      cutItems = queue.length;
      pump();
      return watch.until(() => closed || (!inFlight && queue.length === 0), timeLimitMs);
    },
    close() {
      closed = true;
      window.clear();
      queue.clear();
      delivery.close();
      watch.changed();
    },
  };
}
