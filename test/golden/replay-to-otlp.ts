// Stored events → the protobuf requests that the extension would send → decoded by an independent reader.
import {
  encodeLogRequest,
  encodeMetricsRequest,
  encodeTraceRequest,
} from '../../src/replay/encode-request';
import { ItemEncoder } from '../../src/delivery/codec/item-encoder';
import { createEnvironment } from '../../src/environment';
import type { Signal } from '../../src/delivery/delivery';
import { decodeOtlp } from 'local-lambda/otlp/decode';
import type { OtlpRequests } from 'local-lambda/otlp/model';
import { readInput } from '../../src/replay/read-input';
import type { ReplayItem } from '../../src/replay/read-input';
import { replay } from '../../src/replay/replay';
import { silentDiagnostics } from '../extension/recorded-diagnostics';

export type DecodedRequest = {
  [S in Signal]: { readonly signal: S; readonly request: OtlpRequests[S] };
}[Signal];

/** Fixed, so that a golden file does not change from machine to machine. */
const FIXED_UUID = '0f0e0d0c-0b0a-4908-8706-050403020100';

function decode(signal: Signal, bytes: Uint8Array): DecodedRequest {
  return { signal, request: decodeOtlp(signal, bytes) } as DecodedRequest;
}

/** What would differ from one developer's machine to another's. */
const MACHINE = { OTEL_RESOURCE_ATTRIBUTES: 'host.arch=amd64' };

export interface ReplayToOtlpOptions {
  readonly variables?: Readonly<Record<string, string>>;
  readonly chunkEvents?: number;
}

export async function replayToOtlp(
  texts: readonly string[],
  options: ReplayToOtlpOptions = {},
): Promise<DecodedRequest[]> {
  return replayItemsToOtlp(
    texts.flatMap((text) => readInput(text)),
    options,
  );
}

export async function replayItemsToOtlp(
  items: readonly ReplayItem[],
  { variables = {}, chunkEvents }: ReplayToOtlpOptions = {},
): Promise<DecodedRequest[]> {
  const requests: DecodedRequest[] = [];
  const encoder = new ItemEncoder(() => {
    throw new Error('expected every item to be encoded, one was not');
  });
  await replay(items, {
    environment: createEnvironment({ ...MACHINE, ...variables }, silentDiagnostics),
    createEnvironmentId: () => FIXED_UUID,
    ...(chunkEvents === undefined ? {} : { chunkEvents }),
    sink: {
      spans(spans) {
        requests.push(decode('traces', encodeTraceRequest(encoder, spans)));
      },
      logRecords(records) {
        requests.push(decode('logs', encodeLogRequest(encoder, records)));
      },
      metrics(window) {
        requests.push(decode('metrics', encodeMetricsRequest(encoder, window)));
      },
    },
  });
  return requests;
}
