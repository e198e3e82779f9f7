import fc from 'fast-check';
import {
  boundWait,
  decideFlush,
  EMPTY_HISTORY,
  recordEnd,
  recordEndExport,
  recordInvoke,
  recordPreviousEnd,
} from '../../src/extension/flush-policy';
import type { InvocationHistory } from '../../src/extension/flush-policy';

/** A history of invocations at these times, all seen to their end, the last one current. */
function historyOf(
  invokedAtMs: readonly number[],
  changes: Partial<InvocationHistory> = {},
): InvocationHistory {
  return { ...invokedAtMs.reduce(recordInvoke, EMPTY_HISTORY), ...changes };
}

const BUSY = [0, 100, 200, 300, 400, 500, 600, 700];

it.each([
  { title: 'the first invocation', times: [0], endExportAtMs: undefined, expected: 'end' },
  {
    title: 'a new environment',
    times: [0, 50, 100, 150, 200],
    endExportAtMs: 160,
    expected: 'end',
  },
  { title: 'invocations close together', times: BUSY, endExportAtMs: 650, expected: 'overlap' },
  {
    title: 'a pause among the latest',
    times: [0, 100, 200, 300, 1_400, 1_500, 1_600],
    endExportAtMs: 1_500,
    expected: 'end',
  },
  {
    title: 'a pause long ago',
    times: [-9_000, ...BUSY],
    endExportAtMs: 650,
    expected: 'overlap',
  },
  {
    title: 'the first invocation after a pause',
    times: [...BUSY, 60_000],
    endExportAtMs: 59_990,
    expected: 'end',
  },
  { title: 'no export waited for yet', times: BUSY, endExportAtMs: undefined, expected: 'end' },
  {
    title: 'the last such export three seconds ago',
    times: BUSY,
    endExportAtMs: 700 - 3_000,
    expected: 'end',
  },
  { title: 'a clock that was set back', times: BUSY, endExportAtMs: 5_000, expected: 'end' },
])('adaptive $expected for $title', ({ times, endExportAtMs, expected }) => {
  const history = historyOf(times, { endExportAtMs });
  expect(decideFlush(history, times.at(-1) ?? 0, 'adaptive')).toBe(expected);
});

it('adaptive lets nothing wait for more than three seconds while invocations follow closely', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 20, maxLength: 200 }),
      (pauses) => {
        let history = EMPTY_HISTORY;
        let nowMs = 0;
        let exportedAtMs = 0;
        for (const pauseMs of pauses) {
          nowMs += pauseMs;
          history = recordInvoke(history, nowMs);
          if (decideFlush(history, nowMs, 'adaptive') === 'overlap') continue;
          history = recordEndExport(history, nowMs);
          expect(nowMs - exportedAtMs).toBeLessThanOrEqual(4_000);
          exportedAtMs = nowMs;
        }
      },
    ),
  );
});

it.each(['end', 'overlap'] as const)('%s is followed whatever the history', (strategy) => {
  expect(decideFlush(historyOf([0]), 0, strategy)).toBe(strategy);
  expect(decideFlush(historyOf(BUSY, { endExportAtMs: 690 }), 700, strategy)).toBe(strategy);
});

const missed = recordPreviousEnd(historyOf(BUSY), { waited: true, seen: false });

it.each(['adaptive', 'end', 'overlap'] as const)(
  'a runtimeDone that did not come is not waited for again with %s',
  (strategy) => {
    expect(decideFlush(missed, 700, strategy)).toBe('overlap');
  },
);

it('a runtimeDone that did not come is waited for again once an end was seen', () => {
  const recovered = recordPreviousEnd(missed, { waited: false, seen: true });
  expect(decideFlush(recovered, 700, 'end')).toBe('end');
});

it('a runtimeDone that did not come does not count where nobody waited for it', () => {
  const history = recordPreviousEnd(historyOf(BUSY), { waited: false, seen: false });
  expect(decideFlush(history, 700, 'end')).toBe('end');
});

it("a runtimeDone that did not come bounds the following waits by the function's own pace", () => {
  const circumstances = { latestMs: 900_000, telemetryArrived: true };
  const seen = recordEnd(missed, 1_500);
  expect(boundWait(seen, 2_000, circumstances)).toBe(2_000 + 3 * 800);
  expect(boundWait(missed, 2_000, circumstances)).toBe(3_000);
});

it.each([
  { title: 'the deadline', telemetryArrived: true, latestMs: 60_000, expected: 60_000 },
  {
    title: 'two seconds while no telemetry ever came',
    telemetryArrived: false,
    latestMs: 60_000,
    expected: 2_100,
  },
  {
    title: 'the deadline if that is sooner',
    telemetryArrived: false,
    latestMs: 900,
    expected: 900,
  },
])('an end is waited for until $title', ({ telemetryArrived, latestMs, expected }) => {
  expect(boundWait(historyOf([100]), 100, { latestMs, telemetryArrived })).toBe(expected);
});

it('the flush policy keeps a short history', () => {
  const times = Array.from({ length: 1_000 }, (_, index) => index);
  expect(historyOf(times).invokedAtMs).toHaveLength(6);
});
