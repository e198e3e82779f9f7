// What becomes of items under each fault of an endpoint, on real sockets.
import type { DeliveryFixture, FixtureOptions } from './delivery-fixture';
import { createFixture, eventually } from './delivery-fixture';
import type { ScriptedEndpoint } from './scripted-endpoint';
import { accept, answer, delayed, hang, itemsOf, reset, startEndpoint } from './scripted-endpoint';
import type { RawMetric } from '../../src/relay/item';
import { makeLogRecord, makeSpan, makeWindow, range, toSpanId } from './signal-items';

/** Longer than a test may take: a flush that uses up its budget fails it. */
const LONG_MS = 60_000;

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

it('a healthy endpoint gets every signal once, and nothing remains', async () => {
  const windows = [makeWindow(3)];
  const metricSource = { collect: () => windows.shift() };
  const { delivery, observed } = open({ metricSource });
  delivery.addSpans(range(5).map((index) => makeSpan(index)));
  delivery.addLogRecords(range(7).map((index) => makeLogRecord(index)));
  expect(await delivery.flush({ deadlineMs: Date.now() + 5_000 })).toBe(true);
  expect(observed.exported).toEqual({ traces: 5, metrics: 3, logs: 7 });
  expect(itemsOf(endpoint.accepted, '/v1/traces')).toEqual(range(5).map(toSpanId));
  expect(observed.dropped.logs).toEqual({});
  expect(delivery.bufferedBytes).toBe(0);
});

it('a healthy endpoint costs nothing when nothing is buffered', async () => {
  const { delivery } = open({ metricSource: { collect: () => undefined } });
  expect(await delivery.flush({ deadlineMs: Date.now() + 5_000 })).toBe(true);
  expect(endpoint.requests).toHaveLength(0);
});

it('a healthy endpoint gets the items of concurrent flushes once', async () => {
  const { delivery, flush } = open();
  delivery.addSpans(range(50).map((index) => makeSpan(index)));
  await Promise.all([flush(), flush(), flush()]);
  expect(itemsOf(endpoint.accepted, '/v1/traces')).toHaveLength(50);
});

it('a healthy endpoint gets 100 000 log lines in requests below 1 MB', async () => {
  const { delivery, flush, observed } = open({ signal: { protocol: 'http/protobuf' } });
  const text = 'x'.repeat(200);
  for (let batch = 0; batch < 20; batch += 1) {
    delivery.addLogRecords(range(5_000).map((index) => makeLogRecord(index, text)));
    await flush(10_000, { whileRunning: true });
  }
  expect(observed.exported.logs).toBe(100_000);
  expect(observed.dropped.logs).toEqual({});
  const largest = Math.max(...endpoint.requests.map(({ body }) => body.length));
  expect(largest).toBeLessThanOrEqual(1_000_000);
  expect(endpoint.requests.length).toBeLessThan(60);
});

it('a healthy endpoint gets text in requests below 1 MB even if its size was underestimated', async () => {
  const { delivery, flush } = open({ signal: { protocol: 'http/protobuf' } });
  delivery.addLogRecords(range(2_000).map((index) => makeLogRecord(index, '漢'.repeat(500))));
  await flush();
  expect(Math.max(...endpoint.requests.map(({ body }) => body.length))).toBeLessThan(1_000_001);
});

describe.each([
  ['refuses connections', undefined],
  ['answers 503', answer(503)],
  ['answers 429', answer(429)],
  ['answers 502', answer(502)],
  ['answers 504', answer(504)],
  ['resets every connection', reset],
])('an endpoint that %s', (_, behaviour) => {
  it('costs little per flush, opens the breaker, and gets everything once after it recovers', async () => {
    if (behaviour === undefined) await endpoint.close();
    else endpoint.behaviour = behaviour;
    const { delivery, flush, clock, observed } = open();
    for (let invocation = 0; invocation < 6; invocation += 1) {
      delivery.addSpans([makeSpan(invocation)]);
      delivery.addLogRecords([makeLogRecord(invocation)]);
      await flush(LONG_MS);
    }
    expect(delivery.suspended).toBe(true);
    const before = observed.outcomes.length;
    await flush(LONG_MS);
    expect(observed.outcomes).toHaveLength(before);

    if (behaviour !== undefined) {
      endpoint.behaviour = accept;
      clock.aheadMs += 5_001;
      expect(delivery.suspended).toBe(false);
      await flush(5_000, { whileRunning: true });
      expect(itemsOf(endpoint.accepted, '/v1/traces')).toEqual(range(6).map(toSpanId));
      expect(itemsOf(endpoint.accepted, '/v1/logs')).toHaveLength(6);
      expect(observed.exported).toEqual({ traces: 6, metrics: 0, logs: 6 });
    }
    expect(observed.dropped).toEqual({ traces: {}, metrics: {}, logs: {} });
  });
});

