// `replay --explain`: what the settings make of each request, and of the volume. Each rule is asked alone, by a replay
// of its own that is compared with one without any: so what is said is what the extension does.
import type { Attributes } from '@opentelemetry/api';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { SpanKind } from '@opentelemetry/api';
import { ItemEncoder } from '../delivery/codec/item-encoder';
import type { Environment } from '../environment';
import type { Signal } from '../relay/item';
import { SIGNAL_NAMES } from '../settings';
import { encodeLogRequest, encodeMetricsRequest, encodeTraceRequest } from './encode-request';
import { countPoints } from './parts';
import type { ReplayItem } from './read-input';
import { replay } from './replay';

type Variables = Readonly<Record<string, string | undefined>>;

export interface ExplainOptions {
  readonly variables: Variables;
  readonly toEnvironment: (variables: Variables) => Environment;
}

/** One setting that has an effect of its own. */
interface Rule {
  readonly name: string;
  readonly kind: 'keep' | 'draw' | 'mask' | 'drop';
  readonly variables: Variables;
}

/** Everything of a run that belongs to one request, as text. */
interface RequestItems {
  readonly spans: string[];
  readonly logs: string[];
  description: string;
}

interface Run {
  /** By requestId; '' for what is of no request. */
  readonly requests: ReadonlyMap<string, RequestItems>;
  readonly volume: Readonly<Record<Signal, { items: number; bytes: number }>>;
}

const NOBODY = '';
/** Rules by which a request leaves whole. */
const SPARES: readonly Rule['kind'][] = ['keep', 'draw'];
/** What every run but that of all settings begins with. */
const NEUTRAL: Variables = {
  LAMBDA_OTLP_KEEP: undefined,
  LAMBDA_OTLP_OTHERS: 'all',
  LAMBDA_OTLP_OTHERS_RATIO: undefined,
  LAMBDA_OTLP_REDACT: undefined,
  LAMBDA_OTLP_REDACT_PATTERNS: undefined,
  LAMBDA_OTLP_REDACT_KEYS: undefined,
  LAMBDA_OTLP_DROP_LOGS: undefined,
  LAMBDA_OTLP_DROP_ATTRIBUTES: undefined,
  OTEL_TRACES_SAMPLER: undefined,
  LAMBDA_OTLP_OTEL_TRACES_SAMPLER: 'always_on',
};

/** What is printed. */
export async function explain(
  items: readonly ReplayItem[],
  { variables, toEnvironment }: ExplainOptions,
): Promise<string> {
  const runWith = (settings: Variables): Promise<Run> =>
    runOnce(items, toEnvironment({ ...variables, ...settings }));
  const all = await runWith(NEUTRAL);
  const left = await runWith({});
  const effects: Effect[] = [];
  for (const rule of toRules(variables)) {
    effects.push({ rule, run: await runWith({ ...NEUTRAL, ...rule.variables }) });
  }
  const requests = [...all.requests].map(([requestId, before]) =>
    describeRequest(requestId, before, { after: left.requests.get(requestId), effects }),
  );
  const handedOver = describeHandedOver([...all.requests.keys()], variables, effects);
  return `${requests.join('\n')}\n\n${describeVolume(all, left)}\n${handedOver}\n`;
}

/** No volume of its own: stored events are Lambda's. */
function describeHandedOver(
  requestIds: readonly string[],
  variables: Variables,
  effects: readonly Effect[],
): string {
  const requests = requestIds.filter((requestId) => requestId !== NOBODY);
  const isFiltered = ['summary', 'none'].includes(variables['LAMBDA_OTLP_OTHERS'] ?? 'all');
  const whole = requests.filter(
    (requestId) =>
      !isFiltered ||
      effects.some(({ rule, run }) => SPARES.includes(rule.kind) && hasSpans(run, requestId)),
  );
  const share = requests.length === 0 ? 100 : (100 * whole.length) / requests.length;
  return [
    "Stored events contain nothing that the function's own SDK sent. Its spans and log records are exported",
    `with their request: in full for ${whole.length} of ${requests.length} requests (${share.toFixed(1)} %). Its metrics always are.`,
  ].join('\n');
}

function hasSpans(run: Run, requestId: string): boolean {
  return (run.requests.get(requestId)?.spans.length ?? 0) > 0;
}

