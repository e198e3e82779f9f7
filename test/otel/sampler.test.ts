// Our samplers decide as the SDK's own do.
import { ROOT_CONTEXT, SpanKind, TraceFlags, trace } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import type { Sampler } from '@opentelemetry/sdk-trace-base';
import fc from 'fast-check';
import { createSampler } from '../../src/otel/consistent-probability';
import type { SampledSpan, SamplerName } from '../../src/otel/consistent-probability';

type LibrarySampler = Exclude<SamplerName, 'sdk'>;

const LIBRARY: Readonly<Record<LibrarySampler, (ratio: number) => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (ratio) => new TraceIdRatioBasedSampler(ratio),
  parentbased_always_on: () => new ParentBasedSampler({ root: new AlwaysOnSampler() }),
  parentbased_always_off: () => new ParentBasedSampler({ root: new AlwaysOffSampler() }),
  parentbased_traceidratio: (ratio) =>
    new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
};
const NAMES = Object.keys(LIBRARY) as LibrarySampler[];

function isSampledByLibrary(sampler: Sampler, { traceId, sampled }: SampledSpan): boolean {
  const parent = {
    traceId,
    spanId: 'b7ad6b7169203331',
    traceFlags: sampled === true ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
  };
  const context = sampled === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
  const { decision } = sampler.shouldSample(context, traceId, '', SpanKind.SERVER, {}, []);
  return decision === SamplingDecision.RECORD_AND_SAMPLED;
}

function isSampled(name: SamplerName, ratio: number, span: SampledSpan): boolean {
  return createSampler(name, ratio)?.(span) ?? true;
}

const traceIds = fc
  .stringMatching(/^[0-9a-f]{32}$/)
  .filter((traceId) => traceId !== '0'.repeat(32));

it.each(NAMES)('%s decides as the library does', (name) => {
  const ratios = fc.oneof(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.constantFrom(0, 1, 0.5, Number.MIN_VALUE, 1 - Number.EPSILON),
  );
  const sampledBefore = fc.constantFrom(undefined, true, false);
  fc.assert(
    fc.property(traceIds, ratios, sampledBefore, (traceId, ratio, sampled) => {
      const span = sampled === undefined ? { traceId } : { traceId, sampled };
      const library = isSampledByLibrary(LIBRARY[name](ratio), span);
      expect(isSampled(name, ratio, span)).toBe(library);
    }),
  );
});

it.each([
  ['fffffffe000000000000000000000000', false],
  ['fffffffd000000000000000000000000', true],
  ['00000000ffffffff0000000000000000', false],
])('at a ratio just below 1, %s: %s', (traceId, expected) => {
  const ratio = 1 - 2 ** -33;
  expect(isSampled('traceidratio', ratio, { traceId })).toBe(expected);
  expect(isSampledByLibrary(LIBRARY.traceidratio(ratio), { traceId })).toBe(expected);
});