describe('hanging', () => {
  beforeEach(() => {
    endpoint.behaviour = hang;
  });

  it('an endpoint that hangs holds the first flushes for their budget and later ones for a moment', async () => {
    const { delivery, flush, observed } = open({ signal: { timeoutMs: LONG_MS } });
    for (let invocation = 0; invocation < 6; invocation += 1) {
      expect(delivery.suspended).toBe(invocation >= 3);
      delivery.addSpans([makeSpan(invocation)]);
      delivery.addLogRecords([makeLogRecord(invocation)]);
      await flush(invocation < 3 ? 100 : LONG_MS);
    }
    expect(endpoint.requests).toHaveLength(2);
    expect(observed.outcomes).toEqual([]);
  });

  it('an endpoint that hangs gets spans again on a new connection when their own timeout is over', async () => {
    const { delivery, flush, observed } = open({ signal: { timeoutMs: 60 } });
    delivery.addSpans([makeSpan(0)]);
    await flush(20);
    await eventually(() => observed.outcomes.includes('timeout'));
    endpoint.behaviour = accept;
    await flush();
    expect(itemsOf(endpoint.accepted, '/v1/traces')).toEqual([toSpanId(0)]);
  });

  it('an endpoint that hangs does not get the metric window twice: its fate is unknown', async () => {
    const windows = [makeWindow(4), makeWindow(2)];
    const metricSource = { collect: () => windows.shift() };
    const { flush, observed } = open({
      metricSource,
      signals: ['metrics'],
      signal: { timeoutMs: 40 },
    });
    await flush(20);
    await eventually(() => observed.outcomes.includes('timeout'));
    endpoint.behaviour = accept;
    await flush();
    expect(observed.dropped.metrics).toEqual({ unknown_fate: 4 });
    expect(observed.exported.metrics).toBe(2);
  });

  it('an endpoint that hangs is not trusted with a metric window before another signal got through', async () => {
    let collected = 0;
    const collect = () => makeWindow((collected += 1));
    const { delivery, flush } = open({ metricSource: { collect } });
    delivery.addSpans([makeSpan(0)]);
    await flush(50);
    expect(collected).toBe(0);
  });

  it('an endpoint that hangs does not hold the final flush past its deadline, and the loss is counted', async () => {
    const { delivery, flush, observed } = open({ signal: { timeoutMs: LONG_MS } });
    delivery.addSpans(range(3).map((index) => makeSpan(index)));
    delivery.addLogRecords([makeLogRecord(0)]);
    await flush(200, { final: true });
    expect(observed.dropped.traces).toEqual({ shutdown: 3 });
    expect(observed.dropped.logs).toEqual({ shutdown: 1 });
    expect(delivery.bufferedBytes).toBe(0);
  });
});

it('an endpoint that is slower than the budget gets each item once, by answers that come after the flush', async () => {
  const answers: (() => void)[] = [];
  endpoint.behaviour = (_, response) => void answers.push(() => response.end());
  const { delivery, flush, observed } = open();
  for (let invocation = 0; invocation < 5; invocation += 1) {
    delivery.addSpans([makeSpan(invocation)]);
    delivery.addLogRecords([makeLogRecord(invocation)]);
    await flush(60);
    expect(observed.exported).toEqual({ traces: invocation, metrics: 0, logs: invocation });
    await eventually(() => answers.length === 2);
    for (const end of answers.splice(0)) end();
    await eventually(
      () => observed.exported.logs + observed.exported.traces === 2 * invocation + 2,
    );
  }
  await flush(5_000, { final: true });
  expect(itemsOf(endpoint.requests, '/v1/traces')).toEqual(range(5).map(toSpanId));
  expect(itemsOf(endpoint.requests, '/v1/logs')).toHaveLength(5);
  expect(observed.exported).toEqual({ traces: 5, metrics: 0, logs: 5 });
});

it('an endpoint that is slower than the budget is heard at shutdown while the rest is sent beside it', async () => {
  endpoint.behaviour = delayed(200);
  const { delivery, flush, observed } = open({ signals: ['traces'] });
  delivery.addSpans([makeSpan(0)]);
  await flush(20);
  delivery.addSpans([makeSpan(1)]);
  await flush(2_000, { final: true });
  expect(itemsOf(endpoint.requests, '/v1/traces')).toEqual([toSpanId(0), toSpanId(1)]);
  expect(observed.exported.traces).toBe(2);
});

