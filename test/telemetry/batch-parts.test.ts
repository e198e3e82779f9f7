import fc from 'fast-check';
import { countRecords, splitBatch } from '../../src/telemetry/batch-parts';
import { cpuRatio } from '../cpu';

/** JSON as any serializer may write it. */
const arrays = fc
  .tuple(
    fc.array(fc.jsonValue()),
    fc.constantFrom(undefined, ' ', '\t', ' '.repeat(10)),
    fc.constantFrom('', ' \n', '\ufeff'),
  )
  .map(([values, space, before]) => ({
    values,
    text: before + JSON.stringify(values, null, space),
  }));

it('the parts of an array hold its records, in their order', () => {
  fc.assert(
    fc.property(arrays, fc.integer({ min: 1, max: 50 }), ({ values, text }, length) => {
      const parts = [...splitBatch(text, length)];
      const read = parts.flatMap(([part]) => JSON.parse(part.replace('\ufeff', '')) as unknown[]);
      expect(JSON.stringify(read)).toBe(JSON.stringify(values));
      expect(parts.at(-1)?.[1]).toBe(text.length);
    }),
  );
});

it('the records of an array are counted, from any part on', () => {
  fc.assert(
    fc.property(arrays, fc.integer({ min: 1, max: 50 }), ({ values, text }, length) => {
      expect(countRecords(text)).toBe(values.length);
      let left = values.length;
      for (const [part, rest] of splitBatch(text, length)) {
        left -= (JSON.parse(part.replace('\ufeff', '')) as unknown[]).length;
        if (rest < text.length) expect(countRecords(text, rest)).toBe(left);
      }
    }),
  );
});

it.each([
  ['', 0],
  ['{"a":[1,2]}', 1],
  ['no JSON', 1],
  ['[1,{"a":"b', 2],
  ['[]', 0],
  ['[1', 1],
])('%j has %d records', (text, records) => {
  expect(countRecords(text)).toBe(records);
});

it('space of any length stands between and within records', () => {
  const wide = ' \n'.repeat(150);
  const text = `[${wide}1${wide},${wide}{"a":${wide}[2,"${wide.replaceAll('\n', ',')}"${wide}]},${wide}3${wide}]`;
  const parts = [...splitBatch(text, 1)].map(([part]) => part);
  expect(parts).toHaveLength(3);
  expect(parts.flatMap((part) => JSON.parse(part) as unknown[])).toEqual(JSON.parse(text));
  expect(countRecords(text)).toBe(3);
});

it('a body that is not an array is one part', () => {
  expect([...splitBatch('{"a": 1}', 2)]).toEqual([['{"a": 1}', 8]]);
});

it.each([
  ['backslashes', `["${'\\\\'.repeat(200_000)}"]`],
  ['quotes', `["${'\\"'.repeat(200_000)}"]`],
  ['brackets', '['.repeat(400_000)],
  ['spaces', `[${' '.repeat(400_000)}]`],
  ['commas', `[${','.repeat(400_000)}`],
])('many %s cost no more than JSON.parse of as many records', async (_what, text) => {
  const plain = JSON.stringify(Array.from({ length: 20_000 }, () => 'x'.repeat(17)));
  const repeat = (work: () => unknown) => () => {
    for (let run = 0; run < 5; run += 1) work();
  };
  const count = repeat(() => countRecords(text));
  const parse = repeat(() => JSON.parse(plain) as unknown);
  expect(await cpuRatio(count, parse, 20)).toBeLessThan(20);
});
