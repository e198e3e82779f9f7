// Which spans leave: a sampler's decision on the trace id, and rules that keep what one looks for.
// The decision depends on the identity alone, so late children follow their parent.
// Source: https://opentelemetry.io/docs/specs/otel/trace/sdk/#sampling
import type { Fact } from '../invocation/fact';
import type { SpanIdentity } from '../invocation/identity';
import type { Sampler } from './sampler';

export type KeepRule = 'errors' | 'cold_starts';

export interface SamplingOptions {
  /** Undefined: always_on. */
  readonly sampler?: Sampler;
  /** Traces with these are kept whatever the sampler says (LAMBDA_OTLP_KEEP). */
  readonly keep: ReadonlySet<KeepRule>;
}

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
    return sampler === undefined || this.kept.has(identity.traceId) || sampler(identity);
  }

  private isWorthKeeping(fact: {
    readonly isError: boolean;
    readonly coldStart: boolean;
  }): boolean {
    const { keep } = this.options;
    return (keep.has('errors') && fact.isError) || (keep.has('cold_starts') && fact.coldStart);
  }

  private keep(traceId: string): void {
    this.kept.add(traceId);
    if (this.kept.size <= MAX_KEPT) return;
    const [oldest] = this.kept;
    if (oldest !== undefined) this.kept.delete(oldest);
  }
}
