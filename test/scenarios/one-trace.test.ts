// What the function's SDK hands over and what Lambda tells, end to end in the built layer: nothing is lost where the
// environment freezes, and every request is one trace with one SERVER span.
import { connect } from 'node:net';
import { encodeOtlpMessage } from 'local-lambda/otlp/decode';
import { SPAN_KIND } from 'local-lambda/otlp/model';
import type { ArrivedSpan, ArrivedTelemetry } from './arrived-telemetry';
import { startInstrumented } from './instrumented-run';
import { endRuns, finish } from './layer-run';
import type { LayerRun } from './layer-run';

afterEach(endRuns);

const SPAN_NAMES = ['child 0', 'child 1', 'handler'];
const CALLER = 'cdcdcdcdcdcdcdcd';

const serversOf = ({ spans }: ArrivedTelemetry): readonly ArrivedSpan[] =>
  spans.filter(({ kind }) => kind === SPAN_KIND.server);
const sdkSpansOf = ({ spans }: ArrivedTelemetry): readonly ArrivedSpan[] =>
  spans.filter(({ name }) => SPAN_NAMES.includes(name));

/** Parents that no span of the trace is, but for the caller's. */
function missingParents({ spans }: ArrivedTelemetry, caller = CALLER): readonly string[] {
  const ids = new Set(spans.map(({ traceId, spanId }) => `${traceId} ${spanId}`));
  return spans
    .filter(({ parentSpanId }) => parentSpanId !== '' && parentSpanId !== caller)
    .filter(({ traceId, parentSpanId }) => !ids.has(`${traceId} ${parentSpanId}`))
    .map(({ name, parentSpanId }) => `${name} below ${parentSpanId}`);
}

interface Context {
  readonly spanId: string;
  readonly traceId: string;
}

const invoke = async (run: LayerRun, event: object, traceHeader?: string) => {
  const options = traceHeader === undefined ? {} : { traceHeader };
  const { response, requestId } = await run.lambda.invoke({ action: 'traced', ...event }, options);
  return { ...(response as Context), requestId };
};

describe('a request', () => {
  const traceId = 'ab'.repeat(16);
  const traceparent = `00-${traceId}-${CALLER}-01`;
  const root = 'Root=1-6740aa11-0123456789abcdef01234567';

  it.each([
    ['of a caller by W3C', { headers: { traceparent } }, undefined],
    ['without a caller', {}, undefined],
    ['that X-Ray samples', { xRay: true }, `${root};Parent=${CALLER};Sampled=1`],
    ['that X-Ray does not sample', {}, `${root};Parent=${CALLER};Sampled=0`],
  ])('%s is one trace with one SERVER span, the SDK’s', async (_, event, header) => {
    const run = await startInstrumented();
    const contexts = [await invoke(run, event, header), await invoke(run, event, header)];
    const telemetry = await finish(run);
    const servers = serversOf(telemetry);
    expect(servers.map(({ spanId }) => spanId).sort()).toEqual(
      contexts.map(({ spanId }) => spanId).sort(),
    );
    expect(missingParents(telemetry)).toEqual([]);
    for (const { requestId, spanId, traceId: own } of contexts) {
      const server = servers.find((span) => span.spanId === spanId);
      expect(server).toMatchObject({ traceId: own, name: 'handler' });
      expect(server?.plain).toMatchObject({
        'faas.invocation_id': requestId,
        'faas.coldstart': requestId === contexts[0]?.requestId,
        'lambda.status': 'success',
        'lambda.duration_ms': expect.any(Number) as number,
      });
      const line = telemetry.logs.find(
        ({ text, plain }) => text === 'in the handler' && plain['faas.invocation_id'] === requestId,
      );
      expect(line).toMatchObject({ traceId: own, spanId });
    }
  });

  const timeOut = async (run: LayerRun): Promise<string> => {
    const pending = run.lambda.invoke({ action: 'stuck' });
    await run.nextEvent(
      ({ type, record }) => type === 'function' && JSON.stringify(record).includes('stuck'),
    );
    run.lambda.timeOut();
    return (await pending).requestId;
  };
  const exit = async (run: LayerRun): Promise<string> =>
    (await run.lambda.invoke({ action: 'stuck', exits: true })).requestId;

  it.each([
    ['times out', timeOut, 'timeout'],
    ['ends its process', exit, 'Runtime.ExitError'],
  ])('that %s is the span that its children name, and says why', async (...row) => {
    const [, end, errorType] = row;
    const run = await startInstrumented();
    await invoke(run, {});
    const requestId = await end(run);
    const telemetry = await finish(run);
    const server = serversOf(telemetry).find(
      ({ plain }) => plain['faas.invocation_id'] === requestId,
    );
    const children = telemetry.spans.filter(
      ({ name, traceId: own }) => name.startsWith('child') && own === server?.traceId,
    );
    expect(children.map(({ parentSpanId }) => parentSpanId)).toEqual([
      server?.spanId,
      server?.spanId,
    ]);
    expect(server?.plain['error.type']).toBe(errorType);
    expect(missingParents(telemetry)).toEqual([]);
  });

  it('of several at a time, on Managed Instances, has its own SERVER span', async () => {
    const managed = { initializationType: 'lambda-managed-instances', maxConcurrency: 8 } as const;
    const run = await startInstrumented(managed);
    const contexts = await Promise.all(
      Array.from({ length: 8 }, (_, index) => invoke(run, { ms: 40 * (8 - index) })),
    );
    const telemetry = await finish(run);
    const servers = serversOf(telemetry);
    expect(servers).toHaveLength(8);
    for (const { requestId, spanId, traceId: own } of contexts) {
      const server = servers.find((span) => span.spanId === spanId);
      expect(server?.traceId).toBe(own);
      expect(server?.plain).toMatchObject({
        'faas.invocation_id': requestId,
        'lambda.status': 'success',
      });
    }
    expect(missingParents(telemetry)).toEqual([]);
  });
});

