// The promise of the delivery port as a property: whatever endpoints do, everything handed over is
// exported, dropped or still held: never two of these, never none.
import fc from 'fast-check';
import type { Signal } from '../../src/delivery/delivery';
import { protobufEncoding } from '../../src/delivery/codec/request-builder';
import type { TransportFactory } from '../../src/delivery/transport/transport-factory';
import type { Transport, SendResult } from '../../src/delivery/transport/transport';
import { createFixture } from './delivery-fixture';
import { makeLogRecord, makeSpan, makeWindow, range } from './signal-items';

const failing = (
  status: 'failure' | 'retryable',
  failure: { readonly outcome: number | string; readonly bodyWritten: boolean },
): SendResult => ({ status, failure: { message: `${failure.outcome}`, ...failure } });

const response: fc.Arbitrary<SendResult | 'hang' | 'reject'> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<SendResult>({ status: 'success' }) },
  { weight: 1, arbitrary: fc.constantFrom('hang' as const, 'reject' as const) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(400, 401, 404, 413, 500, 'not_http')
      .map((outcome) => failing('failure', { outcome, bodyWritten: true })),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({
        outcome: fc.constantFrom(503, 429, 'ECONNREFUSED', 'timeout', 'ECONNRESET'),
        bodyWritten: fc.boolean(),
        retryInMs: fc.option(fc.constantFrom(0, 1, 40_000), { nil: undefined }),
      })
      .map(({ retryInMs, ...failure }) => ({
        ...failing('retryable', failure),
        ...(retryInMs !== undefined && { retryInMs }),
      })),
  },
  {
    weight: 1,
    // ExportTraceServiceResponse { partial_success { rejected_* = 2 } }; may exceed what was sent.
    arbitrary: fc.constant<SendResult>({
      status: 'success',
      data: Uint8Array.of(0x0a, 0x02, 0x08, 0x02),
    }),
  },
);

const success: SendResult = { status: 'success' };

/** Answers in the order of the script, then with success; a hang ends when it is cancelled. */
function scripted(script: readonly (SendResult | 'hang' | 'reject')[]): TransportFactory {
  const rest = [...script];
  const send: Transport['send'] = (_, timeoutMs, cancellation) => {
    const next = rest.shift() ?? success;
    if (next === 'reject') return Promise.reject(new Error('broken transport'));
    if (next !== 'hang') return Promise.resolve(next);
    return new Promise((resolve) => {
      const end = (): void =>
        resolve(failing('retryable', { outcome: 'timeout', bodyWritten: true }));
      if (cancellation !== undefined) cancellation.onCancel = end;
      setTimeout(end, timeoutMs).unref();
    });
  };
  return {
    create: () => ({
      transport: { send },
      loadEncoding: () => protobufEncoding,
      prepare: () => Promise.resolve(),
      refresh: () => undefined,
    }),
    close: () => undefined,
  };
}

const step = fc.record({
  spans: fc.nat({ max: 30 }),
  logs: fc.nat({ max: 60 }),
  points: fc.nat({ max: 5 }),
  budgetMs: fc.constantFrom(0, 1, 15),
  whileRunning: fc.boolean(),
  passMs: fc.constantFrom(0, 100, 6_000, 70_000),
});

it('neither loses nor doubles an item, whatever endpoints answer', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 8 }),
      fc.array(response, { maxLength: 30 }),
      fc.boolean(),
      async (steps, script, isFinal) => {
        const added = { traces: 0, metrics: 0, logs: 0 };
        let points = 0;
        const collect = () => {
          const window = points === 0 ? undefined : makeWindow(points);
          added.metrics += points;
          points = 0;
          return window;
        };
        const { delivery, observed, flush, clock } = createFixture({
          url: 'http://unused.test',
          bufferBytes: 20_000,
          metricSource: { collect },
          signal: { timeoutMs: 25 },
          transports: scripted(script),
        });
        for (const { spans, logs, budgetMs, whileRunning, passMs, ...rest } of steps) {
          delivery.addSpans(range(spans).map((index) => makeSpan(index)));
          delivery.addLogRecords(range(logs).map((index) => makeLogRecord(index)));
          added.traces += spans;
          added.logs += logs;
          points += rest.points;
          await flush(budgetMs, { whileRunning });
          clock.aheadMs += passMs;
        }
        await delivery.flush({ deadlineMs: clock.now() + 20, final: isFinal });
        if (isFinal) expect(delivery.bufferedBytes).toBe(0);
        delivery.close();
        expect(delivery.bufferedBytes).toBe(0);
        for (const signal of ['traces', 'metrics', 'logs'] as Signal[]) {
          const dropped = Object.values(observed.dropped[signal]).reduce<number>(
            (sum, items) => sum + (items ?? 0),
            0,
          );
          expect(observed.exported[signal] + dropped).toBe(added[signal]);
        }
      },
    ),
    { numRuns: 150 },
  );
}, 60_000);
