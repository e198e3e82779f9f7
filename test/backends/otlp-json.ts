// OTLP/JSON's AnyValue as the plain value it stands for: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding

interface AnyValue {
  readonly stringValue?: string;
  readonly intValue?: string | number;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
  readonly arrayValue?: { readonly values?: readonly AnyValue[] };
  readonly kvlistValue?: {
    readonly values?: readonly { readonly key: string; readonly value?: AnyValue }[];
  };
}

/** null for an empty value. 64-bit integers become numbers. */
export function plainValue(value: AnyValue | undefined): unknown {
  if (value === undefined) return null;
  if (value.intValue !== undefined) return Number(value.intValue);
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(plainValue);
  if (value.kvlistValue !== undefined) {
    const entries = value.kvlistValue.values ?? [];
    return Object.fromEntries(entries.map((entry) => [entry.key, plainValue(entry.value)]));
  }
  return value.stringValue ?? value.doubleValue ?? value.boolValue ?? null;
}
