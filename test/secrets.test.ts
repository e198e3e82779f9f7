// What is secret is in no line, in whatever form a server or a message repeats it.
import { Secrets, withoutSecrets } from '../src/secrets';

const hide = (learn: (secrets: Secrets) => void, text: string): string => {
  const secrets = new Secrets();
  learn(secrets);
  return secrets.redact(text);
};

it.each<[string, (secrets: Secrets) => void, string, string]>([
  ['a value', (s) => s.add('t0ken-value'), 'bad t0ken-value!', 'bad ***!'],
  ['what it is decoded', (s) => s.add('a%2Fbcdef'), 'bad a/bcdef', 'bad ***'],
  ['what it is encoded', (s) => s.add('a/bcdef'), 'bad a%2Fbcdef', 'bad ***'],
  ['what it is encoded in small letters', (s) => s.add('a/bcdef'), 'bad a%2fbcdef', 'bad ***'],
  ['what it is in a form', (s) => s.add('a/b cdef'), 'bad a%2Fb+cdef', 'bad ***'],
  ['what it is in JSON', (s) => s.add('a/b"cdef'), 'bad "a\\/b\\"cdef"', 'bad "***"'],
  ['what it is in JSON in JSON', (s) => s.add('a/b"cdef'), 'bad "a/b\\\\\\"cdef"', 'bad "***"'],
  ['what Go makes of it', (s) => s.add('a&b+cdef'), 'bad a\\u0026b\\u002Bcdef', 'bad ***'],
  ['what it is in HTML', (s) => s.add('a&b/cdef='), 'bad a&amp;b&#x2F;cdef&#61;', 'bad ***'],
  [
    'a short one where it stands alone',
    (s) => s.add('abc'),
    'abc, abcde: "abc"',
    '***, abcde: "***"',
  ],
  ['a token behind its scheme', (s) => s.addHeader('Bearer abcdefgh'), 'got abcdefgh', 'got ***'],
  [
    'a Basic password',
    (s) => s.addHeader(`Basic ${Buffer.from('user:p@ssw0rd').toString('base64')}`),
    'no user with p@ssw0rd',
    'no user with ***',
  ],
  ['a password in a URL', (s) => s.addUrl('http://u1:p%40ss@h/'), 'p%40ss or p@ss', '*** or ***'],
  [
    'a token in a path',
    (s) => s.addUrl('https://h/otlp/T0KEN/v1/logs'),
    '/otlp/T0KEN/v1',
    '/otlp/***/v1',
  ],
  ['a token in a query', (s) => s.addUrl('https://h/v1/logs?k=T0KEN1'), 'k is T0KEN1', 'k is ***'],
  [
    'the longer of two, one of which is a part of the other',
    (s) => ['secret-a', 'secret-ab'].forEach((value) => s.add(value)),
    'secret-ab',
    '***',
  ],
  ['a host of a URL', (s) => s.add('TopSecret'), 'to https://topsecret.h', 'to https://***.h'],
  ['half a character', (s) => s.add('abcdef\ud800'), 'bad abcdef\ud800', 'bad ***'],
  ['signs that mean something to a pattern', (s) => s.add('a.c$(d)[e'), 'a.c$(d)[e', '***'],
])('%s is hidden', (_what, learn, text, expected) => {
  expect(hide(learn, text)).toBe(expected);
});

it.each([
  ['a key file', `-----BEGIN KEY-----\n${'MIGHAgEAMBMG/+==\n'.repeat(1_000)}`],
  ['a document', JSON.stringify(Array.from({ length: 5_000 }, (_, index) => `a/${index}`))],
])('%s as a secret is hidden, too', (_what, value) => {
  expect(hide((secrets) => secrets.add(value), `got ${value}!`)).toBe('got ***!');
});

it.each(['HTTP 401 from /v1/logs', 'traces export to https://h:4318/v1/traces failed'])(
  '%s stays as it is',
  (text) => {
    expect(hide((secrets) => secrets.addUrl('https://h:4318/v1/traces'), text)).toBe(text);
  },
);

it('lines and their fields pass it at every level', () => {
  const secrets = new Secrets();
  secrets.add('t0ken-value');
  const lines: unknown[] = [];
  const say = (...line: unknown[]): void => void lines.push(line);
  const diagnostics = withoutSecrets({ error: say, warn: say, info: say, debug: say }, secrets);
  diagnostics.error('t0ken-value');
  diagnostics.warn('t0ken-value', { seen: 't0ken-value', count: 3 });
  diagnostics.info('fine');
  diagnostics.debug('fine');
  expect(lines).toEqual([
    ['***', undefined],
    ['***', { seen: '***', count: 3 }],
    ['fine', undefined],
    ['fine', undefined],
  ]);
});
