// Consistent probability sampling: every stage that sees a trace samples it by the same 56 bits and writes the
// threshold it used into tracestate, so that a back end that counts spans can extrapolate.
// Source: https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/

/** 14 lower-case hex digits, which sort as text as they do as numbers; `ot=th:` omits trailing zeros. */
export type Threshold = string;

const DIGITS = 14;
const BITS = 56;
/** Significant digits of a threshold, not counting the leading `f`s of small probabilities. */
const PRECISION = 4;
export const KEEP_ALL: Threshold = '0'.repeat(DIGITS);
const MAX_TRACESTATE_LENGTH = 256;

/**
 * The specification's T for a probability above 0 and up to 1: (1 − p) · 2⁵⁶, rounded to the digits that are written.
 */
export function toThreshold(probability: number): Threshold {
  const rejected = 1 - probability;
  const exact = BigInt(Math.round(rejected * 2 ** 53)) << BigInt(BITS - 53);
  const hex = exact.toString(16).padStart(DIGITS, '0');
  const precision = Math.min(DIGITS, PRECISION + (/^f*/.exec(hex)?.[0].length ?? 0));
  const unit = 1n << BigInt((DIGITS - precision) * 4);
  const rounded = ((exact + unit / 2n) / unit) * unit;
  return rounded >> BigInt(BITS) === 1n
    ? 'f'.repeat(DIGITS)
    : rounded.toString(16).padStart(DIGITS, '0');
}

export function isDrawn(randomness: string, threshold: Threshold): boolean {
  return randomness >= threshold;
}

/** The form in which `th` and `sampling.threshold` hold it. */
export function toShortThreshold(threshold: Threshold): string {
  return threshold.replace(/0+$/, '') || '0';
}

/** The inverse of toShortThreshold. */
export function toFullThreshold(short: string): Threshold {
  return short.padEnd(DIGITS, '0');
}

/** The specification's R: `rv` of tracestate if there is one, else the last 14 digits of the trace id. */
export function toRandomness(traceId: string, tracestate = ''): string {
  return readOt(tracestate).get('rv') ?? traceId.slice(-DIGITS).toLowerCase();
}

/**
 * The tracestate of a span that arrived with a threshold and is exported with this one, which can only raise it. A span
 * without a threshold gets none, since its probability is unknown; a threshold that contradicts the span's randomness
 * is removed first.
 */
export function raiseThreshold(
  { traceId, tracestate }: { readonly traceId: string; readonly tracestate: string },
  threshold: Threshold,
): string {
  const randomness = toRandomness(traceId, tracestate);
  const th = readOt(tracestate).get('th')?.padEnd(DIGITS, '0');
  const incoming = th !== undefined && isDrawn(randomness, th) ? th : undefined;
  const raised = incoming !== undefined && incoming > threshold ? incoming : threshold;
  if (incoming === raised || !hasThreshold(tracestate)) return tracestate;
  return withThreshold(tracestate, incoming && raised);
}

/** True even for a `th` whose value is invalid. */
export function hasThreshold(tracestate: string): boolean {
  return /(?:^|,)\s*ot=(?:[^,]*;)?th:/.test(tracestate);
}

/** Sets or, if `threshold` is undefined, removes `th`. Other vendors' members and the other keys of `ot` stay. */
export function withThreshold(tracestate: string, threshold: Threshold | undefined): string {
  const keys = readOt(tracestate);
  keys.delete('th');
  const own = threshold === undefined ? [] : [`th:${toShortThreshold(threshold)}`];
  const ot = [...own, ...[...keys].map(([key, value]) => `${key}:${value}`)].join(';');
  const members = toMembers(tracestate).filter((member) => !member.startsWith('ot='));
  const others = members.length === 0 ? '' : members.join(',');
  if (ot === '' || ot.length > MAX_TRACESTATE_LENGTH) return others;
  return [`ot=${ot}`, ...members].join(',');
}

const HEX = /^[0-9a-f]{1,14}$/;

/** The keys of tracestate's `ot` member; `th` and `rv` only if they are valid. */
function readOt(tracestate: string): Map<string, string> {
  const member = toMembers(tracestate).find((candidate) => candidate.startsWith('ot='));
  const keys = new Map<string, string>();
  for (const pair of member?.slice(3).split(';') ?? []) {
    const colon = pair.indexOf(':');
    if (colon <= 0) continue;
    const [key, value] = [pair.slice(0, colon), pair.slice(colon + 1)];
    const isValid =
      key === 'rv' ? HEX.test(value) && value.length === DIGITS : key !== 'th' || HEX.test(value);
    if (isValid) keys.set(key, value);
  }
  return keys;
}

function toMembers(tracestate: string): string[] {
  return tracestate
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
}

// OTEL_TRACES_SAMPLER: the samplers of the SDK specification, applied to what we know of a span: its trace id and its
// parent's decision. They decide as the SDK's do (test/otel/sampler.test.ts compares them); the SDK's own would add the
// tracing API's context and no-op tracers to every cold start.
// Source: https://opentelemetry.io/docs/specs/otel/trace/sdk/#sampling

export type SamplerName =
  | 'always_on'
  | 'always_off'
  | 'traceidratio'
  | 'parentbased_always_on'
  | 'parentbased_always_off'
  | 'parentbased_traceidratio'
  | 'sdk';

export interface SampledSpan {
  /** 32 hex digits, not all of them 0. */
  readonly traceId: string;
  /** X-Ray's decision, taken as that of a remote parent; undefined without a parent or if it left the decision open. */
  readonly sampled?: boolean | undefined;
}

/** True to keep the span. createSampler returns undefined for `always_on`, which needs no decision. */
export type Sampler = (span: SampledSpan) => boolean;

/** `ratio` from 0 to 1; ignored by samplers that have none. */
export function createSampler(name: SamplerName, ratio: number): Sampler | undefined {
  const [, parentBased, root] = /^(parentbased_)?(.*)$/.exec(name) ?? [];
  const decide = createRootSampler(root, ratio);
  if (parentBased === undefined) return root === 'always_on' ? undefined : decide;
  return (span) => span.sampled ?? decide(span);
}

function createRootSampler(name: string | undefined, ratio: number): Sampler {
  if (name === 'always_on') return () => true;
  // Spans from the function's SDK are kept, whatever this sampler says.
  if (name === 'always_off' || name === 'sdk') return () => false;
  const upperBound = ratio === 1 ? 2 ** 32 : Math.floor(ratio * 0xffffffff);
  return ({ traceId }) => foldTraceId(traceId) < upperBound;
}

/** The four 32-bit words of the id, XORed: 0 to 2³² − 1. */
function foldTraceId(traceId: string): number {
  let folded = 0;
  for (let index = 0; index < 32; index += 8) {
    folded ^= Number.parseInt(traceId.slice(index, index + 8), 16);
  }
  return folded >>> 0;
}

/** The trace of a request and how it was sampled. */
export interface Draw {
  readonly traceId: string;
  readonly spanId: string;
  /** The 56 bits by which it was sampled. */
  readonly randomness: string;
  /** The request's span is the root of its trace. */
  readonly isRoot: boolean;
}
