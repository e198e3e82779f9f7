// The bounded backlog of one subscriber: the oldest events are dropped first and counted in a running total, as in the
// service's platform.logsDropped.
import type { TelemetryEvent } from './telemetry-event';

export interface QueuedEvent {
  readonly event: TelemetryEvent;
  /** The event in the subscriber's schema version. */
  readonly json: string;
  readonly bytes: number;
  /** Position in the environment's stream of events. */
  readonly ordinal: number;
}

export interface DroppedTotals {
  readonly droppedRecords: number;
  readonly droppedBytes: number;
  /** Time of the first event dropped since the totals were taken last. */
  readonly time: string;
}

export interface TelemetryQueue {
  readonly length: number;
  readonly bytes: number;
  /** Returns how many old events were dropped. */
  push(event: QueuedEvent): number;
  /** The oldest events: at most `maxItems`, ending with the one that reaches `maxBytes`. */
  take(maxItems: number, maxBytes: number): readonly QueuedEvent[];
  /** Running totals, if they grew since the last call. */
  takeDropped(): DroppedTotals | undefined;
  clear(): void;
}

const COMPACT_AFTER = 1024;

export function createTelemetryQueue(bound: {
  readonly maxItems: number;
  readonly maxBytes: number;
}): TelemetryQueue {
  let events: QueuedEvent[] = [];
  let head = 0;
  let bytes = 0;
  let droppedRecords = 0;
  let droppedBytes = 0;
  let firstDropped: QueuedEvent | undefined;

  const shift = (): QueuedEvent | undefined => {
    const event = events[head];
    if (event === undefined) return undefined;
    head += 1;
    bytes -= event.bytes;
    if (head > COMPACT_AFTER && head * 2 > events.length) {
      events = events.slice(head);
      head = 0;
    }
    return event;
  };

  return {
    get length() {
      return events.length - head;
    },
    get bytes() {
      return bytes;
    },
    push(event) {
      events.push(event);
      bytes += event.bytes;
      let dropped = 0;
      while (
        events.length - head > bound.maxItems ||
        (bytes > bound.maxBytes && events.length - head > 1)
      ) {
        const oldest = shift();
        if (oldest === undefined) break;
        firstDropped ??= oldest;
        droppedRecords += 1;
        droppedBytes += oldest.bytes;
        dropped += 1;
      }
      return dropped;
    },
    take(maxItems, maxBytes) {
      const taken: QueuedEvent[] = [];
      let takenBytes = 0;
      while (taken.length < maxItems && takenBytes < maxBytes) {
        const event = shift();
        if (event === undefined) break;
        taken.push(event);
        takenBytes += event.bytes;
      }
      return taken;
    },
    takeDropped() {
      if (firstDropped === undefined) return undefined;
      const { time } = firstDropped.event;
      firstDropped = undefined;
      return { droppedRecords, droppedBytes, time };
    },
    clear() {
      events = [];
      head = 0;
      bytes = 0;
    },
  };
}
