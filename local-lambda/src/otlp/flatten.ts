// OTLP requests as flat lists: each span, metric and log record beside the resource and the scope that
// it came under, attributes as plain objects. What tests assert on and the rendering draws from.
import type { AnyValue, KeyValue, LogRecord, Metric, OtlpRequests, Span } from './model';

/** An attribute value as JavaScript has it; integers beyond 2^53 are bigints, bytes base64 text. */
export type PlainValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue };

export type PlainAttributes = Readonly<Record<string, PlainValue>>;

interface Origin {
  readonly resource: PlainAttributes;
  readonly scopeName: string;
}

export type FlatSpan = Origin & { readonly span: Span };
export type FlatMetric = Origin & { readonly metric: Metric };
export type FlatLogRecord = Origin & { readonly logRecord: LogRecord };

export function toPlainValue(value: AnyValue | undefined): PlainValue {
  if (value === undefined) return null;
  if (value.intValue !== undefined) return toInteger(value.intValue);
  if (value.arrayValue !== undefined) return value.arrayValue.values.map(toPlainValue);
  if (value.kvlistValue !== undefined) return toPlainAttributes(value.kvlistValue.values);
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? value.bytesValue ?? null;
}

function toInteger(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

/** The last of duplicate keys wins; `checkOtlp` reports them. */
export function toPlainAttributes(attributes: readonly KeyValue[]): PlainAttributes {
  // fromEntries defines properties, so that a key named __proto__ is a key like any other.
  return Object.fromEntries(attributes.map(({ key, value }) => [key, toPlainValue(value)]));
}

function originOf(
  resource: { readonly attributes: readonly KeyValue[] } | undefined,
  scope: { readonly name: string } | undefined,
): Origin {
  return {
    resource: toPlainAttributes(resource?.attributes ?? []),
    scopeName: scope?.name ?? '',
  };
}

export function toFlatSpans(requests: readonly OtlpRequests['traces'][]): readonly FlatSpan[] {
  return requests.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ resource, scopeSpans }) =>
      scopeSpans.flatMap(({ scope, spans }) =>
        spans.map((span) => ({ ...originOf(resource, scope), span })),
      ),
    ),
  );
}

export function toFlatMetrics(requests: readonly OtlpRequests['metrics'][]): readonly FlatMetric[] {
  return requests.flatMap(({ resourceMetrics }) =>
    resourceMetrics.flatMap(({ resource, scopeMetrics }) =>
      scopeMetrics.flatMap(({ scope, metrics }) =>
        metrics.map((metric) => ({ ...originOf(resource, scope), metric })),
      ),
    ),
  );
}

export function toFlatLogRecords(
  requests: readonly OtlpRequests['logs'][],
): readonly FlatLogRecord[] {
  return requests.flatMap(({ resourceLogs }) =>
    resourceLogs.flatMap(({ resource, scopeLogs }) =>
      scopeLogs.flatMap(({ scope, logRecords }) =>
        logRecords.map((logRecord) => ({ ...originOf(resource, scope), logRecord })),
      ),
    ),
  );
}