it('an endpoint that is slower than the budget is asked again at shutdown when the request under way is old', async () => {
  endpoint.behaviour = hang;
  const { delivery, flush, observed, clock } = open({ signals: ['traces'] });
  delivery.addSpans([makeSpan(0)]);
  await flush(20);
  endpoint.behaviour = accept;
  clock.aheadMs += 4_000;
  await flush(2_000, { final: true });
  expect(itemsOf(endpoint.accepted, '/v1/traces')).toEqual([toSpanId(0)]);
  expect(observed.exported.traces).toBe(1);
});

it.each([
  ['seconds', () => '30'],
  ['an HTTP date', () => new Date(Date.now() + 30_000).toUTCString()],
])('Retry-After in %s holds the signal back until then', async (_, value) => {
  endpoint.behaviour = answer(503, { 'retry-after': value() });
  const { delivery, flush, clock } = open({ signals: ['traces'] });
  delivery.addSpans([makeSpan(0)]);
  await flush();
  endpoint.behaviour = accept;
  expect(delivery.suspended).toBe(true);
  clock.aheadMs += 20_000;
  await flush();
  expect(endpoint.requests).toHaveLength(1);
  clock.aheadMs += 11_000;
  await flush();
  expect(itemsOf(endpoint.accepted, '/v1/traces')).toEqual([toSpanId(0)]);
});

it('Retry-After does not hold back the final flush', async () => {
  endpoint.behaviour = answer(429, { 'retry-after': '60' });
  const { delivery, flush } = open({ signals: ['traces'] });
  delivery.addSpans([makeSpan(0)]);
  await flush();
  endpoint.behaviour = accept;
  await flush(2_000, { final: true });
  expect(endpoint.accepted).toHaveLength(1);
});

it('Retry-After of a second is waited for while the function runs', async () => {
  endpoint.behaviour = (request, response) => {
    endpoint.behaviour = accept;
    answer(503, { 'retry-after': '1' })(request, response);
  };
  const { delivery, flush, observed } = open({ signals: ['traces'] });
  delivery.addSpans([makeSpan(0)]);
  await flush(5_000, { whileRunning: true });
  expect(observed.exported.traces).toBe(1);
});

it.each([400, 401, 403, 404, 422, 500, 501, 302])(
  'a refusal with %i drops the items under that code and is not retried',
  async (statusCode) => {
    endpoint.behaviour = answer(statusCode);
    const { delivery, flush, observed, warnings } = open({ signals: ['traces'] });
    delivery.addSpans([makeSpan(0), makeSpan(1)]);
    await flush();
    expect(observed.dropped.traces).toEqual({ [`${statusCode}`]: 2 });
    expect(endpoint.requests).toHaveLength(1);
    expect(warnings.join()).toContain(`HTTP ${statusCode}`);
  },
);

it('a refusal of one signal leaves the others alone, and after some costs no request any more', async () => {
  endpoint.behaviour = (request, response) =>
    answer(request.path === '/v1/logs' ? 404 : 200)(request, response);
  const { delivery, flush, observed } = open();
  for (let invocation = 0; invocation < 6; invocation += 1) {
    delivery.addSpans([makeSpan(invocation)]);
    delivery.addLogRecords([makeLogRecord(invocation)]);
    await flush();
  }
  expect(observed.exported.traces).toBe(6);
  expect(observed.dropped.logs).toEqual({ '404': 6 });
  expect(endpoint.requests.filter(({ path }) => path === '/v1/logs')).toHaveLength(3);
  expect(delivery.suspended).toBe(false);
});

it('a refusal with 500 keeps what is buffered after the breaker opened', async () => {
  endpoint.behaviour = answer(500);
  const { delivery, flush, observed, clock } = open({ signals: ['traces'] });
  for (let invocation = 0; invocation < 5; invocation += 1) {
    delivery.addSpans([makeSpan(invocation)]);
    await flush();
  }
  endpoint.behaviour = accept;
  clock.aheadMs += 6_000;
  await flush(5_000, { whileRunning: true });
  expect(observed.dropped.traces).toEqual({ '500': 3 });
  expect(observed.exported.traces).toBe(2);
});

