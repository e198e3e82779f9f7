import { at, createTracker, feed, ofKind, sha256, start } from './scenario';

const ENDING = { reason: 'spindown', time: at(60_000) };

it('the tracker keeps no more than a few thousand invocations whose end never comes, and states each it lets go of', () => {
  const tracker = createTracker();
  const ids = Array.from({ length: 3000 }, (_, index) => sha256(String(index)).slice(0, 36));
  const spans: string[] = [];
  for (const [index, id] of ids.entries()) {
    feed(tracker, [start(index, id)]);
    if (index % 100 === 0) {
      spans.push(...ofKind(tracker.settle(), 'invocation').map(({ requestId }) => requestId));
    }
  }
  // Lifting the bound would keep them all until SHUTDOWN.
  expect(spans.length).toBeGreaterThan(ids.length - 1_500);
  spans.push(...ofKind(tracker.settle(ENDING), 'invocation').map(({ requestId }) => requestId));
  expect(spans.toSorted()).toEqual(ids.toSorted());
});