interface Effect {
  readonly rule: Rule;
  readonly run: Run;
}

function toRules(variables: Variables): Rule[] {
  const wordsOf = (name: string): string[] =>
    (variables[name] ?? '')
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '');
  const toEach = (name: string, kind: Rule['kind']): Rule[] =>
    wordsOf(name).map((word) => ({ name: word, kind, variables: { [name]: word } }));
  const ratio = variables['LAMBDA_OTLP_OTHERS_RATIO'];
  const draw = { LAMBDA_OTLP_OTHERS: 'none', LAMBDA_OTLP_OTHERS_RATIO: ratio };
  return [
    ...toEach('LAMBDA_OTLP_KEEP', 'keep').map((rule) => ({
      ...rule,
      variables: { ...rule.variables, LAMBDA_OTLP_OTHERS: 'none' },
    })),
    ...(ratio === undefined
      ? []
      : [{ name: `ratio ${ratio}`, kind: 'draw' as const, variables: draw }]),
    ...toEach('LAMBDA_OTLP_REDACT', 'mask'),
    ...toPatterns(variables['LAMBDA_OTLP_REDACT_PATTERNS']),
    ...toEach('LAMBDA_OTLP_REDACT_KEYS', 'mask'),
    ...toEach('LAMBDA_OTLP_DROP_LOGS', 'drop'),
    ...toEach('LAMBDA_OTLP_DROP_ATTRIBUTES', 'mask').map((rule) => ({
      ...rule,
      name: `without ${rule.name}`,
    })),
  ];
}

function toPatterns(json: string | undefined): Rule[] {
  const name = 'LAMBDA_OTLP_REDACT_PATTERNS';
  if (json === undefined) return [];
  try {
    const patterns = JSON.parse(json) as unknown[];
    return patterns.map((pattern, index) => ({
      name: `pattern ${index + 1}`,
      kind: 'mask',
      variables: { [name]: JSON.stringify([pattern]) },
    }));
  } catch {
    return [{ name: 'broken patterns', kind: 'mask', variables: { [name]: json } }];
  }
}

function describeRequest(
  requestId: string,
  before: RequestItems,
  {
    after,
    effects,
  }: { readonly after: RequestItems | undefined; readonly effects: readonly Effect[] },
): string {
  const of = (kind: Rule['kind']): readonly Effect[] =>
    effects.filter(({ rule }) => rule.kind === kind);
  const isLeftBy = ({ run }: Effect): boolean => hasSpans(run, requestId);
  const kept = of('keep').filter(isLeftBy);
  const drawn = of('draw').filter(isLeftBy);
  const verdict =
    requestId === NOBODY
      ? 'never dropped'
      : kept.length > 0
        ? `kept by ${kept.map(({ rule }) => rule.name).join(', ')}`
        : drawn.length > 0
          ? `drawn by ${drawn.map(({ rule }) => rule.name).join(', ')}`
          : of('keep').length === 0
            ? 'no LAMBDA_OTLP_KEEP'
            : 'one of the others';
  const changes = effects.flatMap((effect) => describeChange(effect, before, requestId));
  const title = requestId === NOBODY ? 'no request' : `request ${requestId}  ${before.description}`;
  const [spans, logs] = [after?.spans.length ?? 0, after?.logs.length ?? 0];
  return [
    `${title}: ${verdict}`,
    `  exported: ${spans} of ${before.spans.length} spans, ${logs} of ${before.logs.length} lines`,
    ...changes.map((change) => `  ${change}`),
  ].join('\n');
}

function describeChange({ rule, run }: Effect, before: RequestItems, requestId: string): string[] {
  const after = run.requests.get(requestId) ?? { spans: [], logs: [] };
  if (rule.kind === 'drop') {
    const dropped = before.logs.length - after.logs.length;
    return dropped === 0 ? [] : [`dropped by ${rule.name}: ${dropped} lines`];
  }
  if (rule.kind !== 'mask') return [];
  const spans = countChanged(before.spans, after.spans);
  const logs = countChanged(before.logs, after.logs);
  const parts = [spans > 0 && `${spans} spans`, logs > 0 && `${logs} lines`].filter(Boolean);
  const word = rule.name.startsWith('without ') ? 'exported' : 'masked by';
  return parts.length === 0 ? [] : [`${word} ${rule.name}: ${parts.join(', ')}`];
}