describe('what was acknowledged', () => {
  it('is at the endpoint before each freeze, over 50 invocations', async () => {
    const run = await startInstrumented();
    for (let count = 1; count <= 50; count += 1) {
      await invoke(run, { ms: count % 7 });
      expect(sdkSpansOf(run.arrived())).toHaveLength(3 * count);
    }
    expect(sdkSpansOf(await finish(run))).toHaveLength(150);
  });

  it('does not hold the handler while the endpoint does not answer, and arrives once it does', async () => {
    const run = await startInstrumented({ settings: { LAMBDA_OTLP_FLUSH_BUDGET_MS: '100' } });
    await invoke(run, {});
    run.receiver.respondWith(() => ({ kind: 'status', status: 503 }));
    for (let count = 0; count < 5; count += 1) {
      expect(await invoke(run, {})).toMatchObject({ spanId: expect.any(String) as string });
    }
    run.receiver.respondWith(undefined);
    const arrived = sdkSpansOf(await finish(run));
    expect(arrived).toHaveLength(18);
    expect(new Set(arrived.map(({ spanId }) => spanId)).size).toBe(18);
  });

  it.each([
    ['after the response', { afterMs: 30 }],
    ['at SIGTERM, before SHUTDOWN', {}],
  ])('%s arrives, with the ids of its own request', async (_, event) => {
    const run = await startInstrumented();
    const { requestId } = await run.lambda.invoke({ action: 'unflushed', ...event });
    const telemetry = await finish(run);
    expect(
      sdkSpansOf(telemetry)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(SPAN_NAMES);
    const handler = telemetry.spans.find(({ name }) => name === 'handler');
    expect(handler?.plain['faas.invocation_id']).toBe(requestId);
  });

  it('may be frozen with half of it on the way', async () => {
    const run = await startInstrumented();
    await invoke(run, {});
    const body = encodeOtlpMessage('ExportTraceServiceRequest', requestOf([spanOf(1)]));
    const socket = connect(run.receiverPort, '127.0.0.1');
    let answer = '';
    socket.on('data', (bytes) => (answer += bytes.toString('latin1')));
    const head = `POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: ${body.length}\r\n\r\n`;
    socket.write(Buffer.concat([Buffer.from(head), body.subarray(0, 20)]));
    await invoke(run, {});
    expect(run.lambda.frozen).toBe(true);
    socket.write(body.subarray(20));
    await invoke(run, { ms: 20 });
    while (!answer.includes('200 OK')) await new Promise(setImmediate);
    socket.destroy();
    const { spans } = await finish(run);
    expect(spans.filter(({ name }) => name === 'span 1')).toHaveLength(1);
  });

  it('leaves in requests of 1 MB at most, however much it is', async () => {
    const run = await startInstrumented();
    const spans = Array.from({ length: 10_000 }, (_, index) => spanOf(index + 1));
    const body = encodeOtlpMessage('ExportTraceServiceRequest', requestOf(spans));
    const headers = { 'content-type': 'application/x-protobuf' };
    const requests = [{ headers, body: Buffer.from(body).toString('base64') }];
    const { response } = await run.lambda.invoke({ action: 'post', requests });
    expect(response).toMatchObject([{ status: 200 }]);
    const { spans: arrived } = await finish(run);
    expect(arrived.filter(({ name }) => /^span \d/.test(name))).toHaveLength(10_000);
    const carrying = run.receiver.requests.filter(({ signal }) => signal === 'traces');
    expect(Math.max(...carrying.map(({ body: sent }) => sent.length))).toBeLessThanOrEqual(
      1_048_576,
    );
  });
});

const spanOf = (index: number): Record<string, unknown> => ({
  traceId: Buffer.alloc(16, 7),
  spanId: Buffer.from(index.toString(16).padStart(16, '0'), 'hex'),
  parentSpanId: Buffer.alloc(8, 9),
  name: `span ${index}`,
  kind: 3,
  startTimeUnixNano: { low: 1, high: 416_000_000 },
  endTimeUnixNano: { low: 2, high: 416_000_000 },
  attributes: [{ key: 'a', value: { stringValue: 'x'.repeat(100) } }],
});
const requestOf = (spans: readonly unknown[]): Record<string, unknown> => ({
  resourceSpans: [{ scopeSpans: [{ scope: { name: 's' }, spans }] }],
});
