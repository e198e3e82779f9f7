// The native protobuf writer gives the bytes that the one in TypeScript gives.
import fc from 'fast-check';
import { bundleProgram, runOnHost, runOnNode } from './host-layer';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ minLength: 100, maxLength: 300 }),
  fc.constantFrom('', 'é'.repeat(70), '\ud800', 'a\udc00b', '😀'.repeat(40)),
);
const number = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, 127, 128, 2 ** 31, 2 ** 53, -(2 ** 53), -1, 1e20, 0.5),
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    text,
    number,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(text, tie('any'), { maxKeys: 4 }),
  ),
})).any;
const hex = (digits: number): fc.Arbitrary<string> =>
  fc.string({
    unit: fc.constantFrom(...Array.from('0123456789abcdef')),
    minLength: digits,
    maxLength: digits,
  });
const record = fc.record({
  hrTime: fc.tuple(fc.integer({ min: 0, max: 4e9 }), fc.integer({ min: 0, max: 999_999_999 })),
  hrTimeObserved: fc.constant([1_709_367_300, 5]),
  severityNumber: fc.option(fc.integer({ min: 1, max: 24 }), { nil: undefined }),
  severityText: fc.option(text, { nil: undefined }),
  body: value,
  attributes: fc.dictionary(
    fc.oneof(text, fc.constantFrom('lambda.init_ms', 'lambda.x', 'a_ms')),
    value,
    {
      maxKeys: 6,
    },
  ),
  droppedAttributesCount: fc.nat({ max: 300 }),
  spanContext: fc.option(
    fc.record({ traceId: hex(32), spanId: hex(16), traceFlags: fc.constantFrom(0, 1) }),
    { nil: undefined },
  ),
  eventName: fc.option(text, { nil: undefined }),
});

test('log records and their resource are the same bytes on both hosts', () => {
  const program = bundleProgram(`
    import { readFileSync, writeSync } from 'node:fs';
    import { ItemEncoder } from './src/delivery/codec/item-encoder';
    const resource = { attributes: { 'service.name': 'orders', list: ['a', 1] }, schemaUrl: 'https://x' };
    const instrumentationScope = { name: 'scope', version: '1' };
    const requests = JSON.parse(readFileSync(process.env.INPUT, 'utf8'));
    for (const records of requests) {
      const full = records.map((record) => ({ ...record, resource, instrumentationScope }));
      const items = new ItemEncoder(() => undefined).encodeLogRecords(full);
      const parts = items.map(({ block, start, end, resource: owner }) => [
        Buffer.from(block).toString('hex', start, end),
        Buffer.from(owner.bytes).toString('hex'),
      ]);
      writeSync(1, JSON.stringify(parts) + '\\n');
    }
    process.exit(0);
  `);
  const requests = fc.sample(fc.array(record, { maxLength: 5 }), { numRuns: 300, seed: 7 });
  const input = JSON.stringify(requests);
  const toPairs = (output: string): unknown[] =>
    output.split('\n').map((bytes, index) => [JSON.stringify(requests[index]), bytes]);
  expect(toPairs(runOnHost(program, input))).toEqual(toPairs(runOnNode(program, input)));
});
