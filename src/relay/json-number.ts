// The forms in which SDKs write numbers in OTLP/JSON: number, text, or the two halves of a 64-bit integer.
// Nothing where a value is none of them or does not fit.
// Source: protobuf.dev, "ProtoJSON Format"; OTLP specification, "JSON Protobuf Encoding"

import type { Scalar } from './schema';

export type Integer32 = Extract<Scalar, 'uint32' | 'int32' | 'sint32' | 'fixed32' | 'enum'>;
export type Integer64 = Extract<Scalar, 'int64' | 'uint64' | 'fixed64' | 'sfixed64'>;

const RANGES = {
  uint32: { min: 0, max: 0xffffffff },
  fixed32: { min: 0, max: 0xffffffff },
  int32: { min: -0x80000000, max: 0x7fffffff },
  sint32: { min: -0x80000000, max: 0x7fffffff },
  enum: { min: -0x80000000, max: 0x7fffffff },
} as const satisfies Record<Integer32, { readonly min: number; readonly max: number }>;

export function toInteger32(type: Integer32, value: unknown): number | undefined {
  const number = typeof value === 'string' ? toNumber(value) : value;
  const { min, max } = RANGES[type];
  if (typeof number !== 'number' || !Number.isInteger(number)) return undefined;
  return number >= min && number <= max ? number : undefined;
}

export function toInteger64(isSigned: boolean, value: unknown): bigint | undefined {
  const integer = toBigInt(value, isSigned);
  if (integer === undefined) return undefined;
  const kept = isSigned ? BigInt.asIntN(64, integer) : BigInt.asUintN(64, integer);
  return kept === integer ? integer : undefined;
}

const MAX_INTEGER_DIGITS = 20;

function toBigInt(value: unknown, isSigned: boolean): bigint | undefined {
  if (typeof value === 'string') {
    // More digits than 64 bits have would cost more than linear time.
    if (value.length <= MAX_INTEGER_DIGITS && /^-?\d+$/.test(value)) return BigInt(value);
    return toBigInt(toNumber(value), isSigned);
  }
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : undefined;
  const { low, high } = (value ?? {}) as { readonly low?: unknown; readonly high?: unknown };
  if (!Number.isInteger(low) || !Number.isInteger(high)) return undefined;
  const halves = [high, low].map((half) => BigInt.asUintN(32, BigInt(half as number)));
  const [upper = 0n, lower = 0n] = halves;
  return BigInt[isSigned ? 'asIntN' : 'asUintN'](64, (upper << 32n) | lower);
}

export function toDouble(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  return value === 'NaN' ? NaN : toNumber(value);
}

function toNumber(text: string): number | undefined {
  if (text.trim() === '' || text !== text.trim() || /^[+-]?0[xob]/i.test(text)) return undefined;
  const number = Number(text);
  return Number.isNaN(number) ? undefined : number;
}
