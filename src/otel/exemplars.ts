// Links a duration to a trace that shows it: each point of a histogram of durations names the newest exported trace of
// its window.
// Source: https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exemplars
import type { HrTime } from '@opentelemetry/api';
import type { Fact } from '../invocation/fact';
import type { SpanIdentity } from '../invocation/identity';
import { forgetOldest } from '../telemetry/recent-keys';

export interface Exemplar {
  readonly time: HrTime;
  readonly value: number;
  readonly traceId: string;
  readonly spanId: string;
}

/** A histogram's point with its exemplar. */
export interface ExemplarPoint {
  readonly exemplar?: Exemplar | undefined;
}

/** A report comes after its request's span has been exported. */
const MAX_REMEMBERED = 64;

export class LeavingTraces {
  private readonly requests = new Map<string, SpanIdentity>();

  /** Must be called with all facts of a settling. `leaves` tells whether the span of a fact is exported. */
  observe(facts: readonly Fact<unknown>[], leaves: (fact: Fact<unknown>) => boolean): void {
    for (const fact of facts) {
      if (fact.kind !== 'invocation' || !leaves(fact)) continue;
      this.requests.set(fact.requestId, fact.identity);
      forgetOldest(this.requests, MAX_REMEMBERED);
    }
  }

  /** The span that shows what the fact measures; undefined if there is none. */
  of(
    fact: Fact<unknown>,
    facts: readonly Fact<unknown>[],
    leaves: (fact: Fact<unknown>) => boolean,
  ): SpanIdentity | undefined {
    if (fact.kind === 'runtimeDone' || fact.kind === 'report') {
      return this.requests.get(fact.event.requestId);
    }
    if (fact.kind !== 'initReport' && fact.kind !== 'restoreReport') return undefined;
    const name = fact.kind === 'initReport' ? 'init' : 'restore';
    const found = facts.find(
      (other) => other.kind === 'initialization' && other.name === name && leaves(other),
    );
    return found?.kind === 'initialization' ? found.identity : undefined;
  }
}
