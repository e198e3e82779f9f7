// Requests that are put together of items: within their bound, every item once, whatever memory they share.
import fc from 'fast-check';
import { RequestDraft } from '../../../src/delivery/codec/request-builder';
import type { RawItem } from '../../../src/relay/item';
import { bytesOf } from '../../../src/relay/item';
import { tryDecodeOtlp } from 'local-lambda/otlp/decode';
import { makeLogRecord, range } from '../signal-items';
import { toDraft, toItems } from './encode';

const owners = range(3).map((index) => ({
  bytes: Buffer.from(`0a0${index}`, 'hex'),
  schemaUrl: index === 0 ? '' : 'x'.repeat(index * 100),
}));

/** Items in one block, some one behind the other as in a request, some with other bytes between. */
const items: fc.Arbitrary<RawItem[]> = fc
  .array(
    fc.record({
      length: fc.oneof(fc.nat({ max: 140 }), fc.constantFrom(16_383, 16_384)),
      between: fc.constantFrom('framed', 'nothing', 'another tag', 'a longer length'),
      resource: fc.constantFrom(...owners),
      scope: fc.constantFrom(...owners),
    }),
    { maxLength: 12 },
  )
  .map((parts) => {
    const block: number[] = [];
    const placed = parts.map(({ length, between, resource, scope }, index) => {
      const header = [0x12, ...varint(length)];
      if (between === 'framed') block.push(...header);
      if (between === 'another tag') block.push(0x1a, ...varint(length));
      if (between === 'a longer length') {
        const last = header.pop() ?? 0;
        block.push(...header, last | 0x80, 0);
      }
      const start = block.length;
      block.push(...new Array<number>(length).fill(index));
      return { start, end: block.length, resource, scope };
    });
    const bytes = Uint8Array.from(block);
    return placed.map((part) => ({ block: bytes, ...part }));
  });

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

/** What a request must be, one field at a time. */
function expectedOf(list: readonly RawItem[]): Buffer {
  const field = (tag: number, content: Uint8Array): Buffer =>
    Buffer.concat([Uint8Array.of(tag, ...varint(content.length)), content]);
  const text = (value: string): Buffer =>
    value === '' ? Buffer.alloc(0) : field(0x1a, Buffer.from(value));
  const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];
  return Buffer.concat(
    unique(list.map(({ resource }) => resource)).map((resource) => {
      const owned = list.filter((item) => item.resource === resource);
      const scopes = unique(owned.map(({ scope }) => scope)).map((scope) => {
        const own = owned.filter((item) => item.scope === scope);
        const messages = own.map((item) => field(0x12, bytesOf(item)));
        const content = [field(0x0a, scope.bytes), ...messages, text(scope.schemaUrl)];
        return field(0x12, Buffer.concat(content));
      });
      const content = [field(0x0a, resource.bytes), ...scopes, text(resource.schemaUrl)];
      return field(0x0a, Buffer.concat(content));
    }),
  );
}

it('is its items by resource and by scope, whatever stands between them in memory', () => {
  fc.assert(
    fc.property(items, (list) => {
      expect(Buffer.from(toDraft(list).finish()).equals(expectedOf(list))).toBe(true);
    }),
    { numRuns: 300 },
  );
});

it('takes what fits within its limit, and one item in any case', () => {
  fc.assert(
    fc.property(items, fc.nat({ max: 20_000 }), (list, maxBytes) => {
      const draft = new RequestDraft();
      const taken = list.filter((item) => draft.add(item, maxBytes));
      const { length } = draft.finish();
      expect(length).toBeLessThanOrEqual(draft.bytes);
      if (taken.length > 1) expect(length).toBeLessThanOrEqual(maxBytes);
      if (list.length > 0) expect(taken[0]).toBe(list[0]);
    }),
  );
});

it('of thousands of large and small log records holds each once, in order', () => {
  const bodies = range(3_000).map((index) => `${index} ${'é'.repeat((index * 37) % 900)}`);
  bodies[1_500] = 'x'.repeat(200_000);
  const records = bodies.map((body, index) => makeLogRecord(index, body));
  const decoded = tryDecodeOtlp('logs', toDraft(toItems('logs', records)).finish());
  const seen = decoded.ok ? decoded.otlp.resourceLogs[0]?.scopeLogs[0]?.logRecords : [];
  expect(seen?.map(({ body }) => body)).toEqual(bodies.map((body) => ({ stringValue: body })));
});
