// Field names are remembered by their spelling: what was read before must not show in what is read later.
import type { readFields as ReadFields } from '../../src/http/message-head';

let readFields: typeof ReadFields;

/** Nothing is remembered at first. */
beforeEach(async () => {
  jest.resetModules();
  ({ readFields } = await import('../../src/http/message-head'));
});

function read(...lines: string[]): Record<string, string> | undefined {
  const head = ['HTTP/1.1 200 OK', ...lines].join('\r\n');
  const fields = readFields(
    `${head}\r\n\r\nBody: 1\r\n`,
    'HTTP/1.1 200 OK\r\n'.length,
    head.length,
  );
  return fields === undefined ? undefined : Object.fromEntries(fields);
}

describe('a name', () => {
  const longest = `X-${'A'.repeat(62)}`;
  it.each([
    ['in lower case first', ['x-amzn-id', 'X-Amzn-Id', 'X-AMZN-ID']],
    ['in capitals first', ['X-AMZN-ID', 'X-Amzn-Id', 'x-amzn-id']],
    ['in the same spelling again and again', ['X-Amzn-Id', 'X-Amzn-Id', 'X-Amzn-Id']],
    ['of 64 characters', [longest, longest, longest.toLowerCase()]],
    ['of 65 characters', [`${longest}B`, `${longest}B`, `${longest}b`]],
    ['of 1000 characters', Array<string>(3).fill('N'.repeat(1000))],
    ['of one character', ['A', 'a', 'A']],
    ['that objects have of themselves', ['Constructor', 'constructor', 'CONSTRUCTOR']],
  ])('%s is in lower case, in every message', (_what, spellings) => {
    for (const [index, spelling] of spellings.entries()) {
      expect(read(`${spelling}: ${index}`)).toEqual({ [spelling.toLowerCase()]: String(index) });
    }
  });

  it.each(['', 'two words', 'Trailing ', 'Grüße', 'a\tb', `${'N'.repeat(65)} `])(
    "'%s' is refused, and refused again",
    (name) => {
      for (let message = 0; message < 2; message += 1) {
        expect(read('A: 1', `${name}: 2`)).toBeUndefined();
        expect(read('A: 1')).toEqual({ a: '1' });
      }
    },
  );

  it('that starts like a known one is another', () => {
    read('Content-Type: a');
    expect(read('Content-Typ: b', 'Content-Types: c')).toEqual({
      'content-typ': 'b',
      'content-types': 'c',
    });
  });
});

it.each([64, 65, 200])('%i different names are read rightly, again and again', (count) => {
  const names = Array.from({ length: count }, (_, index) => `X-Name-${index}`);
  const expected = Object.fromEntries(names.map((name) => [name.toLowerCase(), `of ${name}`]));
  const lines = names.map((name) => `${name}: of ${name}`);
  for (let message = 0; message < 2; message += 1) expect(read(...lines)).toEqual(expected);
  expect(read(...lines.map((line) => line.toUpperCase()))).toEqual(
    Object.fromEntries(names.map((name) => [name.toLowerCase(), `OF ${name.toUpperCase()}`])),
  );
});

describe('one name in two spellings', () => {
  const long = 'L'.repeat(65);
  it.each([
    ['is a list', ['Via: a', 'VIA: b', 'via: c'], { via: 'a, b, c' }],
    ['too long to be known is a list', [`${long}: a`, `${long.toLowerCase()}: b`], 'a, b'],
    [
      'counts once when it is no list',
      ['Retry-After: 5', 'retry-after: 7'],
      { 'retry-after': '5' },
    ],
    [
      'takes equal lengths for one',
      ['Content-Length: 5', 'content-length: 5'],
      { 'content-length': '5' },
    ],
    ['keeps two lengths', ['Content-Length: 5', 'content-length: 6'], { 'content-length': '5, 6' }],
    ['folds what continues it', ['A: 1', 'a: 2', '\t3 '], { a: '1, 2 3' }],
  ])('%s, in the first message and in later ones', (_what, lines, expected) => {
    const fields = typeof expected === 'string' ? { [long.toLowerCase()]: expected } : expected;
    for (let message = 0; message < 2; message += 1) expect(read(...lines)).toEqual(fields);
  });
});
