// A sandbox whose function has an SDK of its own, and the spans that this SDK hands over.
import { encodeOtlpMessage } from 'local-lambda/otlp/decode';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { SpanKind } from '@opentelemetry/api';
import { createEnvironment } from '../../src/environment';
import { createReceivedSpans, createTranslator } from '../../src/extension/create-translator';
import { readTranslationSettings } from '../../src/otel/translation-settings';
import { readAttributes } from '../../src/relay/attributes';
import { bytesOf } from '../../src/relay/item';
import type { RawItem } from '../../src/relay/item';
import { ReceivedSpan } from '../../src/relay/received-span';
import { decodeBatch } from '../../src/telemetry/decode';
import { at, REQUEST } from '../invocation/scenario';
import type { WireEvent } from '../invocation/scenario';
import { silentDiagnostics } from '../extension/recorded-diagnostics';

export const TRACE = '0af7651916cd43dd8448eb211c80319c';
export const OTHER_TRACE = '1af7651916cd43dd8448eb211c80319c';
export const CALLER = '00f067aa0ba902b7';
/** Our span's id, where X-Ray's context names it. */
export const OWN = 'eeeeeeeeeeeeeeee';
export const OWN_TRACE = REQUEST.replaceAll('-', '');
const nothing = { bytes: new Uint8Array(0), schemaUrl: '' };
const epochMs = (ms: number): number => at(ms)[0] * 1000 + at(ms)[1] / 1e6;
const longOf = (ms: number): { low: number; high: number } => {
  const nanos = BigInt(Math.round(epochMs(ms))) * 1_000_000n;
  return { low: Number(BigInt.asIntN(32, nanos)), high: Number(nanos >> 32n) };
};

export interface SdkSpan {
  readonly id: string;
  readonly trace?: string;
  readonly parent?: string | undefined;
  /** Of the parent. */
  readonly isRemote?: boolean;
  /** False: the SDK does not say whether the parent is remote. */
  readonly saysRemote?: boolean;
  readonly kind?: number;
  readonly startMs?: number;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly status?: number;
}

export function sdk({
  id,
  trace = TRACE,
  parent,
  isRemote = false,
  saysRemote = true,
  ...rest
}: SdkSpan): ReceivedSpan {
  const { kind = 1, startMs = 1010, attributes = {}, status = 0 } = rest;
  const block = encodeOtlpMessage('Span', {
    traceId: Buffer.from(trace, 'hex'),
    spanId: Buffer.from(id, 'hex'),
    ...(parent === undefined ? {} : { parentSpanId: Buffer.from(parent, 'hex') }),
    name: id,
    kind,
    startTimeUnixNano: longOf(startMs),
    endTimeUnixNano: longOf(startMs + 10),
    attributes: Object.entries(attributes).map(([key, stringValue]) => ({
      key,
      value: { stringValue },
    })),
    status: { code: status },
    flags: saysRemote ? (isRemote ? 0x301 : 0x101) : 0x1,
  });
  const part = { block, start: 0, end: block.length };
  return new ReceivedSpan(part, { resource: nothing, scope: nothing });
}

export const server = (fields: Partial<SdkSpan> = {}): ReceivedSpan =>
  sdk({
    id: 'aaaaaaaaaaaaaaaa',
    parent: CALLER,
    isRemote: true,
    kind: 2,
    attributes: { 'faas.invocation_id': REQUEST },
    ...fields,
  });
export const child = (fields: Partial<SdkSpan> = {}): ReceivedSpan =>
  sdk({ id: 'bbbbbbbbbbbbbbbb', parent: 'aaaaaaaaaaaaaaaa', startMs: 1020, ...fields });

export interface Left {
  readonly own: readonly ReadableSpan[];
  readonly sdk: readonly ReceivedSpan[];
  readonly logs: readonly ReadableLogRecord[];
}

/** A sandbox's translator; each call of `settle` gives what leaves then. */
export function createScene(variables: Readonly<Record<string, string>> = {}) {
  const environment = createEnvironment(variables, silentDiagnostics);
  const received = createReceivedSpans(environment, true);
  const translator = createTranslator({
    environment,
    settings: readTranslationSettings(environment),
    ...(received && { received }),
    createEnvironmentId: () => 'e-1',
  });
  return {
    events: (...events: readonly WireEvent[]) =>
      translator.accept(decodeBatch(JSON.stringify(events), at(0)), at(0)),
    spans: (...spans: readonly ReceivedSpan[]) =>
      spans.forEach((span) => translator.reception.accept('traces', span, new Set())),
    settle: (reason?: string): Left => {
      const ending = reason === undefined ? undefined : { reason, time: at(60_000) };
      const { spans, logRecords, received: left } = translator.settle(ending);
      const isSdk = (item: RawItem): item is ReceivedSpan => item instanceof ReceivedSpan;
      return { own: spans, sdk: left.filter(isSdk), logs: logRecords };
    },
  };
}

export const namesOf = ({ own }: Left): readonly string[] => own.map(({ name }) => name).sort();
export const invocationOf = ({ own }: Left): ReadableSpan | undefined =>
  own.find(({ kind }) => kind === SpanKind.SERVER);
export const attributesOf = (span: ReceivedSpan | undefined) =>
  Object.fromEntries(span === undefined ? [] : readAttributes(bytesOf(span), 9));
export const x = (spanId: string) => ({
  tracing: {
    type: 'X-Amzn-Trace-Id',
    value: `Root=1-${TRACE.slice(0, 8)}-${TRACE.slice(8)};Parent=${CALLER};Sampled=1`,
    spanId,
  },
});
