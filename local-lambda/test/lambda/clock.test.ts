// The local Lambda's clock, whatever is done to the system's.
import type { preciseNowMs as PreciseNowMs } from '../../src/lambda/clock';

let preciseNowMs: typeof PreciseNowMs;
const { now } = Date;

beforeEach(async () => {
  jest.resetModules();
  ({ preciseNowMs } = await import('../../src/lambda/clock'));
});

afterEach(() => jest.restoreAllMocks());

function setClock(byMs: number): void {
  jest.spyOn(Date, 'now').mockImplementation(() => now() + byMs);
}

it.each([0, 11, -11, 5000, -5000, 3_600_000, -3_600_000])(
  'is within two milliseconds of Date.now() after the clock was set by %d ms, or waits for it',
  (byMs) => {
    const beforeMs = preciseNowMs();
    setClock(byMs);
    const earliestMs = Date.now();
    const seenMs = preciseNowMs();
    const latestMs = Date.now();
    // The machine may do something else between two reads: that much more is no fault of the clock's.
    const toleratedMs = 2 + latestMs - earliestMs;
    const waitsMs = byMs < 0 && byMs > -1000 ? -byMs : 0;
    expect(seenMs).toBeLessThanOrEqual(latestMs + toleratedMs + waitsMs);
    expect(seenMs).toBeGreaterThanOrEqual(earliestMs - toleratedMs);
    if (byMs > -1000) expect(preciseNowMs()).toBeGreaterThanOrEqual(beforeMs);
  },
);

it('does not go back while the clock is adjusted by a little', () => {
  let latestMs = preciseNowMs();
  for (const byMs of [-3, 4, -8, 2, -12, 0, -1]) {
    setClock(byMs);
    for (let read = 0; read < 100; read += 1) {
      const nowMs = preciseNowMs();
      expect(nowMs).toBeGreaterThanOrEqual(latestMs);
      latestMs = nowMs;
    }
  }
});
