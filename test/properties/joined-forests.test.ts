// Any spans of the function's SDK, true or nonsense, through the joining: none is lost, none comes twice, none gets a
// parent that does not come, and the order of their arrival decides nothing. RUNS=10000 for a long run.
import fc from 'fast-check';
import { CONSUMER, forest, play, SERVER } from './arbitrary-forests';
import type { Forest, LeftSpan, MadeSpan, Played } from './arbitrary-forests';

const runs = Number(process.env['RUNS'] ?? 150);
const parameters = {
  numRuns: runs,
  ...(process.env['RUNS'] === undefined ? { seed: 20261130 } : {}),
};

const holds = (check: (played: Played, made: Forest) => void): void => {
  fc.assert(
    fc.property(forest, (made) => check(play(made), made)),
    parameters,
  );
};

const keyOf = ({ traceId, spanId }: { traceId: string; spanId: string }): string =>
  `${traceId} ${spanId}`;
const isServer = ({ kind }: { kind: number }): boolean => kind === SERVER || kind === CONSUMER;

/** The keys of spans whose parents lead back to them. */
function circlesIn(
  spans: readonly { traceId: string; spanId: string; parentSpanId: string | undefined }[],
): ReadonlySet<string> {
  const parents = new Map(
    spans.map(({ traceId, parentSpanId, ...span }) => [
      keyOf({ traceId, ...span }),
      parentSpanId === undefined ? undefined : keyOf({ traceId, spanId: parentSpanId }),
    ]),
  );
  return new Set(
    [...parents.keys()].filter((start) => {
      let at = parents.get(start);
      for (let steps = 0; at !== undefined && steps < parents.size; steps += 1) {
        if (at === start) return true;
        at = parents.get(at);
      }
      return false;
    }),
  );
}

describe('spans of the SDK, however they hang together', () => {
  it('leave once each', () => {
    holds(({ left, sent }) => {
      const numbers = left.flatMap(({ number }) => (number === undefined ? [] : [number]));
      expect(numbers.sort((a, b) => a - b)).toEqual(
        sent.map(({ number }) => number).sort((a, b) => a - b),
      );
    });
  });

  it('and ours are in no circle that they did not come in', () => {
    holds(({ left, sent }) => {
      const before = circlesIn(sent);
      const moved = new Set(
        sent.filter((span) => before.has(keyOf(span))).map(({ spanId }) => spanId),
      );
      const after = [...circlesIn(left)].filter((key) => !moved.has(key.slice(33)));
      expect(after).toEqual([]);
    });
  });

  it('and ours have ids of their own', () => {
    holds(({ left, sent }) => {
      const copies = new Set<string>();
      const ids = left.flatMap((span) => {
        const key = keyOf(span);
        const name = sent.find(({ number }) => number === span.number);
        const same = `${key} ${name?.spanId ?? ''}`;
        if (name !== undefined && copies.has(same)) return [];
        copies.add(same);
        return [key];
      });
      expect(ids.length).toBe(new Set(ids).size);
    });
  });

  it('lose no parent, and neither do ours', () => {
    holds(({ left, sent }) => {
      const here = new Set(left.map(keyOf));
      const came = new Set(sent.map(keyOf));
      const lost = left.filter((span) => {
        if (span.parentSpanId === undefined) return false;
        const parent = keyOf({ traceId: span.traceId, spanId: span.parentSpanId });
        if (here.has(parent)) return false;
        const original = sent.find(({ number }) => number === span.number);
        if (original === undefined) return span.isParentRemote !== true;
        if (original.namesOurs) return isStillBelowOurs(span, original);
        const isSame =
          original.parentSpanId === span.parentSpanId && original.traceId === span.traceId;
        // What serves counts as called from elsewhere where its SDK does not say.
        if (span.isParentRemote ?? isServer(original)) return false;
        return !isSame || came.has(parent);
      });
      expect(lost).toEqual([]);
    });
  });

  it('include one SERVER span for each request', () => {
    holds(({ left, sent }, { requests }) => {
      for (const [index, { requestId }] of requests.entries()) {
        const ours = left.filter(
          (span) => span.number === undefined && span.requestId === requestId && isServer(span),
        );
        const naming = sent.filter(
          (span) =>
            isServer(span) &&
            span.names === requestId &&
            span.request === index &&
            isHeld(span) &&
            span.isInTime,
        );
        const kept = new Set(
          left
            .filter((span) => naming.some(({ number }) => number === span.number) && isServer(span))
            .map(keyOf),
        );
        if (naming.length > 0) expect([ours.length, kept.size]).toEqual([0, 1]);
        else expect(ours.length).toBeLessThanOrEqual(1);
      }
    });
  });

  it('leave in the same way whatever the order and the split of their POSTs', () => {
    fc.assert(
      fc.property(forest, fc.infiniteStream(fc.nat()), (made, stream) => {
        const random = (): number => stream.next().value as number;
        expect(toText(play(made, random).left)).toEqual(toText(play(made).left));
      }),
      parameters,
    );
  });
});

/** It came after the start and before the end of its request. */
const isHeld = ({ phase }: MadeSpan): boolean => phase === 'early' || phase === 'held';

/** Spans that came in time, or waited for the end of the request, are not left below ours if that does not leave. */
function isStillBelowOurs(span: LeftSpan, { phase, parentSpanId, waits }: MadeSpan): boolean {
  return (phase === 'held' || phase === 'late' || waits) && span.parentSpanId === parentSpanId;
}

function toText(left: readonly LeftSpan[]): readonly string[] {
  return left.map((span) => JSON.stringify(span)).sort();
}
