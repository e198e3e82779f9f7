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
import type { ReceivedSpans } from '../../src/invocation/received-spans';
import { readInput } from '../../src/replay/read-input';
import type { ReplayItem } from '../../src/replay/read-input';
import { replay } from '../../src/replay/replay';
import { silentDiagnostics } from '../extension/recorded-diagnostics';

export type DecodedRequest = {
  [S in Signal]: { readonly signal: S; readonly request: OtlpRequests[S] };
}[Signal];

export interface SentRequest {
  readonly signal: Signal;
  /** Hexadecimal. */
  readonly bytes: string;
}

/** Fixed, so that a golden file does not change from machine to machine. */
const FIXED_UUID = '0f0e0d0c-0b0a-4908-8706-050403020100';

/** What would differ from one developer's machine to another's. */
const MACHINE = { OTEL_RESOURCE_ATTRIBUTES: 'host.arch=amd64' };

export interface ReplayToOtlpOptions {
  readonly variables?: Readonly<Record<string, string>>;
  readonly chunkEvents?: number;
  readonly createReceived?: () => ReceivedSpans;
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
  options: ReplayToOtlpOptions = {},
): Promise<DecodedRequest[]> {
  const requests = await replayToBytes(items, options);
  return requests.map(
    ({ signal, bytes }) =>
      ({ signal, request: decodeOtlp(signal, Buffer.from(bytes, 'hex')) }) as DecodedRequest,
  );
}

export async function replayToBytes(
  items: readonly ReplayItem[],
  { variables = {}, ...options }: ReplayToOtlpOptions = {},
): Promise<readonly SentRequest[]> {
  const requests: SentRequest[] = [];
  const send = (signal: Signal, bytes: Uint8Array): void => {
    requests.push({ signal, bytes: Buffer.from(bytes).toString('hex') });
  };
  const encoder = new ItemEncoder(() => {
    throw new Error('expected every item to be encoded, one was not');
  });
  await replay(items, {
    environment: createEnvironment({ ...MACHINE, ...variables }, silentDiagnostics),
    createEnvironmentId: () => FIXED_UUID,
    ...options,
    sink: {
      spans(spans) {
        send('traces', encodeTraceRequest(encoder, spans));
      },
      logRecords(records) {
        send('logs', encodeLogRequest(encoder, records));
      },
      metrics(window) {
        send('metrics', encodeMetricsRequest(encoder, window));
      },
    },
  });
  return requests;
}
