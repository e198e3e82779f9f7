import type { Fact } from '../../src/invocation/fact';
import { Decisions } from '../../src/otel/decisions';
import type { KeepRules } from '../../src/otel/keep-rules';
import type { ReadLine } from '../../src/otel/read-lines';
import { at } from '../invocation/scenario';

const identity = (traceId: string) => ({ traceId, spanId: 'b7ad6b7169203331' });
const initialization = (traceId: string, fields = {}): Fact<ReadLine> => ({
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
const KEEP_NOTHING: KeepRules = {
  errors: false,
  coldStarts: false,
  errorLogs: false,
  http5xx: false,
  slowMs: undefined,
};
const keeping = (rules: Partial<KeepRules>) =>
  new Decisions({
    sampler: () => false,
    rules: { ...KEEP_NOTHING, ...rules },
    others: 'all',
    ratio: 0,
  });

it.each([
  ['errors', { isError: true }, true],
  ['errors', { isError: false }, false],
  ['errors', { coldStart: true }, false],
  ['coldStarts', { coldStart: true }, true],
  ['coldStarts', { isError: true }, false],
] as const)('the keep rule %s keeps %j: %s', (rule, fields, kept) => {
  const decisions = keeping({ [rule]: true });
  decisions.observe([initialization('a', fields)], at(1));
  expect(decisions.isSampled(identity('a'))).toBe(kept);
  expect(decisions.isSampled(identity('b'))).toBe(false);
});

it('what the keep rules name is nothing without a rule', () => {
  const decisions = keeping({});
  decisions.observe([initialization('a', { isError: true, coldStart: true })], at(1));
  expect(decisions.isSampled(identity('a'))).toBe(false);
});

it('what the keep rules name is remembered for the latest 256 traces', () => {
  const decisions = keeping({ errors: true });
  const traces = Array.from({ length: 257 }, (_, index) => `t${index}`);
  decisions.observe(
    traces.slice(0, 256).map((id) => initialization(id, { isError: true })),
    at(1),
  );
  expect(decisions.isSampled(identity('t0'))).toBe(true);
  decisions.observe([initialization('t256', { isError: true })], at(1));
  expect(traces.filter((id) => !decisions.isSampled(identity(id)))).toEqual(['t0']);
});

it('without a sampler every span leaves', () => {
  expect(
    new Decisions({ rules: KEEP_NOTHING, others: 'all', ratio: 0 }).isSampled(identity('a')),
  ).toBe(true);
});
