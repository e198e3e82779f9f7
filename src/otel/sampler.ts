// OTEL_TRACES_SAMPLER: the samplers of the SDK specification on what we have of a span, its trace id and the
// decision of its parent. They decide as the SDK's own do (test/otel/sampler.test.ts compares them), which
// would bring the tracing API's context and no-op tracers into every cold start.
// Source: https://opentelemetry.io/docs/specs/otel/trace/sdk/#sampling

export type SamplerName =
  | 'always_on'
  | 'always_off'
  | 'traceidratio'
  | 'parentbased_always_on'
  | 'parentbased_always_off'
  | 'parentbased_traceidratio';

export interface SampledSpan {
  /** 32 hex digits, not all of them 0. */
  readonly traceId: string;
  /** X-Ray's decision as the remote parent's; undefined: no parent, or it left the decision open. */
  readonly sampled?: boolean;
}

/** Undefined for `always_on`, which needs no decision. */
export type Sampler = (span: SampledSpan) => boolean;

/** `ratio`: 0 to 1, for the samplers that have one. */
export function createSampler(name: SamplerName, ratio: number): Sampler | undefined {
  const [, parentBased, root] = /^(parentbased_)?(.*)$/.exec(name) ?? [];
  const decide = createRootSampler(root, ratio);
  if (parentBased === undefined) return root === 'always_on' ? undefined : decide;
  return (span) => span.sampled ?? decide(span);
}

function createRootSampler(name: string | undefined, ratio: number): Sampler {
  if (name === 'always_on') return () => true;
  if (name === 'always_off') return () => false;
  const upperBound = ratio === 1 ? 2 ** 32 : Math.floor(ratio * 0xffffffff);
  return ({ traceId }) => foldTraceId(traceId) < upperBound;
}

/** The four words of the id, one over the other: 0 to 2³² − 1. */
function foldTraceId(traceId: string): number {
  let folded = 0;
  for (let index = 0; index < 32; index += 8) {
    folded ^= Number.parseInt(traceId.slice(index, index + 8), 16);
  }
  return folded >>> 0;
}
