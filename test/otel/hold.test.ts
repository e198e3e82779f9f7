import { Hold } from '../../src/otel/hold';

interface Detail {
  readonly signal: 'logs';
  readonly severity: number;
  readonly bytes: number;
  readonly name: string;
}

const detail = (name: string, severity = 5, bytes = 10): Detail => ({
  signal: 'logs',
  severity,
  bytes,
  name,
});

function createHold(maxRequestBytes: number, maxBytes = 1000) {
  const evicted: string[] = [];
  const hold = new Hold<Detail>({ maxRequestBytes, maxBytes }, (requestId, { name }) =>
    evicted.push(`${requestId}:${name}`),
  );
  const names = (requestId: string) => hold.take(requestId).map(({ name }) => name);
  return { hold, evicted, names };
}

it('details that are held come back in their order, once', () => {
  const { hold, names } = createHold(100);
  for (const [name, severity] of [
    ['a', 9],
    ['b', 5],
    ['c', 17],
  ] as const)
    hold.add('r', detail(name, severity));
  expect([names('r'), names('r'), hold.requestIds]).toEqual([['a', 'b', 'c'], [], []]);
});

it('details that are held go by severity, then by age, when a request has too many', () => {
  const { hold, evicted, names } = createHold(30);
  for (const [name, severity] of [
    ['a', 9],
    ['b', 5],
    ['c', 5],
    ['d', 9],
    ['e', 17],
  ] as const)
    hold.add('r', detail(name, severity));
  expect(evicted).toEqual(['r:b', 'r:c']);
  expect(names('r')).toEqual(['a', 'd', 'e']);
});

it('details that are held go from the largest request when all together are too many', () => {
  const { hold, evicted } = createHold(100, 40);
  for (const name of ['a', 'b', 'c']) hold.add('large', detail(name));
  for (const name of ['d', 'e']) hold.add('small', detail(name));
  expect(evicted).toEqual(['large:a']);
});

it('details that are held are the newest of very many, and every other is told of', () => {
  const { hold, evicted, names } = createHold(1000);
  for (let index = 0; index < 100_000; index += 1) hold.add('r', detail(String(index)));
  expect(evicted).toHaveLength(99_900);
  expect(names('r')).toEqual(Array.from({ length: 100 }, (_, index) => String(99_900 + index)));
});

it('details that are held may be larger than the bound by themselves, and go at once', () => {
  const { hold, evicted, names } = createHold(5);
  hold.add('r', detail('a'));
  expect([evicted, names('r')]).toEqual([['r:a'], []]);
});
