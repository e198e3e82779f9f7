import type { Fact } from '../../src/invocation/fact';
import { Sampling } from '../../src/otel/sampling';
import type { KeepRule } from '../../src/otel/sampling';
import { at } from '../invocation/scenario';

const identity = (traceId: string) => ({ traceId, spanId: 'b7ad6b7169203331' });
const initialization = (traceId: string, fields = {}): Fact<unknown> => ({
  kind: 'initialization',
  name: 'init',
  identity: identity(traceId),
  start: at(0),
  end: at(1),
  coldStart: false,
  incomplete: false,
  isError: false,
  ...fields,
});
const keeping = (...rules: KeepRule[]) =>
  new Sampling({ sampler: () => false, keep: new Set(rules) });

describe('what the keep rules name', () => {
  it.each([
    ['errors', { isError: true }, true],
    ['errors', { isError: false }, false],
    ['errors', { coldStart: true }, false],
    ['cold_starts', { coldStart: true }, true],
    ['cold_starts', { isError: true }, false],
  ] as const)('%s: %j is kept: %s', (rule, fields, kept) => {
    const sampling = keeping(rule);
    sampling.observe([initialization('a', fields)]);
    expect(sampling.isSampled(identity('a'))).toBe(kept);
    expect(sampling.isSampled(identity('b'))).toBe(false);
  });

  it('is nothing without a rule', () => {
    const sampling = keeping();
    sampling.observe([initialization('a', { isError: true, coldStart: true })]);
    expect(sampling.isSampled(identity('a'))).toBe(false);
  });

  it('is remembered for the latest 256 traces', () => {
    const sampling = keeping('errors');
    const traces = Array.from({ length: 257 }, (_, index) => `t${index}`);
    sampling.observe(traces.slice(0, 256).map((id) => initialization(id, { isError: true })));
    expect(sampling.isSampled(identity('t0'))).toBe(true);
    sampling.observe([initialization('t256', { isError: true })]);
    expect(traces.filter((id) => !sampling.isSampled(identity(id)))).toEqual(['t0']);
  });
});

it('without a sampler every span leaves', () => {
  expect(new Sampling({ keep: new Set() }).isSampled(identity('a'))).toBe(true);
});
