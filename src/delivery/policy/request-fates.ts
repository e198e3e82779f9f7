// Decides about the items of an answered or failed request: each is exported, dropped or put back, and the
// observer and the gate are told. Warnings say what a user can do.
import type { Diagnostics } from '../../diagnostics';
import type { RawItem, RawMetric } from '../../relay/item';
import type { ItemBuffer } from '../queue/item-buffer';
import { countItems } from '../queue/item-buffer';
import type { DeliveryObserver, DropReason, Signal } from '../delivery';
import { describeUrl } from '../settings/endpoint';
import type { EndpointHealth } from './endpoint-health';
import type { Gate } from './gate';
import type { BuiltRequest } from '../codec/request-builder';
import { RequestBuilder } from '../codec/request-builder';
import type { Failure, SendResult } from '../transport/transport';
import type { Verdict } from './verdict';
import { judge } from './verdict';
import { NOT_HTTP } from '../../http/exchange';

export type Fate =
  /** Exported, or put back in smaller parts, or there was nothing to send: continue. */
  | 'done'
  /** Dropped for good: continue. */
  | 'refused'
  /** Put back as a whole. */
  | { readonly reached: boolean; readonly retryInMs?: number | undefined };

export interface FateOptions {
  readonly signal: Signal;
  readonly url: string;
  readonly buffer: ItemBuffer;
  readonly health: EndpointHealth;
  readonly observer: DeliveryObserver;
  readonly diagnostics: Diagnostics;
}

export class RequestFates {
  readonly builder: RequestBuilder;
  private readonly suspicion = new SizeSuspicion();

  constructor(
    private readonly options: FateOptions,
    private readonly gate: Gate,
  ) {
    this.builder = new RequestBuilder(options.signal, options.buffer);
  }

  /** `flush`: the number of the flush that sent the request. */
  decide(request: BuiltRequest, result: SendResult, flush: number): Fate {
    const verdict = judge(result);
    const suspicion = this.suspect(request, result, flush);
    if (suspicion !== 'none') return this.suspected(request, result, suspicion);
    this.gate.learn(verdict, flush);
    switch (verdict.kind) {
      case 'delivered':
        return this.delivered(request.items, verdict);
      case 'split':
        if (this.builder.shrink(request)) return 'done';
        return this.refused(request.items, result, 'rejected');
      case 'dropped':
        return this.refused(request.items, result, verdict.reason);
      case 'resend':
        return this.failed(request.items, result, verdict);
    }
  }

  private suspect(request: BuiltRequest, result: SendResult, flush: number): Suspicion {
    if (result.status !== 'retryable') return 'none';
    const { health } = this.options;
    return this.suspicion.judge({
      items: request.items,
      failure: result.failure,
      flush,
      responses: health.responses,
      isShared: health.isShared,
    });
  }

  /** The request seems to be at fault, not the endpoint, so no breaker is told. */
  private suspected(
    request: BuiltRequest,
    result: SendResult,
    suspicion: Exclude<Suspicion, 'none'>,
  ): Fate {
    const { signal, buffer } = this.options;
    this.gate.release();
    if (suspicion === 'send last') {
      buffer.putLast(signal, request.items);
      return { reached: true };
    }
    if (suspicion === 'halve' && this.builder.shrink(request)) return 'done';
    return this.refused(request.items, result, 'rejected');
  }

  private refused(items: readonly RawItem[], result: SendResult, reason: DropReason): Fate {
    this.options.buffer.discard(this.options.signal, items, reason);
    this.warn(result, items, 'dropped');
    return 'refused';
  }

  /** Spans and log records have deterministic ids, so they may arrive twice; a delta would be counted twice. */
  private failed(
    items: readonly RawItem[],
    result: SendResult,
    verdict: Extract<Verdict, { kind: 'resend' }>,
  ): Fate {
    const { signal, buffer } = this.options;
    const isLost = (item: RawItem): boolean =>
      verdict.isUnsure && signal === 'metrics' && (item as RawMetric).temporality === 'delta';
    const lost = items.filter(isLost);
    if (lost.length > 0) buffer.discard(signal, lost, 'unknown_fate');
    if (lost.length === items.length) {
      this.warn(result, items, 'dropped');
      return 'refused';
    }
    const kept = lost.length === 0 ? items : items.filter((item) => !isLost(item));
    this.warn(result, kept, 'kept, to be sent again');
    buffer.putBack(signal, kept);
    const { reached, retryInMs } = verdict;
    if (retryInMs !== undefined) this.gate.postpone(retryInMs);
    return { reached, retryInMs };
  }

  private delivered(
    items: readonly RawItem[],
    { rejected, note }: Extract<Verdict, { kind: 'delivered' }>,
  ): Fate {
    const { signal, url, buffer, observer, diagnostics } = this.options;
    const count = countItems(signal, items);
    const refused = Math.min(rejected, count);
    this.builder.regrow();
    buffer.release(signal, items);
    if (count > refused) observer.exported(signal, count - refused);
    if (refused > 0) observer.dropped(signal, refused, 'rejected');
    if (refused > 0 || note !== '') {
      const said = note === '' ? '' : `: ${note}`;
      const result = refused > 0 ? 'partial success' : 'accepted with a warning';
      diagnostics.warn(`${signal} export to ${describeUrl(url)}: ${result}${said}`, {
        rejected: refused,
      });
    }
    return 'done';
  }

  private warn(result: SendResult, items: readonly RawItem[], fate: string): void {
    if (result.status === 'success') return;
    const { signal, url, diagnostics, health } = this.options;
    const { message, outcome } = result.failure;
    const isNew = health.responses === 0;
    const consequence = `its items are ${fate}`;
    diagnostics.warn(describeTrouble({ signal, url, outcome, message, isNew, consequence }), {
      items: countItems(signal, items),
    });
  }
}

