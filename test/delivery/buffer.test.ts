// The buffer's bounds, what goes first, and its accounting under any sequence of operations.
import fc from 'fast-check';
import { Buffer } from '../../src/delivery/queue/buffer';
import type { DropReason, Signal } from '../../src/delivery/delivery';
import type { Batch } from '../../src/delivery/queue/signal-queue';
import { SignalQueue } from '../../src/delivery/queue/signal-queue';
import { makeLogRecord, makeSpan, makeWindow, range } from './signal-items';

type Drop = [Signal, number, DropReason];

function open(capacityBytes: number, maxItems = 1_000): { buffer: Buffer; drops: Drop[] } {
  const drops: Drop[] = [];
  const buffer = new Buffer({ capacityBytes, maxItems }, (...drop) => void drops.push(drop));
  return { buffer, drops };
}

const everything = { maxBytes: Infinity, maxValues: Infinity };
const dropped = (drops: readonly Drop[], signal: Signal): number =>
  drops.filter(([of]) => of === signal).reduce((sum, [, items]) => sum + items, 0);

it('gives up the oldest logs first', () => {
  const { buffer, drops } = open(1_000_000, 100);
  buffer.add(
    'traces',
    range(50).map((index) => makeSpan(index)),
  );
  buffer.add(
    'logs',
    range(70).map((index) => makeLogRecord(index)),
  );
  expect(dropped(drops, 'logs')).toBe(20);
  expect(dropped(drops, 'traces')).toBe(0);
  expect(buffer.take('logs', everything)?.values[0]?.body).toBe('line 20');
});

it('gives up metrics before spans, and spans last', () => {
  const { buffer, drops } = open(1_000_000, 100);
  buffer.add(
    'logs',
    range(10).map((index) => makeLogRecord(index)),
  );
  buffer.add('metrics', [makeWindow(20), makeWindow(20)]);
  buffer.add(
    'traces',
    range(90).map((index) => makeSpan(index)),
  );
  expect([dropped(drops, 'logs'), dropped(drops, 'metrics'), dropped(drops, 'traces')]).toEqual([
    10, 40, 0,
  ]);
  buffer.add(
    'traces',
    range(30).map((index) => makeSpan(index)),
  );
  expect(dropped(drops, 'traces')).toBe(20);
});

it('bounds its bytes by what items hold, not by their number', () => {
  const { buffer, drops } = open(100_000);
  buffer.add(
    'logs',
    range(20).map((index) => makeLogRecord(index, 'x'.repeat(10_000))),
  );
  expect(buffer.bytes).toBeLessThanOrEqual(100_000);
  expect(dropped(drops, 'logs')).toBeGreaterThan(9);
});

it('gives up an item that alone is larger than the bound', () => {
  const { buffer, drops } = open(1_000);
  buffer.add('logs', [makeLogRecord(0, 'x'.repeat(5_000))]);
  expect(drops).toEqual([['logs', 1, 'queue_full']]);
  expect(buffer.bytes).toBe(0);
});

it('keeps what is under way while newer items come in', () => {
  const { buffer, drops } = open(1_000_000, 10);
  buffer.add(
    'logs',
    range(10).map((index) => makeLogRecord(index)),
  );
  const batch = buffer.take('logs', { maxBytes: Infinity, maxValues: 6 });
  buffer.add(
    'logs',
    range(6).map((index) => makeLogRecord(index)),
  );
  expect(dropped(drops, 'logs')).toBe(6);
  expect(batch?.values).toHaveLength(6);
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
        const taken: Batch<never>[] = [];
        let [added, released] = [0, 0];
        const itemsIn = (batch: Batch<never>): number => {
          const before = buffer.items[signal];
          buffer.release(signal, batch);
          return before - buffer.items[signal];
        };
        for (const { kind, count } of operations) {
          if (kind === 'add') {
            const make = { traces: makeSpan, logs: makeLogRecord, metrics: makeWindow }[signal];
            buffer.add(
              signal,
              range(count).map((index) => make(index + 1)),
            );
            added += signal === 'metrics' ? (count * (count + 1)) / 2 : count;
          } else if (kind === 'take') {
            const batch = buffer.take(signal, { maxBytes: 5_000, maxValues: count });
            if (batch !== undefined) taken.push(batch as Batch<never>);
          } else if (kind === 'drop') {
            buffer.drop(signal, 'rejected');
          } else {
            const batch = taken.pop();
            if (batch === undefined) continue;
            if (kind === 'release') released += itemsIn(batch);
            else if (kind === 'putBack') buffer.putBack(signal, batch);
            else taken.push((buffer.halve(signal, batch) ?? batch) as Batch<never>);
          }
        }
        for (const batch of taken) released += itemsIn(batch);
        buffer.drop(signal, 'shutdown');
        expect(buffer.bytes).toBe(0);
        expect(buffer.items[signal]).toBe(0);
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
        const queue = new SignalQueue<number>();
        const out: number[] = [];
        let next = 0;
        for (const [count, putBack] of steps) {
          for (const last = next + count; next < last;) queue.push((next += 1), 1);
          const batch = queue.take({ maxBytes: 3, maxValues: 10 });
          if (batch === undefined) continue;
          if (putBack) queue.putBack(batch);
          else out.push(...batch.values);
        }
        out.push(...(queue.take(everything)?.values ?? []));
        expect(out).toEqual(range(next).map((index) => index + 1));
      },
    ),
  );
});
