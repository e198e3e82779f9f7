// How requests of a signal are encoded and answers read: our own protobuf encoders, or the JSON serializers
// of @opentelemetry/otlp-transformer, which only http/json loads, behind one shape.
import type { ISerializer } from '@opentelemetry/otlp-transformer';
import type { SignalValues } from '../queue/buffer';
import type { Signal } from '../delivery';
import { decodeExportAnswer } from './export-answer';
import { encodeLogRequest } from './log-request';
import { encodeMetricsRequest } from './metrics-request';
import { encodeTraceRequest } from './trace-request';

interface PartialSuccess {
  readonly rejected: number;
  readonly message: string;
}

export interface Codec<S extends Signal> {
  /** Undefined or an exception: these values cannot be encoded. */
  encode(values: readonly SignalValues[S][]): Uint8Array | undefined;
  /** What the answer says about rejected items. Throws when it is no OTLP answer. */
  decodeAnswer(body: Uint8Array): PartialSuccess;
}

export type Serializers = { readonly [S in Signal]: Codec<S> };

export const protobufCodecs: Serializers = {
  traces: { encode: encodeTraceRequest, decodeAnswer: decodeExportAnswer },
  metrics: {
    encode: ([window]) => window && encodeMetricsRequest(window),
    decodeAnswer: decodeExportAnswer,
  },
  logs: { encode: encodeLogRequest, decodeAnswer: decodeExportAnswer },
};

export async function loadJsonCodecs(): Promise<Serializers> {
  const { jsonSerializers } = await import('./json-serializers');
  return toCodecs(jsonSerializers.traces, jsonSerializers.metrics, jsonSerializers.logs);
}

/** An answer's int64 counts are strings in OTLP/JSON. */
interface Answer {
  readonly partialSuccess?: {
    readonly rejectedSpans?: number | string;
    readonly rejectedDataPoints?: number | string;
    readonly rejectedLogRecords?: number | string;
    readonly errorMessage?: string;
  } | null;
}

function toCodecs(
  traces: ISerializer<SignalValues['traces'][], Answer>,
  metrics: ISerializer<SignalValues['metrics'], Answer>,
  logs: ISerializer<SignalValues['logs'][], Answer>,
): Serializers {
  return {
    traces: {
      encode: (spans) => traces.serializeRequest([...spans]),
      decodeAnswer: (body) => toPartialSuccess(traces.deserializeResponse(body)),
    },
    metrics: {
      encode: ([window]) => (window === undefined ? undefined : metrics.serializeRequest(window)),
      decodeAnswer: (body) => toPartialSuccess(metrics.deserializeResponse(body)),
    },
    logs: {
      encode: (records) => logs.serializeRequest([...records]),
      decodeAnswer: (body) => toPartialSuccess(logs.deserializeResponse(body)),
    },
  };
}

function toPartialSuccess({ partialSuccess }: Answer): PartialSuccess {
  const rejected = Number(
    partialSuccess?.rejectedSpans ??
      partialSuccess?.rejectedDataPoints ??
      partialSuccess?.rejectedLogRecords ??
      0,
  );
  return {
    rejected: Number.isFinite(rejected) && rejected > 0 ? rejected : 0,
    message: partialSuccess?.errorMessage ?? '',
  };
}