function countChanged(before: readonly string[], after: readonly string[]): number {
  return before.filter((text, index) => text !== after[index]).length;
}

const MORE =
  'More than 100 %: the items are exported in another order, so that more of them need a heading of their own.';

function describeVolume(all: Run, left: Run): string {
  const isMore = SIGNAL_NAMES.some(
    (signal) => left.volume[signal].bytes > all.volume[signal].bytes,
  );
  const rows = SIGNAL_NAMES.map((signal) => {
    const [before, after] = [all.volume[signal], left.volume[signal]];
    const share = before.bytes === 0 ? 100 : (100 * after.bytes) / before.bytes;
    return [
      signal.padEnd(8),
      `${after.items} of ${before.items} items`.padStart(24),
      `${after.bytes} of ${before.bytes} bytes`.padStart(28),
      `${share.toFixed(1)} %`.padStart(9),
    ].join('');
  });
  return [
    'What is exported of what Lambda delivered, before compression. Metrics are never sampled.',
    ...rows,
    ...(isMore ? [MORE] : []),
    '',
  ].join('\n');
}

async function runOnce(items: readonly ReplayItem[], environment: Environment): Promise<Run> {
  const collected = new Collected();
  await replay(items, { environment, sink: collected, createEnvironmentId: () => 'environment' });
  return collected;
}

class Collected implements Run {
  readonly requests = new Map<string, RequestItems>();
  readonly volume = {
    traces: { items: 0, bytes: 0 },
    metrics: { items: 0, bytes: 0 },
    logs: { items: 0, bytes: 0 },
  };
  private readonly encoder = new ItemEncoder(() => undefined);
  private readonly requestOfTrace = new Map<string, string>();

  spans(spans: readonly ReadableSpan[]): void {
    this.add('traces', spans.length, encodeTraceRequest(this.encoder, spans));
    for (const span of spans) {
      const requestId = requestIdOf(span.attributes);
      if (requestId === undefined) continue;
      this.requestOfTrace.set(span.spanContext().traceId, requestId);
      if (span.kind === SpanKind.SERVER) this.of(requestId).description = describeSpan(span);
    }
    for (const span of spans) {
      const { traceId } = span.spanContext();
      this.of(this.requestOfTrace.get(traceId) ?? NOBODY).spans.push(toText(span.name, span));
    }
  }

  logRecords(records: readonly ReadableLogRecord[]): void {
    this.add('logs', records.length, encodeLogRequest(this.encoder, records));
    for (const record of records) {
      const requestId = requestIdOf(record.attributes) ?? NOBODY;
      this.of(requestId).logs.push(toText(record.body, record));
    }
  }

  metrics(window: ResourceMetrics): void {
    this.add('metrics', countPoints(window), encodeMetricsRequest(this.encoder, window));
  }

  private add(signal: Signal, items: number, request: Uint8Array): void {
    this.volume[signal].items += items;
    this.volume[signal].bytes += request.length;
  }

  private of(requestId: string): RequestItems {
    let items = this.requests.get(requestId);
    if (items === undefined) {
      items = { spans: [], logs: [], description: '' };
      this.requests.set(requestId, items);
    }
    return items;
  }
}

function requestIdOf(attributes: object): string | undefined {
  const { 'faas.invocation_id': requestId } = attributes as Readonly<Record<string, unknown>>;
  return typeof requestId === 'string' ? requestId : undefined;
}

function describeSpan({ attributes, duration }: ReadableSpan): string {
  const status = String(attributes['lambda.status'] ?? 'no status');
  const error = attributes['lambda.function_error'] === true ? ', function error' : '';
  const isCold = attributes['faas.coldstart'] === true;
  const ms = duration[0] * 1000 + duration[1] / 1e6;
  return `${status}${error}, ${ms.toFixed(0)} ms${isCold ? ', cold' : ''}`;
}

interface Told {
  readonly attributes: Attributes | object;
  readonly events?: unknown;
  readonly status?: unknown;
}

function toText(head: unknown, { attributes, events, status }: Told): string {
  return JSON.stringify([head, attributes, events ?? null, status ?? null]);
}
