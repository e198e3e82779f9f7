// The buffer's bounds, what goes first, and its accounting under any sequence of operations.
import fc from 'fast-check';
import type { DropReason } from '../../src/delivery/delivery';
import { countItems, ItemBuffer, ItemQueue } from '../../src/delivery/queue/item-buffer';
import type { RawItem, Signal } from '../../src/relay/item';
import { bytesOf } from '../../src/relay/item';
import { toItems } from './protobuf/encode';
import { makeLogRecord, makeSpan, makeWindow, range } from './signal-items';

type Drop = [Signal, number, DropReason];

function open(capacityBytes: number, maxItems = 1_000): { buffer: ItemBuffer; drops: Drop[] } {
  const drops: Drop[] = [];
  const buffer = new ItemBuffer({ capacityBytes, maxItems }, (signal, items, reason) => {
    drops.push([signal, countItems(signal, items), reason]);
  });
  return { buffer, drops };
}

const makeItems = {
  traces: (index: number): readonly RawItem[] => toItems('traces', [makeSpan(index)]),
  metrics: (points: number): readonly RawItem[] => toItems('metrics', makeWindow(points)),
  logs: (index: number, body?: string): readonly RawItem[] =>
    toItems('logs', [makeLogRecord(index, body)]),
};

function add(buffer: ItemBuffer, signal: Signal, items: readonly (readonly RawItem[])[]): void {
  buffer.add(signal, items.flat());
}

const everything = (): boolean => true;
/** As many as `count`. */
const first = (count: number) => {
  let left = count;
  return (): boolean => (left -= 1) >= 0;
};
const dropped = (drops: readonly Drop[], signal: Signal): number =>
  drops.filter(([of]) => of === signal).reduce((sum, [, items]) => sum + items, 0);

it('the buffer gives up the oldest logs first', () => {
  const { buffer, drops } = open(1_000_000, 100);
  add(
    buffer,
    'traces',
    range(50).map((index) => makeItems.traces(index)),
  );
  add(
    buffer,
    'logs',
    range(70).map((index) => makeItems.logs(index)),
  );
  expect(dropped(drops, 'logs')).toBe(20);
  expect(dropped(drops, 'traces')).toBe(0);
  const [oldest] = buffer.take('logs', everything);
  expect(oldest && Buffer.from(bytesOf(oldest)).toString('latin1')).toContain('line 20');
});

it('the buffer gives up metrics before spans, and spans last', () => {
  const { buffer, drops } = open(1_000_000, 100);
  add(
    buffer,
    'logs',
    range(10).map((index) => makeItems.logs(index)),
  );
  add(buffer, 'metrics', [makeItems.metrics(20), makeItems.metrics(20)]);
  add(
    buffer,
    'traces',
    range(90).map((index) => makeItems.traces(index)),
  );
  expect([dropped(drops, 'logs'), dropped(drops, 'metrics'), dropped(drops, 'traces')]).toEqual([
    10, 40, 0,
  ]);
  add(
    buffer,
    'traces',
    range(30).map((index) => makeItems.traces(index)),
  );
  expect(dropped(drops, 'traces')).toBe(20);
});

it('bounds its bytes by what items hold, not by their number', () => {
  const { buffer, drops } = open(100_000);
  add(
    buffer,
    'logs',
    range(20).map((index) => makeItems.logs(index, 'x'.repeat(10_000))),
  );
  expect(buffer.bytes).toBeLessThanOrEqual(100_000);
  expect(dropped(drops, 'logs')).toBeGreaterThan(9);
});

it('the buffer gives up an item that alone is larger than the bound', () => {
  const { buffer, drops } = open(1_000);
  add(buffer, 'logs', [makeItems.logs(0, 'x'.repeat(5_000))]);
  expect(drops).toEqual([['logs', 1, 'queue_full']]);
  expect(buffer.bytes).toBe(0);
});

it('the buffer keeps what is under way while newer items come in', () => {
  const { buffer, drops } = open(1_000_000, 10);
  add(
    buffer,
    'logs',
    range(10).map((index) => makeItems.logs(index)),
  );
  const batch = buffer.take('logs', first(6));
  add(
    buffer,
    'logs',
    range(6).map((index) => makeItems.logs(index)),
  );
  expect(dropped(drops, 'logs')).toBe(6);
  expect(batch).toHaveLength(6);
});

const operation = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), count: fc.nat({ max: 40 }) }),
  fc.record({
    kind: fc.constantFrom('take', 'putBack', 'halve', 'release', 'drop'),
    count: fc.nat({ max: 20 }),
  }),
);

it.each(['traces', 'logs', 'metrics'] as const)(
  'accounts for every item of %s and ends at zero bytes',
  (signal) => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
        const { buffer, drops } = open(30_000, 120);
        const taken: (readonly RawItem[])[] = [];
        let [added, released] = [0, 0];
        const itemsIn = (batch: readonly RawItem[]): number => {
          buffer.release(signal, batch);
          return countItems(signal, batch);
        };
        for (const { kind, count } of operations) {
          if (kind === 'add') {
            add(
              buffer,
              signal,
              range(count).map((index) => makeItems[signal](index + 1)),
            );
            added += signal === 'metrics' ? (count * (count + 1)) / 2 : count;
          } else if (kind === 'take') {
            const batch = buffer.take(signal, first(count));
            if (batch.length > 0) taken.push(batch);
          } else if (kind === 'drop') {
            buffer.drop(signal, 'rejected');
          } else {
            const batch = taken.pop();
            if (batch === undefined) continue;
            if (kind === 'release') released += itemsIn(batch);
            else if (kind === 'putBack') buffer.putBack(signal, batch);
            else taken.push(buffer.halve(signal, batch) ?? batch);
          }
        }
        for (const batch of taken) released += itemsIn(batch);
        buffer.drop(signal, 'shutdown');
        expect(buffer.bytes).toBe(0);
        // No item is held any more, and none was let go twice.
        expect([buffer.hasRoom(0, 120), buffer.hasRoom(0, 121)]).toEqual([true, false]);
        expect(released + dropped(drops, signal)).toBe(added);
      }),
    );
  },
);

it('a queue gives back what went in, in order, whatever is put back', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat({ max: 5 }), fc.boolean()), { maxLength: 600 }),
      (steps) => {
        const queue = new ItemQueue<number>();
        const out: number[] = [];
        let next = 0;
        for (const [count, putBack] of steps) {
          for (const last = next + count; next < last;) queue.push((next += 1));
          const batch = queue.take(first(3));
          if (putBack) queue.putBack(batch);
          else out.push(...batch);
        }
        out.push(...queue.take(everything));
        expect(out).toEqual(range(next).map((index) => index + 1));
      },
    ),
  );
});