export interface Trouble {
  readonly signal: Signal;
  readonly url: string;
  readonly outcome: Failure['outcome'];
  readonly message: string;
  /** The endpoint has never answered. */
  readonly isNew: boolean;
  /** What happens now, e.g. `its items are dropped`. */
  readonly consequence: string;
}

/**
 * One line that a user can act on for each way in which an endpoint refuses or fails. It contains no credentials: URLs
 * are shown without query and user information.
 */
export function describeTrouble(trouble: Trouble): string {
  const { signal, url, outcome, message, consequence } = trouble;
  const hint = schemeHint(trouble) ?? hintFor(outcome, signal);
  const advice = hint === undefined ? '' : ` (${hint})`;
  return `${signal} export to ${describeUrl(url)} failed: ${message}${advice}; ${consequence}`;
}

const HANDSHAKE = /speak TLS|TLS handshake/;
const ASKS_FOR_TLS = /got TLS$|\bHTTPS\b/;

/** A hint if the port speaks TLS and the URL says http, or the other way round. */
function schemeHint({ url, message, outcome, isNew }: Trouble): string | undefined {
  const { protocol, hostname, port } = new URL(url);
  if (protocol === 'https:') {
    if (!HANDSHAKE.test(message)) return undefined;
    return `if this port does not speak TLS, use http://${hostname}:${port === '' ? 443 : port}`;
  }
  const isClosed = isNew && outcome === 'ECONNRESET';
  if (!isClosed && !ASKS_FOR_TLS.test(message)) return undefined;
  return `if this port speaks TLS, use https://${hostname}:${port === '' ? 80 : port}`;
}

function hintFor(outcome: Failure['outcome'], signal: Signal): string | undefined {
  if (outcome === NOT_HTTP)
    return 'an OTLP/gRPC port, such as 4317? Use an OTLP/HTTP port, usually 4318';
  if (typeof outcome === 'string') {
    if (!/CERT|TLS|SSL|SIGNATURE|ISSUER/.test(outcome)) return undefined;
    return 'TLS: see OTEL_EXPORTER_OTLP_CERTIFICATE and NODE_EXTRA_CA_CERTS';
  }
  if (outcome === 401 || outcome === 403) return 'see OTEL_EXPORTER_OTLP_HEADERS';
  if (outcome === 404 || outcome === 405) {
    return `check the path; if the back end takes no ${signal}, set OTEL_${signal.toUpperCase()}_EXPORTER=none`;
  }
  if (outcome === 415) return 'see OTEL_EXPORTER_OTLP_PROTOCOL and _COMPRESSION';
  return outcome >= 300 && outcome < 400 ? 'redirects are not followed' : undefined;
}

/** A batch is identified by its oldest item, since more items may have joined it. */
interface Suspect {
  readonly sinceFlush: number;
  /** The number of the endpoint's answers when the batch failed for the first time. */
  readonly responsesBefore: number;
  failures: number;
}

type Suspicion =
  /** An ordinary failure so far. */
  | 'none'
  /** Send fewer items at once. */
  | 'halve'
  /** The item fails alone: send the others first, to learn whether it is at fault. */
  | 'send last'
  /** The item fails alone, although the endpoint answers others. */
  | 'drop';

interface FailedBatch {
  readonly items: readonly RawItem[];
  readonly failure: Failure;
  readonly flush: number;
  /** The number of the endpoint's answers so far, for all signals. */
  readonly responses: number;
  /** Other signals use the same endpoint. */
  readonly isShared: boolean;
}

const MAX_FAILURES = 3;
const MAX_FLUSHES = 10;
const ENDED = new Set<number | string>(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 502]);

/**
 * Servers that refuse a body for its size do not always answer 413: they reset or close the connection, or a proxy in
 * front of them answers 502. If a batch keeps failing like this while its endpoint answers other requests, it is
 * halved until the single item at fault is found.
 */
class SizeSuspicion {
  private readonly suspects = new WeakMap<RawItem, Suspect>();
  /** Up to this flush, every failure of this kind halves the batch at once. */
  private narrowsUntilFlush = -1;

  /** To be called when a request has failed and might be retried. */
  judge({ items, failure, flush, responses, isShared }: FailedBatch): Suspicion {
    const [first] = items;
    const isBegun = failure.begun === true || failure.bodyWritten;
    if (first === undefined || !isBegun || !ENDED.has(failure.outcome)) return 'none';
    const suspect = this.findSuspect(first, { flush, responses });
    suspect.failures += 1;
    const isEnough = suspect.failures >= MAX_FAILURES || flush <= this.narrowsUntilFlush;
    const answersOthers = responses > suspect.responsesBefore;
    // If only this signal uses the endpoint there is no such evidence: batches are halved, but nothing is dropped.
    if (!isEnough || (isShared && !answersOthers)) return 'none';
    this.narrowsUntilFlush = flush + MAX_FLUSHES;
    if (items.length > 1) return 'halve';
    if (suspect.failures < MAX_FAILURES) return 'none';
    return answersOthers ? 'drop' : 'send last';
  }

  private findSuspect(
    first: RawItem,
    { flush, responses }: Pick<FailedBatch, 'flush' | 'responses'>,
  ): Suspect {
    const known = this.suspects.get(first);
    if (known !== undefined && flush - known.sinceFlush <= MAX_FLUSHES) return known;
    const suspect = { sinceFlush: flush, responsesBefore: responses, failures: 0 };
    this.suspects.set(first, suspect);
    return suspect;
  }
}
