// Shaped random input: true sequences of events of several requests, then fields dropped, retyped or
// corrupted, events doubled and shuffled. Random bytes alone would never get past the first check.
import fc from 'fast-check';
import { done, init, report, start, wire } from '../invocation/scenario';
import type { WireEvent } from '../invocation/scenario';

const requestId = fc.uuid();
const status = fc.constantFrom('success', 'error', 'failure', 'timeout');
const tracing = fc.option(
  fc.record({
    type: fc.constant('X-Amzn-Trace-Id'),
    value: fc.constantFrom(
      'Root=1-6740aa11-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1',
      'Root=1-6740aa11-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=0;Lineage=1:2dbc7f9c:0',
      'Sampled=?',
      'Root=1-0-0',
    ),
    spanId: fc.constantFrom('54565fb41ac79632', '0000000000000000', 'x'),
  }),
  { nil: undefined },
);

/** One request from start to report with a few lines; `true` ones keep the order of real times. */
const invocation = fc
  .record({
    requestId,
    status,
    tracing,
    duration: fc.integer({ min: 1, max: 5000 }),
    lines: fc.array(fc.string({ maxLength: 20 }), { maxLength: 3 }),
    hasReport: fc.boolean(),
  })
  .map(({ requestId: id, status: ended, tracing: context, duration, lines, hasReport }) => {
    const trace = context === undefined ? {} : { tracing: context };
    return (at: number): { readonly events: WireEvent[]; readonly next: number } => ({
      events: [
        start(at, id, trace),
        ...lines.map((text, index) =>
          wire(at + index, 'function', { requestId: id, level: 'INFO', message: text }),
        ),
        done(at + duration, id, { status: ended }),
        ...(hasReport ? [report(at + duration + 1, id, { status: ended })] : []),
      ],
      next: at + duration + 10,
    });
  });

const initializationType = fc.constantFrom(
  'on-demand',
  'provisioned-concurrency',
  'snap-start',
  'lambda-managed-instances',
);

/** An environment's life: an init, then invocations one after the other. */
export const environmentLife: fc.Arbitrary<readonly WireEvent[]> = fc
  .record({
    type: fc.option(initializationType, { nil: undefined }),
    invocations: fc.array(invocation, { minLength: 1, maxLength: 5 }),
  })
  .map(({ type, invocations }) => {
    const events = type === undefined ? [] : init(-600, { initializationType: type });
    let at = 0;
    for (const toEvents of invocations) {
      const { events: own, next } = toEvents(at);
      events.push(...own);
      at = next;
    }
    return events;
  });

const corruption: fc.Arbitrary<(value: unknown) => unknown> = fc.oneof(
  fc.constant(() => null),
  fc.constant(() => undefined),
  fc.jsonValue().map((value) => () => value),
  fc.constant((value: unknown) => String(value)),
  fc.constantFrom(-1, 1e308, 2 ** 60, 0).map((value) => () => value),
  fc
    .constantFrom('', '\ud800', '__proto__', '2022-08-02T12:01:23:521Z')
    .map((value) => () => value),
);

interface Damage {
  readonly at: number;
  readonly path: readonly number[];
  readonly change: (value: unknown) => unknown;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  at: fc.nat(),
  path: fc.array(fc.nat({ max: 8 }), { minLength: 1, maxLength: 4 }),
  change: corruption,
});

/** True events of which some are damaged somewhere inside. */
export const damagedLife: fc.Arbitrary<readonly unknown[]> = fc
  .tuple(environmentLife, fc.array(damage, { maxLength: 12 }))
  .map(([events, damages]) => {
    const copies = JSON.parse(JSON.stringify(events)) as unknown[];
    for (const { at, path, change } of damages) {
      const index = at % copies.length;
      copies[index] = damaged(copies[index], path, change);
    }
    return copies;
  });

function damaged(value: unknown, path: readonly number[], change: Damage['change']): unknown {
  const [step, ...rest] = path;
  if (step === undefined || typeof value !== 'object' || value === null) return change(value);
  const entries: [string, unknown][] = Object.entries(value);
  if (entries.length === 0) return change(value);
  const [key, inner]: [string, unknown] = entries[step % entries.length] ?? ['', undefined];
  const next = rest.length === 0 ? change(inner) : damaged(inner, rest, change);
  return Array.isArray(value)
    ? value.map((item: unknown, index) => (String(index) === key ? next : item))
    : { ...value, [key]: next };
}

/** The same elements in another order, some of them twice. */
export function shuffledWithDuplicates<T>(items: readonly T[]): fc.Arbitrary<T[]> {
  return fc
    .tuple(fc.shuffledSubarray([...items], { minLength: items.length }), fc.subarray([...items]))
    .map(([shuffled, again]) => [...shuffled, ...again]);
}
