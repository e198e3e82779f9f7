// Run as a process of its own, bundled as the layer is: what it costs to take requests of an SDK apart, in
// protobuf and in JSON, beside JSON.parse of the same spans. argv: spans, rounds. Prints one JSON object: CPU
// milliseconds by kind of work, per round.
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { fromJson } from '../../src/relay/from-json';
import { createInterner } from '../../src/relay/fill-resource';
import { countItems, scanRequest } from '../../src/relay/scan-request';

const SPANS_PER_REQUEST = 50;
const INTERNERS = {
  toResource: createInterner((envelope) => envelope),
  toScope: createInterner((envelope) => envelope),
};

const RESOURCE = resourceFromAttributes({
  'service.name': 'orders',
  'telemetry.sdk.language': 'nodejs',
  'telemetry.sdk.name': 'opentelemetry',
  'telemetry.sdk.version': '2.12.0',
  'cloud.provider': 'aws',
  'process.runtime.version': '22.20.0',
});

/** As an HTTP instrumentation makes them: most are CLIENT, one of ten SERVER. */
function createSpan(index: number): ReadableSpan {
  const spanContext = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: (index + 1).toString(16).padStart(16, '0'),
    traceFlags: 1,
  };
  return {
    name: `GET /orders/{id}`,
    kind: index % 10 === 0 ? SpanKind.SERVER : SpanKind.CLIENT,
    spanContext: () => spanContext,
    parentSpanContext: { ...spanContext, spanId: '00f067aa0ba902b7' },
    startTime: [1_790_000_000, 123_456_000 + index],
    endTime: [1_790_000_000, 987_654_000 + index],
    status: { code: SpanStatusCode.UNSET },
    attributes: {
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'url.full': `https://shop.example/orders/${index}?verbose=true`,
      'server.address': 'shop.example',
      'server.port': 443,
      'network.peer.address': '203.0.113.7',
      'user_agent.original': 'node',
    },
    links: [],
    events: [],
    duration: [0, 864_198_000],
    ended: true,
    resource: RESOURCE,
    instrumentationScope: { name: '@opentelemetry/instrumentation-http', version: '0.223.0' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function scan(body: Uint8Array): number {
  let items = 0;
  if (countItems(body) === undefined) throw new Error('expected a sound request, got another');
  scanRequest('traces', body, INTERNERS, () => {
    items += 1;
  });
  return items;
}

function transcode(body: Buffer): number {
  const read = fromJson('traces', body.toString('utf8'));
  if (!read.ok) throw new Error(read.seen);
  return scan(read.body);
}

function cpuMsOf(work: () => number): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function main(): void {
  const [, , count, rounds] = process.argv;
  const requests = Array.from({ length: Number(count) / SPANS_PER_REQUEST }, (_, request) =>
    Array.from({ length: SPANS_PER_REQUEST }, (__, span) =>
      createSpan(request * SPANS_PER_REQUEST + span),
    ),
  );
  const serialize = (serializer: typeof JsonTraceSerializer): Buffer[] =>
    requests.map((spans) => Buffer.from(serializer.serializeRequest(spans) ?? []));
  const protobuf = serialize(ProtobufTraceSerializer);
  const json = serialize(JsonTraceSerializer);
  const each = (bodies: readonly Buffer[], work: (body: Buffer) => number) => (): number =>
    bodies.reduce((items, body) => items + work(body), 0);
  const samples: Record<'scan' | 'transcode' | 'parse', number[]> = {
    scan: [],
    transcode: [],
    parse: [],
  };
  for (let round = 0; round < Number(rounds); round += 1) {
    samples.scan.push(cpuMsOf(each(protobuf, scan)));
    samples.transcode.push(cpuMsOf(each(json, transcode)));
    samples.parse.push(
      cpuMsOf(each(json, (body) => Number(JSON.parse(body.toString('utf8')) !== 0))),
    );
  }
  const bytes = { protobuf: sizeOf(protobuf), json: sizeOf(json) };
  process.stdout.write(JSON.stringify({ bytes, ...samples }));
}

function sizeOf(bodies: readonly Buffer[]): number {
  return bodies.reduce((sum, body) => sum + body.length, 0);
}

main();
