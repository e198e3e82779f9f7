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
    const offMs = preciseNowMs() - Date.now();
    if (byMs < 0 && byMs > -1000) expect(offMs).toBeLessThanOrEqual(-byMs + 2);
    else expect(Math.abs(offMs)).toBeLessThan(2);
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