it('413 splits a request until every item fits', async () => {
  endpoint.behaviour = (request, response) =>
    answer(request.body.length > 3_000 ? 413 : 200)(request, response);
  const windows = [makeWindow(40)];
  const metricSource = { collect: () => windows.shift() };
  const { delivery, flush, observed } = open({ metricSource });
  delivery.addSpans(range(100).map((index) => makeSpan(index)));
  delivery.addLogRecords(range(100).map((index) => makeLogRecord(index)));
  await flush();
  expect(itemsOf(endpoint.accepted, '/v1/traces')).toEqual(range(100).map(toSpanId));
  expect(itemsOf(endpoint.accepted, '/v1/logs')).toEqual(range(100).map((i) => `line ${i}`));
  expect(itemsOf(endpoint.accepted, '/v1/metrics')).toEqual(range(40).map(String));
  expect(observed.exported).toEqual({ traces: 100, metrics: 40, logs: 100 });
});

it('413 drops the one item that never fits and delivers the rest', async () => {
  endpoint.behaviour = (request, response) =>
    answer(request.body.length > 3_000 ? 413 : 200)(request, response);
  const { delivery, flush, observed } = open({ signals: ['logs'] });
  delivery.addLogRecords([makeLogRecord(0), makeLogRecord(1, 'x'.repeat(9_000)), makeLogRecord(2)]);
  await flush();
  expect(observed.exported.logs).toBe(2);
  expect(observed.dropped.logs).toEqual({ rejected: 1 });
});

it('the delivery keeps a metric window that was refused with 503 and sends it unchanged before a newer one', async () => {
  let recorded = 0;
  const collect = () => makeWindow((recorded += 1));
  const { flush, observed } = open({ signals: ['metrics'], metricSource: { collect } });
  endpoint.behaviour = answer(503);
  await flush();
  endpoint.behaviour = accept;
  await flush();
  expect(itemsOf(endpoint.accepted, '/v1/metrics')).toEqual(['0', '0', '1']);
  expect(observed.exported.metrics).toBe(3);
  expect(observed.dropped.metrics).toEqual({});
});

it('the delivery gives up what is handed over after the final flush, counted', async () => {
  const { delivery, flush, observed } = open();
  await flush(100, { final: true });
  delivery.addSpans([makeSpan(0)]);
  expect(observed.dropped.traces).toEqual({ shutdown: 1 });
});

it('the delivery drops a span that cannot be encoded and delivers the others', async () => {
  const { delivery, flush, observed } = open({ signals: ['traces'] });
  const poison = {
    ...makeSpan(1),
    spanContext: () => {
      throw new Error('poison');
    },
  };
  delivery.addSpans([makeSpan(0), poison, makeSpan(2)]);
  await flush();
  expect(itemsOf(endpoint.accepted, '/v1/traces')).toEqual([toSpanId(0), toSpanId(2)]);
  expect(observed.dropped.traces).toEqual({ rejected: 1 });
});

it('connections that the endpoint closed during a freeze cost no metric window, though nobody has read yet that they are closed', async () => {
  const windows = [makeWindow(3), makeWindow(2)];
  const { delivery, flush, observed } = open({
    metricSource: { collect: () => windows.shift() },
  });
  delivery.addSpans([makeSpan(0)]);
  await flush();
  for (const socket of endpoint.sockets) socket.destroy();
  await flush();
  expect(observed.dropped.metrics).toEqual({});
  expect(observed.exported.metrics).toBe(5);
});

it('a metric window that is lost is told to its source once, so that the counts of drops in it can be recorded anew', async () => {
  const windows = [makeWindow(3), makeWindow(2)];
  const lost: number[] = [];
  const metricSource = {
    collect: () => windows.shift(),
    lost: ({ points }: RawMetric) => void lost.push(points),
  };
  const { flush, observed } = open({ metricSource });
  endpoint.behaviour = answer(500);
  await flush();
  endpoint.behaviour = accept;
  await flush();
  expect(lost).toEqual([3]);
  expect(observed).toMatchObject({ exported: { metrics: 2 }, dropped: { metrics: { 500: 3 } } });
});

it('a metric window that is lost is told even if it was dropped from the full buffer', async () => {
  const lost: number[] = [];
  let collected = 0;
  const metricSource = {
    collect: () => ((collected += 1) === 1 ? makeWindow(400) : undefined),
    lost: () => void lost.push(1),
  };
  const { delivery, flush } = open({ metricSource, bufferBytes: 200_000 });
  endpoint.behaviour = answer(503);
  await flush();
  delivery.addSpans(range(2_000).map((index) => makeSpan(index)));
  expect(lost).toEqual([1]);
});
