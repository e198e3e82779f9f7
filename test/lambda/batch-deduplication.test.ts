import fc from 'fast-check';
import { BatchDeduplication } from '../../src/lambda/batch-deduplication';

const body = Buffer.from('[{"time":"t","type":"function","record":"größe"}]');

it('recognizes a batch that comes again', () => {
  const deduplication = new BatchDeduplication();
  expect(deduplication.isDuplicate({ sequenceId: 'a', bytes: body })).toBe(false);
  expect(deduplication.isDuplicate({ sequenceId: 'a', bytes: Buffer.from(body) })).toBe(true);
});

it('keeps other content under the same id, and the same content under another', () => {
  const deduplication = new BatchDeduplication();
  deduplication.isDuplicate({ sequenceId: 'a', bytes: body });
  expect(deduplication.isDuplicate({ sequenceId: 'a', bytes: Buffer.from('[]') })).toBe(false);
  expect(deduplication.isDuplicate({ sequenceId: 'b', bytes: body })).toBe(false);
});

it.each([undefined, ''])('keeps equal batches without an id (%p)', (sequenceId) => {
  const deduplication = new BatchDeduplication();
  expect(deduplication.isDuplicate({ sequenceId, bytes: body })).toBe(false);
  expect(deduplication.isDuplicate({ sequenceId, bytes: body })).toBe(false);
});

it('remembers the latest 256 batches and no more', () => {
  const deduplication = new BatchDeduplication();
  for (let index = 0; index < 257; index += 1)
    deduplication.isDuplicate({ sequenceId: String(index), bytes: body });
  expect(deduplication.isDuplicate({ sequenceId: '1', bytes: body })).toBe(true);
  expect(deduplication.isDuplicate({ sequenceId: '0', bytes: body })).toBe(false);
});

it('distinguishes any two contents with the same id', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 64 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (bytes, at, by) => {
        fc.pre(bytes.length > 0);
        const changed = Uint8Array.from(bytes);
        const index = at % bytes.length;
        changed[index] = (changed[index] ?? 0) ^ by;
        const deduplication = new BatchDeduplication();
        deduplication.isDuplicate({ sequenceId: 'a', bytes: Buffer.from(bytes) });
        return !deduplication.isDuplicate({ sequenceId: 'a', bytes: Buffer.from(changed) });
      },
    ),
  );
});
