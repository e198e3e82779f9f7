// Export requests of every signal with every field of the independent schema, as protobufjs encodes them.
import fc from 'fast-check';
import { encodeOtlpMessage } from 'local-lambda/otlp/decode';
import { OTLP_MESSAGES, REQUEST_MESSAGE } from 'local-lambda/otlp/schema';
import type { FieldSpec } from 'local-lambda/otlp/schema';
import type { Signal } from '../../src/relay/item';

export const signals: readonly Signal[] = ['traces', 'metrics', 'logs'];

/** Fields that OTLP/JSON does not have yet. */
const isYoung = ({ name }: FieldSpec): boolean => name.endsWith('Strindex');

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });

const scalars: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  string: fc.string({ unit: 'grapheme', maxLength: 12 }),
  bool: fc.boolean(),
  enum: fc.nat({ max: 24 }),
  uint32: fc.nat(),
  int32: fc.integer(),
  sint32: fc.integer(),
  fixed32: fc.nat(),
  double: fc.double(),
  bytes: fc.uint8Array({ maxLength: 20 }),
};
const wide = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const asLong = (value: bigint): unknown => ({
  low: Number(BigInt.asIntN(32, value)),
  high: Number(BigInt.asIntN(32, value >> 32n)),
});

function valueOf(field: FieldSpec, depth: number): fc.Arbitrary<unknown> {
  const { type, name } = field;
  if (type === 'bytes' && /[tT]raceId$/.test(name)) return bytes(16);
  if (type === 'bytes' && /[sS]panId$/.test(name)) return fc.oneof(bytes(8), bytes(0));
  return scalars[type] ?? (OTLP_MESSAGES.has(type) ? message(type, depth + 1) : wide.map(asLong));
}

function message(name: string, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const fields = (OTLP_MESSAGES.get(name) ?? []).filter((field) => !isYoung(field));
  const isDeep = depth > 7;
  const shallow = isDeep ? fields.filter(({ type }) => !OTLP_MESSAGES.has(type)) : fields;
  const one = shallow.filter(({ presence }) => presence?.startsWith('_') !== false);
  const entry = (field: FieldSpec): fc.Arbitrary<unknown> =>
    field.repeated
      ? fc.array(valueOf(field, depth), { maxLength: 3 })
      : fc.option(valueOf(field, depth), { nil: undefined });
  const plain = one.filter(({ presence }) => presence === undefined);
  const optional = shallow.filter(({ presence }) => presence?.startsWith('_') === true);
  const choices = one.filter(({ presence }) => presence !== undefined);
  const record = fc.record(
    Object.fromEntries([...plain, ...optional].map((field) => [field.name, entry(field)])),
  );
  if (choices.length === 0) return record.map(withoutAbsent);
  const choice = fc
    .constantFrom(...choices)
    .chain((field) => fc.record({ [field.name]: valueOf(field, depth) }));
  return fc.tuple(record, choice).map(([own, chosen]) => withoutAbsent({ ...own, ...chosen }));
}

function withoutAbsent(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

export function arbitraryRequest(signal: Signal): fc.Arbitrary<Uint8Array> {
  const name = REQUEST_MESSAGE[signal];
  return message(name, 0).map((value) => new Uint8Array(encodeOtlpMessage(name, value)));
}

/** Requests with one to three bytes changed, cut or put in. */
export function damagedRequest(signal: Signal): fc.Arbitrary<Uint8Array> {
  const change = fc.record({
    at: fc.nat(),
    byte: fc.nat({ max: 255 }),
    removed: fc.nat({ max: 3 }),
  });
  return fc
    .tuple(arbitraryRequest(signal), fc.array(change, { minLength: 1, maxLength: 3 }))
    .map(([body, changes]) => {
      const damaged = [...body];
      for (const { at, byte, removed } of changes) {
        damaged.splice(at % (damaged.length + 1), removed, byte);
      }
      return Uint8Array.from(damaged);
    });
}
