import fc from 'fast-check';
import { decodeOtlp, encodeOtlpMessage, tryDecodeOtlp } from 'local-lambda/otlp/decode';
import { REQUEST_MESSAGE } from 'local-lambda/otlp/schema';
import { FieldReader, isWellFramed } from '../../src/relay/field-reader';
import { createInterner } from '../../src/relay/fill-resource';
import { bytesOf } from '../../src/relay/item';
import type { RawItem, Signal } from '../../src/relay/item';
import { MessageWriter } from '../../src/relay/message-writer';
import type { EnvelopeInterners, ReceivedItems } from '../../src/relay/scan-request';
import { countItems, scanRequest } from '../../src/relay/scan-request';
import { arbitraryRequest, damagedRequest, signals } from './arbitrary-request';

const keepEnvelopes = (): EnvelopeInterners => ({
  toResource: createInterner((envelope) => envelope),
  toScope: createInterner((envelope) => envelope),
});

function scan<S extends Signal>(signal: S, body: Uint8Array): readonly ReceivedItems[S][] {
  const items: ReceivedItems[S][] = [];
  scanRequest(signal, body, keepEnvelopes(), (item) => items.push(item));
  return items;
}

/** Each item in envelopes of its own: what a reader of protobuf makes of it must not change. */
function encodeOneByOne(items: readonly RawItem[]): Uint8Array {
  const writer = new MessageWriter();
  for (const item of items) {
    const { resource, scope } = item;
    writer.tag(1, 2);
    const perResource = writer.begin();
    writer.tag(1, 2);
    const resourceStart = writer.begin();
    writer.raw(resource.bytes);
    writer.end(resourceStart);
    writer.tag(2, 2);
    const perScope = writer.begin();
    writer.tag(1, 2);
    const scopeStart = writer.begin();
    writer.raw(scope.bytes);
    writer.end(scopeStart);
    writer.tag(2, 2);
    const start = writer.begin();
    writer.raw(bytesOf(item));
    writer.end(start);
    writer.tag(3, 2);
    writer.text(scope.schemaUrl);
    writer.end(perScope);
    writer.tag(3, 2);
    writer.text(resource.schemaUrl);
    writer.end(perResource);
  }
  return writer.finish();
}

const emptyResource = { attributes: [], droppedAttributesCount: 0, entityRefs: [] };
const emptyScope = { attributes: [], droppedAttributesCount: 0, name: '', version: '' };

interface FlatItem {
  readonly resource: unknown;
  readonly scope: unknown;
  readonly item: unknown;
}

function flatten(signal: Signal, body: Uint8Array): readonly FlatItem[] {
  const lists = {
    traces: ['resourceSpans', 'scopeSpans', 'spans'],
    metrics: ['resourceMetrics', 'scopeMetrics', 'metrics'],
    logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
  } as const;
  type Nested = Readonly<Record<string, unknown>>;
  const [outer, middle, inner] = lists[signal];
  const listOf = (object: Nested, name: string): readonly Nested[] =>
    (object[name] ?? []) as readonly Nested[];
  const urlOf = ({ schemaUrl }: Nested): unknown => schemaUrl ?? '';
  return listOf(decodeOtlp(signal, body) as unknown as Nested, outer).flatMap((perResource) =>
    listOf(perResource, middle).flatMap((perScope) =>
      listOf(perScope, inner).map((item) => ({
        resource: [perResource['resource'] ?? emptyResource, urlOf(perResource)],
        scope: [perScope['scope'] ?? emptyScope, urlOf(perScope)],
        item,
      })),
    ),
  );
}

const items = (...bytes: readonly number[]): Uint8Array => Uint8Array.from(bytes);

