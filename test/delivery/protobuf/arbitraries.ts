// Values that requests are made of, with those at which an encoding changes.
import { resourceFromAttributes } from '@opentelemetry/resources';
import fc from 'fast-check';

export const hex = (digits: number) =>
  fc.string({
    unit: fc.constantFrom(...Array.from('0123456789abcdef')),
    minLength: digits,
    maxLength: digits,
  });
/** Texts around the lengths at which the length of a length changes, in every plane of Unicode. */
export const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 300 }),
  fc
    .tuple(fc.constantFrom('a', 'é', '漢', '😀', '\ud800'), fc.integer({ min: 0, max: 17_000 }))
    .map(([unit, length]) => unit.repeat(length)),
);
export const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.boolean(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double(),
    fc.constantFrom(null, undefined, -0, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 62, -(2 ** 63), 2 ** 63),
    fc.uint8Array({ maxLength: 200 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }),
  ),
}));
export const attributes = fc.dictionary(
  fc.oneof(fc.constantFrom('faas.invocation_id', 'a'), text),
  fc.oneof(fc.constantFrom('6f747dcf-d4c8-42fd-a83e-6bd1c2d61eb7', 'x', ''), value),
  { maxKeys: 5 },
);
export const hrTime = fc.tuple(
  fc.oneof(fc.constantFrom(0, 1_795_242_360, 1_795_242_361), fc.integer({ min: 0, max: 18e9 })),
  fc.integer({ min: 0, max: 999_999_999 }),
);
export const resources = [
  resourceFromAttributes({ 'service.name': 'a', 'faas.max_memory': 134_217_728, list: ['b', 'c'] }),
  resourceFromAttributes({}, { schemaUrl: 'https://opentelemetry.io/schemas/1.40.0' }),
] as const;
export const scopes = [
  { name: 'function', version: '1.2.3' },
  { name: '', schemaUrl: 'https://example.org/schema' },
];
export const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

export const asHex = (bytes: Uint8Array | undefined): string =>
  Buffer.from(bytes ?? []).toString('hex');
