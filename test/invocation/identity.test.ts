// Where spans stand: ids from X-Ray where it gives them, else from the events alone.
import {
  toChildIdentity,
  toInvocationIdentity,
  toRootIdentity,
  toRuntimeIdentity,
} from '../../src/invocation/identity';
import { createInvocation, Identities } from '../../src/invocation/invocation';
import type { Invocation } from '../../src/invocation/invocation';
import { toNanosText } from '../../src/telemetry/timestamp';
import { REQUEST, at, sha256 } from './scenario';

const ROOT = 'Root=1-6740aa11-0123456789abcdef01234567';
const TRACE = '6740aa110123456789abcdef01234567';
const PARENT = '53995c3f42cd8ad8';
const OWN = '54565fb41ac79632';
const hashed = (...parts: string[]): string => sha256(parts.join('\n')).slice(0, 16);
const HASHED = hashed(REQUEST, toNanosText(at(0)), 'invocation');
const identify = (requestId: string, tracing?: { value?: string; spanId?: string }) =>
  toInvocationIdentity(
    { requestId, startTime: at(0), ...(tracing === undefined ? {} : { tracing }) },
    sha256,
  );

const own = REQUEST.replaceAll('-', '');

it.each([
  ['without tracing', undefined, { traceId: own, spanId: HASHED }],
  [
    'that is sampled',
    { value: `${ROOT};Parent=${PARENT};Sampled=1`, spanId: OWN },
    { traceId: TRACE, spanId: OWN, parentSpanId: PARENT, parentIsRemote: true, sampled: true },
  ],
  [
    'that is its own parent',
    { value: `${ROOT};Parent=${OWN};Sampled=1`, spanId: OWN },
    { traceId: TRACE, spanId: OWN, sampled: true },
  ],
  [
    'that is sampled at the root',
    { value: `${ROOT};Sampled=1`, spanId: OWN },
    { traceId: TRACE, spanId: OWN, sampled: true },
  ],
  [
    'that is not sampled takes the id of the parent that nobody exports',
    { value: `${ROOT};Parent=${PARENT};Sampled=0` },
    { traceId: TRACE, spanId: PARENT, sampled: false },
  ],
  [
    'whose sampling is open',
    { value: `${ROOT};Parent=${PARENT};Sampled=?` },
    { traceId: TRACE, spanId: HASHED },
  ],
])('an invocation %s', (_, tracing, expected) => {
  expect(identify(REQUEST, tracing)).toEqual(expected);
});

it('an invocation takes the header of INVOKE where its start has none', () => {
  const source = { requestId: REQUEST, startTime: at(0), invokeTracingValue: ROOT };
  expect(toInvocationIdentity(source, sha256).traceId).toBe(TRACE);
  const both = { ...source, tracing: { value: ROOT.replaceAll('0123', '9999') } };
  expect(toInvocationIdentity(both, sha256).traceId).toBe(TRACE.replaceAll('0123', '9999'));
});

it('an invocation is in the trace of its requestId when that is a UUID', () => {
  expect(identify(REQUEST.toUpperCase()).traceId).toBe(own);
});

it.each(['00000000-1111-4222-8333-444444444444', '11111111-2222-4333-8444-555500000000'])(
  'an invocation is in the trace of %s, zeros or not',
  (requestId) => {
    expect(identify(requestId).traceId).toBe(requestId.replaceAll('-', ''));
  },
);

it.each([
  '00000000-0000-0000-0000-000000000000',
  'no-uuid',
  `${REQUEST}a`,
  `a${REQUEST}`,
  REQUEST.slice(1),
])('an invocation is in a trace by the hash of the requestId %s', (requestId) => {
  expect(identify(requestId).traceId).toBe(sha256(requestId).slice(0, 32));
});

it('an invocation never has an id of zeros', () => {
  const source = { requestId: 'x', startTime: at(0) };
  expect(toInvocationIdentity(source, () => '0'.repeat(64))).toEqual({
    traceId: '00000000000000000000000000000001',
    spanId: '0000000000000001',
  });
  const almost = `0${'a'.repeat(14)}0${'0'.repeat(48)}`;
  expect(toInvocationIdentity(source, () => almost).spanId).toBe(almost.slice(0, 16));
  for (const zeros of ['0'.repeat(15), '0'.repeat(8)]) {
    const right = `${zeros}${'b'.repeat(64)}`;
    const left = `${'b'.repeat(16 - zeros.length)}${zeros}${'0'.repeat(48)}`;
    expect(toInvocationIdentity(source, () => right).spanId).toBe(right.slice(0, 16));
    expect(toInvocationIdentity(source, () => left).spanId).toBe(left.slice(0, 16));
  }
});