describe('scanRequest', () => {
  it.each(signals)(
    'finds every item of any request of %s, with its resource and scope',
    (signal) => {
      fc.assert(
        fc.property(arbitraryRequest(signal), (body) => {
          const found = scan(signal, body);
          expect(countItems(body)).toBe(found.length);
          expect(flatten(signal, encodeOneByOne(found))).toEqual(flatten(signal, body));
        }),
      );
    },
  );

  it.each(signals)('hands out bytes of the body of %s, each once and in order', (signal) => {
    fc.assert(
      fc.property(arbitraryRequest(signal), (body) => {
        let behind = 0;
        for (const { block, start, end } of scan(signal, body)) {
          expect(block).toBe(body);
          expect(start).toBeGreaterThanOrEqual(behind);
          behind = end;
        }
      }),
    );
  });

  it('takes bytes of no meaning without a throw and finds as many items as it counted', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom(...signals),
        (body, signal) => {
          const count = countItems(body);
          if (count !== undefined) expect(scan(signal, body)).toHaveLength(count);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each(signals)('takes what protobufjs takes of damaged requests of %s', (signal) => {
    fc.assert(
      fc.property(damagedRequest(signal), (body) => {
        const count = countItems(body);
        const { ok } = tryDecodeOtlp(signal, body);
        // Groups are refused here and skipped there: the other direction does not hold.
        if (count === undefined) return;
        expect(scan(signal, body)).toHaveLength(count);
        if (ok && count > 0) expect(flatten(signal, body)).toHaveLength(count);
      }),
    );
  });

  it.each([
    ['nothing', items(), 0],
    ['an empty envelope', items(0x0a, 0x00), 0],
    ['an empty scope', items(0x0a, 0x02, 0x12, 0x00), 0],
    ['one empty item', items(0x0a, 0x04, 0x12, 0x02, 0x12, 0x00), 1],
    ['an unknown field beside the envelopes', items(0x10, 0x05, 0x0a, 0x00), 0],
    ['an overlong varint of ten bytes', items(0x10, ...Array<number>(9).fill(0x80), 0), 0],
  ])('counts the items of %s', (_, body, count) => {
    expect(countItems(body)).toBe(count);
  });

  it.each([
    ['a length past the end', items(0x0a, 0x05, 0x12)],
    ['a length of 2^63', items(0x0a, ...Array<number>(8).fill(0xff), 0x7f)],
    ['a varint that does not end', items(0x10, 0x80)],
    ['a varint of eleven bytes', items(0x10, ...Array<number>(10).fill(0x80), 0)],
    ['field 0', items(0x02, 0x00)],
    ['a group', items(0x0b, 0x0c)],
    ['wire type 6', items(0x0e)],
    ['wire type 7', items(0x0f)],
    ['a fixed64 past the end', items(0x09, 1, 2, 3)],
    ['a broken scope', items(0x0a, 0x03, 0x12, 0x01, 0x12)],
    ['a broken item', items(0x0a, 0x05, 0x12, 0x03, 0x12, 0x01, 0x0a)],
    ['a broken resource', items(0x0a, 0x03, 0x0a, 0x01, 0x0a)],
    ['a second envelope that breaks', items(0x0a, 0x00, 0x0a)],
  ])('refuses %s', (_, body) => {
    expect(countItems(body)).toBeUndefined();
  });

  it('merges a resource that comes in two parts, wherever they stand', () => {
    const attribute = (key: string): Record<string, unknown> => ({ key, value: { intValue: 1 } });
    const resource = (key: string): Uint8Array =>
      encodeOtlpMessage('ResourceSpans', { resource: { attributes: [attribute(key)] } });
    const spans = encodeOtlpMessage('ResourceSpans', { scopeSpans: [{ spans: [{ name: 'a' }] }] });
    const writer = new MessageWriter();
    writer.tag(1, 2);
    const start = writer.begin();
    for (const part of [resource('a'), spans, resource('b')]) writer.raw(part);
    writer.end(start);
    const [span] = scan('traces', writer.finish());
    expect(flatten('traces', encodeOneByOne(span === undefined ? [] : [span]))[0]).toMatchObject({
      resource: [{ attributes: [{ key: 'a' }, { key: 'b' }] }, ''],
    });
  });

  it('gives items with equal resources one resource, across requests', () => {
    const body = encodeOtlpMessage(REQUEST_MESSAGE.logs, {
      resourceLogs: [1, 2].map(() => ({
        resource: { attributes: [{ key: 'a', value: { stringValue: 'b' } }] },
        scopeLogs: [{ scope: { name: 'c' }, logRecords: [{}, {}] }],
      })),
    });
    const interners = keepEnvelopes();
    const found: RawItem[] = [];
    for (const copy of [body, body.subarray()]) {
      scanRequest('logs', copy, interners, (item) => found.push(item));
    }
    expect(found).toHaveLength(8);
    expect(new Set(found.map(({ resource }) => resource)).size).toBe(1);
    expect(new Set(found.map(({ scope }) => scope)).size).toBe(1);
    expect(found[0]?.resource.bytes.buffer).not.toBe(body.buffer);
  });
});

it('a message is well-framed where a reader comes to its end', () => {
  const field = fc.tuple(
    fc.constantFrom(
      [0x08],
      [0x12],
      [0x1d],
      [0x21],
      [0x82, 0x01],
      [0x8a, 0x80, 0x01],
      [0x0b],
      [0x02],
    ),
    fc.constantFrom(
      [0x00],
      [0x02, 1, 1],
      [0x85, 0x00, 1, 1, 1, 1, 1],
      [0x80, 0x80, 0x00],
      [1, 1, 1, 1],
    ),
  );
  const message = fc.array(
    fc.oneof(
      field,
      fc.array(fc.nat(255), { maxLength: 12 }).map((some) => [some]),
    ),
  );
  fc.assert(
    fc.property(message, fc.nat(4), (parts, cut) => {
      const bytes = Uint8Array.from(parts.flat(2));
      const end = Math.max(bytes.length - cut, 0);
      const reader = new FieldReader(bytes);
      reader.enter(0, end);
      while (reader.next());
      expect(isWellFramed(bytes, 0, end)).toBe(!reader.isMalformed);
    }),
  );
});
