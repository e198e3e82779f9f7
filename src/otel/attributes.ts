// The attribute limits of the OpenTelemetry SDK specification: how many, how long.
// Source: https://opentelemetry.io/docs/specs/otel/common/#attribute-limits
import type { Attributes, AttributeValue } from '@opentelemetry/api';

export interface AttributeLimits {
  /** OTEL_ATTRIBUTE_COUNT_LIMIT, 128 by default. */
  readonly maxCount: number;
  /** OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT in characters, none (Infinity) by default. */
  readonly maxValueLength: number;
}

/** Cuts long strings; attributes past the count are left out and counted. */
export function limitAttributes(
  attributes: Attributes,
  { maxCount, maxValueLength }: AttributeLimits,
): { readonly attributes: Attributes; readonly dropped: number } {
  const names = Object.keys(attributes);
  if (names.length <= maxCount && maxValueLength === Number.POSITIVE_INFINITY) {
    return { attributes, dropped: 0 };
  }
  const kept: Attributes = {};
  for (const name of names.slice(0, maxCount)) {
    const value = attributes[name];
    if (value !== undefined) kept[name] = cut(value, maxValueLength);
  }
  return { attributes: kept, dropped: Math.max(0, names.length - maxCount) };
}

function cut(value: AttributeValue, maxLength: number): AttributeValue {
  if (typeof value === 'string') return value.slice(0, maxLength);
  if (!Array.isArray(value)) return value;
  const items: unknown[] = value;
  return items.map((item) =>
    typeof item === 'string' ? item.slice(0, maxLength) : item,
  ) as AttributeValue;
}
