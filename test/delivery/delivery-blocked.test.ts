// What must not block a signal until SHUTDOWN: a batch that its server takes no part of, a clock that is set back, a
// request that hangs.
import type { DeliveryFixture, FixtureOptions } from './delivery-fixture';
import { createFixture, eventually } from './delivery-fixture';
import type { Behaviour, ScriptedEndpoint } from './scripted-endpoint';
import { accept, answer, delayed, hang, itemsOf, reset, startEndpoint } from './scripted-endpoint';
import { makeLogRecord, makeSpan, makeWindow, range, toSpanId } from './signal-items';

let endpoint: ScriptedEndpoint;
const fixtures: DeliveryFixture[] = [];

beforeEach(async () => {
  endpoint = await startEndpoint();
});

afterEach(async () => {
  for (const { delivery } of fixtures.splice(0)) delivery.close();
  await endpoint.close();
});

function open(options: Partial<FixtureOptions> = {}): DeliveryFixture {
  const fixture = createFixture({ url: endpoint.url, ...options });
  fixtures.push(fixture);
  return fixture;
}

const refusals: readonly (readonly [string, Behaviour])[] = [
  ['resets the connection', reset],
  ['closes the connection', (_, response) => void response.socket?.end()],
  ['answers 502', answer(502)],
];

describe.each(refusals)('a server that %s', (_what, refuse) => {
  const unless =
    (isRefused: (body: string) => boolean): Behaviour =>
    (request, response) => {
      (isRefused(request.body.toString('utf8')) ? refuse : accept)(request, response);
    };

  async function flushOften(fixture: DeliveryFixture, flushes: number): Promise<void> {
    for (let count = 0; count < flushes; count += 1) {
      fixture.delivery.addLogRecords([makeLogRecord(1_000 + count)]);
      await fixture.flush(2_000, { whileRunning: true });
      fixture.clock.aheadMs += 61_000;
    }
  }

  it('because a body is too large gets all of it in smaller ones', async () => {
    endpoint.behaviour = unless((body) => body.length > 20_000);
    const fixture = open({ signals: ['traces', 'logs'] });
    fixture.delivery.addSpans(range(300).map((index) => makeSpan(index)));
    await flushOften(fixture, 3);
    expect(fixture.observed).toMatchObject({ exported: { traces: 300 }, dropped: { traces: {} } });
    expect(new Set(itemsOf(endpoint.accepted, '/v1/traces')).size).toBe(300);
  }, 20_000);

  it('because of one item costs that one, counted', async () => {
    endpoint.behaviour = unless((body) => body.includes(`"${toSpanId(77)}"`));
    const fixture = open({ signals: ['traces', 'logs'] });
    fixture.delivery.addSpans(range(200).map((index) => makeSpan(index)));
    await flushOften(fixture, 10);
    expect(fixture.observed.exported.traces).toBe(199);
    expect(fixture.observed.dropped.traces).toEqual({ rejected: 1 });
  }, 20_000);

  it('because of one item costs that one, even if no other signal uses the server', async () => {
    endpoint.behaviour = unless((body) => body.includes('"line 3"'));
    const fixture = open({ signals: ['logs'] });
    fixture.delivery.addLogRecords(range(20).map((index) => makeLogRecord(index)));
    await flushOften(fixture, 10);
    expect(fixture.observed.exported.logs).toBe(29);
    expect(fixture.observed.dropped.logs).toEqual({ rejected: 1 });
  }, 20_000);

  it('to everything costs nothing while there is room', async () => {
    endpoint.behaviour = unless(() => true);
    const fixture = open({ signals: ['traces', 'logs'] });
    fixture.delivery.addSpans(range(20).map((index) => makeSpan(index)));
    await flushOften(fixture, 10);
    expect(fixture.observed.dropped).toEqual({ traces: {}, metrics: {}, logs: {} });
    endpoint.behaviour = accept;
    await fixture.flush(5_000, { whileRunning: true });
    expect(fixture.observed.exported).toMatchObject({ traces: 20, logs: 10 });
  }, 20_000);
});

it('a clock that is set back by hours does not block a signal whose request hangs', async () => {
  endpoint.behaviour = hang;
  const { delivery, flush, observed, clock } = open({ signals: ['traces'] });
  delivery.addSpans([makeSpan(0)]);
  await flush(20);
  clock.aheadMs -= 7_200_000;
  endpoint.behaviour = accept;
  await flush();
  await flush();
  expect(observed.exported.traces).toBe(1);
});

it('a clock that is set back by hours does not stop a signal after Retry-After', async () => {
  endpoint.behaviour = answer(503, { 'retry-after': '30' });
  const { delivery, flush, observed, clock } = open({ signals: ['traces'] });
  delivery.addSpans([makeSpan(0)]);
  await flush();
  clock.aheadMs -= 7_200_000;
  endpoint.behaviour = accept;
  await flush();
  expect(observed.exported.traces).toBe(1);
});

