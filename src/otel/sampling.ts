// Which spans leave: the SDK's own samplers on the trace id, and rules that keep what one looks for.
// The decision depends on the identity alone, so late children follow their parent.
// Source: https://opentelemetry.io/docs/specs/otel/trace/sdk/#sampling
import { ROOT_CONTEXT, SpanKind, TraceFlags, trace } from '@opentelemetry/api';
import type { Sampler } from '@opentelemetry/sdk-trace-base';
import type { Fact } from '../invocation/fact';
import type { SpanIdentity } from '../invocation/identity';
import { isFailed } from '../invocation/outcome';

export type KeepRule = 'errors' | 'cold_starts';

export interface SamplingOptions {
  /** Undefined: always_on. */
  readonly sampler?: Sampler;
  /** Traces with these are kept whatever the sampler says (LAMBDA_OTLP_KEEP). */
  readonly keep: ReadonlySet<KeepRule>;
}

/** The SDK's SamplingDecision.RECORD_AND_SAMPLED; the package is loaded only when a sampler is set. */
const RECORD_AND_SAMPLED = 2;
/** Traces remembered as kept, for their late spans. */
const MAX_KEPT = 256;

export class Sampling {
  private readonly kept = new Set<string>();

  constructor(private readonly options: SamplingOptions) {}

  /** Looks for what the keep rules name; call with all facts of a settling before isSampled. */
  observe(facts: readonly Fact<unknown>[]): void {
    if (this.options.sampler === undefined || this.options.keep.size === 0) return;
    for (const fact of facts) {
      if (fact.kind !== 'invocation' && fact.kind !== 'initialization') continue;
      if (this.isWorthKeeping(fact)) this.keep(fact.identity.traceId);
    }
  }

  /** True when spans with this identity are exported. */
  isSampled(identity: SpanIdentity): boolean {
    const { sampler } = this.options;
    if (sampler === undefined || this.kept.has(identity.traceId)) return true;
    const context = toParentContext(identity);
    const result = sampler.shouldSample(context, identity.traceId, '', SpanKind.SERVER, {}, []);
    return (result.decision as number) === RECORD_AND_SAMPLED;
  }

  private isWorthKeeping(fact: {
    readonly status?: string;
    readonly errorType?: string;
    readonly coldStart: boolean;
  }): boolean {
    const { keep } = this.options;
    return (keep.has('errors') && isFailed(fact)) || (keep.has('cold_starts') && fact.coldStart);
  }

  private keep(traceId: string): void {
    this.kept.add(traceId);
    if (this.kept.size <= MAX_KEPT) return;
    const [oldest] = this.kept;
    if (oldest !== undefined) this.kept.delete(oldest);
  }
}

/** X-Ray's decision as the parent's flag, for `parentbased_*`; no parent where X-Ray left it open. */
function toParentContext({ traceId, spanId, parentSpanId, sampled }: SpanIdentity) {
  if (sampled === undefined) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId: parentSpanId ?? spanId,
    traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
  });
}