it.each([{}, { sampled: false }, { sampled: true }])(
  'a child is in the trace of its parent, sampled as that: %j',
  (sampling) => {
    const parent = { traceId: TRACE, spanId: OWN, parentSpanId: PARENT, ...sampling };
    expect(toChildIdentity(parent, { name: 'init', ordinal: 1 }, sha256)).toEqual({
      traceId: TRACE,
      spanId: hashed(TRACE, OWN, 'init', '1'),
      parentSpanId: OWN,
      ...sampling,
    });
  },
);

it('a root has a trace by its instance, its start and its name', () => {
  const traceId = sha256(['i-1', toNanosText(at(5)), 'init'].join('\n')).slice(0, 32);
  const source = { instanceId: 'i-1', startTime: at(5) };
  expect(toRootIdentity('init', source, sha256)).toEqual({
    traceId,
    spanId: hashed(traceId, 'init'),
  });
  expect(toRootIdentity('init', source, () => '0'.repeat(64)).traceId).toBe(`${'0'.repeat(31)}1`);
});

const invocation = { traceId: TRACE, spanId: OWN, sampled: true };
const below = `${ROOT};Parent=${OWN};Sampled=1`;

it("the runtime's span is below the invocation when runtimeDone says so", () => {
  const tracing = { value: below, spanId: PARENT };
  expect(toRuntimeIdentity(invocation, tracing)).toEqual({
    traceId: TRACE,
    spanId: PARENT,
    parentSpanId: OWN,
    sampled: true,
  });
});

it.each([
  ['no tracing', undefined],
  ['no span id', { value: below }],
  ["the invocation's own span id", { value: below, spanId: OWN }],
  ['no header', { spanId: PARENT }],
  ['another parent', { value: `${ROOT};Parent=${PARENT};Sampled=1`, spanId: PARENT }],
])("the runtime's span is none with %s", (_, tracing) => {
  expect(toRuntimeIdentity(invocation, tracing)).toBeUndefined();
});

describe('the same header', () => {
  const header = { value: `${ROOT};Parent=${PARENT};Sampled=0` };
  const invocation = (requestId: string, tracing = {}): Invocation => ({
    ...createInvocation(requestId),
    start: { type: 'platform.start', time: at(0), requestId, tracing },
  });
  const settle = (identities: Identities, subject: Invocation) => {
    identities.assign(subject);
    return subject.identity?.spanId;
  };

  it('invocations that come with the same header share the trace, not the span id, and keep what they have', () => {
    const identities = new Identities(sha256);
    const [first, second] = [invocation('a', header), invocation('b', header)];
    expect(settle(identities, first)).toBe(PARENT);
    expect(settle(identities, second)).toBe(hashed('b', toNanosText(at(0)), 'invocation'));
    expect(second.identity).toMatchObject({ traceId: TRACE, sampled: false });
    expect(settle(identities, first)).toBe(PARENT);
  });

  it('invocations that come with the same header are told apart for 512 ids', () => {
    const identities = new Identities(sha256);
    settle(identities, invocation('first', header));
    for (let index = 0; index < 511; index += 1) settle(identities, invocation(`${index}`));
    expect(settle(identities, invocation('again', header))).not.toBe(PARENT);
    expect(settle(identities, invocation('later', header))).toBe(PARENT);
  });

  it.each(['done', 'report'] as const)(
    'invocations take the header from %s where the start is missing',
    (part) => {
      const subject = createInvocation('a');
      const end = { time: at(100), requestId: 'a', metrics: { durationMs: 100 }, tracing: header };
      if (part === 'done') subject.done = { type: 'platform.runtimeDone', ...end };
      else subject.report = { type: 'platform.report', ...end };
      expect(settle(new Identities(sha256), subject)).toBe(PARENT);
    },
  );

  it('invocations that come with the same header get no ids while their start is unknown, nor when another process has exported them', () => {
    const unknown = createInvocation('a');
    const foreign = { ...invocation('b', header), isForeign: true };
    expect(settle(new Identities(sha256), unknown)).toBeUndefined();
    expect(settle(new Identities(sha256), foreign)).toBeUndefined();
  });

  it.each([
    ['all but their last digit', '0000000000000001', '0000000000000002'],
    ['their first 8 digits', 'fedcba9876543210', 'fedcba98eeeeeeee'],
    ['their last 8 digits', 'fedcba9876543210', 'fedcba9976543210'],
    ['last 8 digits of zeros', 'fedcba9800000000', '7654321000000000'],
    ['halves that changed places', 'fedcba9876543210', '76543210fedcba98'],
  ])(
    'invocations with the same header but for parents that agree in %s keep both, and know them again',
    (_, one, other) => {
      const identities = new Identities(sha256);
      const settled = (requestId: string, parent: string) => {
        const value = `${ROOT};Parent=${parent};Sampled=0`;
        return settle(identities, invocation(requestId, { value }));
      };
      expect([settled('a', one), settled('b', other)]).toEqual([one, other]);
      const again = ['c', 'd'].map((id) => hashed(id, toNanosText(at(0)), 'invocation'));
      expect([settled('c', one), settled('d', other)]).toEqual(again);
    },
  );
});