it('a clock that is set back by hours within a flush does not make it longer', async () => {
  const { delivery, clock } = open({ signals: ['traces'] });
  endpoint.behaviour = () => {
    clock.aheadMs -= 7_200_000;
  };
  delivery.addSpans([makeSpan(0)]);
  expect(await delivery.flush({ deadlineMs: clock.now() + 100 })).toBe(false);
});

it.each(['a flush before', 'the last flush'])(
  'at SHUTDOWN a request that hangs since %s is sent again beside itself, on another connection',
  async (since) => {
    const { delivery, flush, observed } = open({ signals: ['traces', 'logs'] });
    endpoint.behaviour = hang;
    delivery.addSpans([makeSpan(0)]);
    delivery.addLogRecords([makeLogRecord(0)]);
    const last = since === 'the last flush';
    if (!last) await flush(20);
    else {
      const hangs = (request: Parameters<Behaviour>[0], response: Parameters<Behaviour>[1]) => {
        if (endpoint.requests.length >= 2) endpoint.behaviour = accept;
        hang(request, response);
      };
      endpoint.behaviour = hangs;
    }
    if (!last) endpoint.behaviour = accept;
    await flush(1_500, { final: true });
    expect(observed.exported).toMatchObject({ traces: 1, logs: 1 });
    expect(observed.dropped).toMatchObject({ traces: {}, logs: {} });
  },
);

it('at SHUTDOWN a request that hangs is counted once where both arrive', async () => {
  const { delivery, flush, observed } = open({ signals: ['traces'] });
  endpoint.behaviour = (_, response) => {
    void eventually(() => endpoint.requests.length === 2).then(() => response.end());
  };
  delivery.addSpans([makeSpan(0)]);
  await flush(1_500, { final: true });
  expect(observed).toMatchObject({ exported: { traces: 1 }, dropped: { traces: {} } });
});

it('at SHUTDOWN a request that hangs is not sent twice where it carries deltas', async () => {
  const { flush, observed } = open({
    signals: ['metrics'],
    metricSource: { collect: () => makeWindow(3) },
  });
  endpoint.behaviour = hang;
  await flush(600, { final: true });
  expect(endpoint.requests).toHaveLength(1);
  expect(observed.dropped.metrics).toEqual({ unknown_fate: 3 });
});

it.each([
  ['there is no time left', accept, 0],
  ['an older window is not answered for', answer(503), 200],
])('at SHUTDOWN the last window is counted as lost where %s', async (_, behaviour, leftMs) => {
  endpoint.behaviour = behaviour;
  const windows = [2, 3, 4];
  const { flush, observed } = open({
    signals: ['metrics'],
    metricSource: { collect: () => makeWindow(windows.shift() ?? 0) },
  });
  if (leftMs > 0) await flush();
  await flush(leftMs, { final: true });
  expect(observed.dropped.metrics).toEqual({ shutdown: leftMs > 0 ? 5 : 2 });
});

it('at SHUTDOWN a flush that waits for a retry takes no further window', async () => {
  endpoint.behaviour = answer(503);
  let collected = 0;
  const fixture = open({
    signals: ['metrics'],
    metricSource: { collect: () => makeWindow((collected += 1)) },
  });
  const early = fixture.flush(10_000, { whileRunning: true });
  await eventually(() => fixture.observed.outcomes.length === 1);
  // The next attempt is due while the last export waits for its answers.
  endpoint.behaviour = delayed(100);
  await fixture.flush(10_000, { final: true });
  await early;
  expect(collected).toBe(2);
  expect(fixture.observed.dropped.metrics).toEqual({});
});

it('at SHUTDOWN metrics count what the other signals lost', async () => {
  const seen: unknown[] = [];
  const fixture = open({
    metricSource: {
      collect() {
        const { exported, dropped } = fixture.observed;
        seen.push({ exported: exported.traces, traces: dropped.traces, logs: { ...dropped.logs } });
        return makeWindow(1);
      },
    },
  });
  endpoint.behaviour = (request, response) => {
    (request.path === '/v1/logs' ? hang : accept)(request, response);
  };
  fixture.delivery.addSpans([makeSpan(0)]);
  fixture.delivery.addLogRecords([makeLogRecord(0), makeLogRecord(1)]);
  await fixture.flush(1_000, { final: true });
  expect(seen).toEqual([{ exported: 1, traces: {}, logs: { shutdown: 2 } }]);
  expect(fixture.observed.exported).toEqual({ traces: 1, metrics: 1, logs: 0 });
  expect(fixture.observed.dropped.logs).toEqual({ shutdown: 2 });
});
