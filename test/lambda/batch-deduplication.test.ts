import fc from 'fast-check';
import { createDeduplication } from '../../src/lambda/batch-deduplication';

const body = Buffer.from('[{"time":"t","type":"function","record":"größe"}]');

it('recognizes a batch that comes again', () => {
  const isDuplicate = createDeduplication();
  expect(isDuplicate({ sequenceId: 'a', bytes: body })).toBe(false);
  expect(isDuplicate({ sequenceId: 'a', bytes: Buffer.from(body) })).toBe(true);
});

it('the deduplication keeps other content under the same id, and the same content under another', () => {
  const isDuplicate = createDeduplication();
  isDuplicate({ sequenceId: 'a', bytes: body });
  expect(isDuplicate({ sequenceId: 'a', bytes: Buffer.from('[]') })).toBe(false);
  expect(isDuplicate({ sequenceId: 'b', bytes: body })).toBe(false);
});

it.each([undefined, ''])(
  'the deduplication keeps equal batches without an id (%p)',
  (sequenceId) => {
    const isDuplicate = createDeduplication();
    expect(isDuplicate({ sequenceId, bytes: body })).toBe(false);
    expect(isDuplicate({ sequenceId, bytes: body })).toBe(false);
  },
);

it('remembers the latest 256 batches and no more', () => {
  const isDuplicate = createDeduplication();
  for (let index = 0; index < 257; index += 1)
    isDuplicate({ sequenceId: String(index), bytes: body });
  expect(isDuplicate({ sequenceId: '1', bytes: body })).toBe(true);
  expect(isDuplicate({ sequenceId: '0', bytes: body })).toBe(false);
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
        const isDuplicate = createDeduplication();
        isDuplicate({ sequenceId: 'a', bytes: Buffer.from(bytes) });
        return !isDuplicate({ sequenceId: 'a', bytes: Buffer.from(changed) });
      },
    ),
  );
});
