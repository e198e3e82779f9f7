// Connections that are opened ahead of the flush that needs them, and what a failure says of the endpoint.
import { protobufEncoding } from '../../src/delivery/codec/request-builder';
import type { TransportFactory } from '../../src/delivery/transport/transport-factory';
import { createFixture, eventually } from './delivery-fixture';
import type { ScriptedEndpoint } from './scripted-endpoint';
import { delayed, startEndpoint } from './scripted-endpoint';
import { makeLogRecord, makeSpan, makeWindow } from './signal-items';

let endpoint: ScriptedEndpoint;

beforeEach(async () => {
  endpoint = await startEndpoint();
});

afterEach(() => endpoint.close());

it('warming up opens one connection for each signal, and the first flushes need no other', async () => {
  const { delivery, flush, observed } = createFixture({
    url: endpoint.url,
    metricSource: { collect: () => makeWindow(1) },
  });
  await delivery.warmUp({ connect: true });
  await eventually(() => endpoint.connections === 3);
  for (const index of [0, 1]) {
    delivery.addSpans([makeSpan(index)]);
    delivery.addLogRecords([makeLogRecord(index)]);
    await flush();
  }
  expect(endpoint.connections).toBe(3);
  expect(observed.exported).toEqual({ traces: 2, metrics: 2, logs: 2 });
  delivery.close();
});

it('warming up opens none if a snapshot is about to be taken', async () => {
  const { delivery, flush } = createFixture({ url: endpoint.url });
  await delivery.warmUp({ connect: false });
  expect(endpoint.connections).toBe(0);
  delivery.addSpans([makeSpan(0)]);
  await flush();
  expect(endpoint.connections).toBe(1);
  delivery.close();
});

it('a connection that the endpoint closes meanwhile costs no item', async () => {
  const { delivery, flush, observed } = createFixture({ url: endpoint.url });
  await delivery.warmUp({ connect: true });
  await eventually(() => endpoint.connections === 3);
  for (const socket of endpoint.sockets) socket.destroy();
  delivery.addSpans([makeSpan(0)]);
  await flush();
  expect(observed.exported.traces).toBe(1);
  delivery.close();
});

it('an endpoint that refuses costs the first flush one attempt, and is trusted once it answers', async () => {
  await endpoint.close();
  const { delivery, flush, observed, warnings } = createFixture({ url: endpoint.url });
  await delivery.warmUp({ connect: true });
  expect(warnings).toEqual([]);
  delivery.addSpans([makeSpan(0)]);
  delivery.addLogRecords([makeLogRecord(0)]);
  await flush();
  // The flush does not wait long for an endpoint that is suspect.
  await eventually(() => observed.outcomes.length > 0);
  expect(observed.outcomes).toEqual(['ECONNREFUSED']);
  expect(delivery.suspended).toBe(true);
  delivery.close();
});

it('an endpoint whose connections never open is suspect after a second, and no longer once one opens', async () => {
  const opened: (() => void)[] = [];
  const asked: string[] = [];
  const transports: TransportFactory = {
    create: (signal) => ({
      transport: {
        send() {
          asked.push(signal);
          return Promise.resolve({ status: 'success' });
        },
      },
      loadEncoding: () => protobufEncoding,
      prepare: () =>
        new Promise((resolve) => {
          opened.push(resolve);
        }),
      refresh: () => void asked.push('refresh'),
    }),
    close: () => undefined,
  };
  const { delivery } = createFixture({ url: endpoint.url, signals: ['traces'], transports });
  await delivery.warmUp({ connect: true });
  delivery.refresh();
  expect(asked).toEqual([]);
  for (const open of opened) open();
  await eventually(() => {
    delivery.refresh();
    return asked.length > 0;
  });
  delivery.close();
});

it('a healthy endpoint that answers slowly is still waited for', async () => {
  endpoint.behaviour = delayed(100);
  const { delivery, flush, observed } = createFixture({ url: endpoint.url });
  await delivery.warmUp({ connect: true });
  delivery.addSpans([makeSpan(0)]);
  await flush();
  expect(observed.exported.traces).toBe(1);
  delivery.close();
});

it('warming up while the function runs replaces the connections that went stale, so that the flush opens none', async () => {
  const { delivery, flush, clock, observed } = createFixture({ url: endpoint.url });
  delivery.addSpans([makeSpan(0)]);
  delivery.addLogRecords([makeLogRecord(0)]);
  await flush();
  const before = endpoint.connections;
  clock.aheadMs += 7_000;
  delivery.refresh();
  await eventually(() => endpoint.connections === 2 * before);
  delivery.addSpans([makeSpan(1)]);
  delivery.addLogRecords([makeLogRecord(1)]);
  await flush();
  expect(endpoint.connections).toBe(2 * before);
  expect(observed.exported).toMatchObject({ traces: 2, logs: 2 });
  delivery.close();
});

it('warming up while the function runs replaces those that the endpoint has closed', async () => {
  const { delivery, flush, clock } = createFixture({ url: endpoint.url, signals: ['traces'] });
  delivery.addSpans([makeSpan(0)]);
  await flush();
  for (const socket of endpoint.sockets) socket.destroy();
  await eventually(() => endpoint.sockets.size === 0);
  clock.aheadMs += 7_000;
  delivery.refresh();
  await eventually(() => endpoint.connections === 2);
  delivery.close();
});

it('warming up while the function runs leaves fresh ones alone, and an endpoint that was never asked', async () => {
  const { delivery, flush } = createFixture({ url: endpoint.url, signals: ['traces'] });
  delivery.refresh();
  delivery.addSpans([makeSpan(0)]);
  await flush();
  delivery.refresh();
  delivery.addSpans([makeSpan(1)]);
  await flush();
  expect(endpoint.connections).toBe(1);
  delivery.close();
});

it('warming up while the function runs tries once and logs nothing if the endpoint is gone', async () => {
  const { delivery, flush, clock, warnings, observed } = createFixture({
    url: endpoint.url,
    signals: ['traces'],
  });
  delivery.addSpans([makeSpan(0)]);
  await flush();
  await endpoint.close();
  clock.aheadMs += 7_000;
  delivery.refresh();
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  expect(warnings).toEqual([]);
  expect(observed.outcomes).toEqual(['success']);
  delivery.close();
});
