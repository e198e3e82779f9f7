// Rules of redaction beside each other: none takes from another what it would have masked.
import * as fc from 'fast-check';
import { Redactor } from '../../src/otel/redaction';
import { readRules, redactorOf } from './redactor-of';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.SflKxwRJSMeKKF2QT4';
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

it.each([
  ['authorization=Bearer s3cr3tTokenOpaque1234567', 'authorization=[REDACTED]'],
  ['Authorization=Basic dXNlcjpodW50ZXIyMTIzNDU2', 'Authorization=[REDACTED]'],
  [`{'authorization': Bearer s3cr3tTokenOpaque1234567}`, `{'authorization': [REDACTED]}`],
  ['authorization=a AKIAIOSFODNN7EXAMPLE', 'authorization=[REDACTED] [REDACTED]'],
])('a further rule of REDACT_KEYS takes nothing from the scanners: %s', (text, expected) => {
  const redactor = redactorOf({
    LAMBDA_OTLP_REDACT: 'tokens,aws_keys',
    LAMBDA_OTLP_REDACT_KEYS: 'authorization',
  });
  expect(redactor.text(text)).toBe(expected);
});

const SCANNERS = ['emails', 'cards', 'tokens', 'aws_keys'];
const KEYS = ['authorization', 'password', 'a', 'Bearer', 'secret'];
const PATTERNS = [
  'Bearer \\S+',
  '[a-z]+=',
  'password',
  '"',
  "'.*?'",
  ':.',
  '\\\\u0040',
  '[{,]',
  'e',
  '\\d+',
];
/** Each of its own letters, so that a piece of one is known wherever it is left. */
const SECRETS = ['kqzxKQZX1357', 'jvwyJVWY2468', 'm0fgM0FG9hpH', 'T4ltT4LT6cuC'];
const PIECES = SECRETS.flatMap((secret) =>
  Array.from({ length: secret.length - 3 }, (_, index) => secret.slice(index, index + 4)),
);
const word = fc.oneof(
  fc.constantFrom(...SECRETS),
  fc.constantFrom(...['authorization', 'password', 'a', 'secret', 'Bearer ', 'Basic ', 'b', 'u']),
  fc.constantFrom(...['=', ': ', ':', ', ', '{', '}', '[', ']', '"', "'", '\\"', '\\', ' ', '&']),
  fc.constantFrom(...['@example.org', '://', '\\u0040example.org', '\\u003d', '\\/', '+', '\n']),
  fc.constantFrom('AKIAIOSFODNN7EXAMPLE', '4111111111111111', JWT, SECRET),
  fc.constantFrom(' = ', '=>', '%3D', '%5Bpassword%5D', '[]', '\npassword: ', '- a: ', '%40x.io'),
  fc.constantFrom('{"password":"', "{'password': '", 'password=', '{ password: ', '"a":'),
);
const text = fc.array(word, { maxLength: 14 }).map((words) => words.join(''));
const rules = (kinds: readonly string[]) => fc.subarray([...kinds]);
const chosen = fc.record({
  scanners: rules(SCANNERS),
  keys: rules(KEYS),
  patterns: rules(PATTERNS),
});
type Chosen = typeof chosen extends fc.Arbitrary<infer T> ? T : never;
const variablesOf = ({ scanners, keys, patterns }: Chosen) => ({
  LAMBDA_OTLP_REDACT: scanners.join(),
  LAMBDA_OTLP_REDACT_KEYS: keys.join(),
  ...(patterns.length > 0 && { LAMBDA_OTLP_REDACT_PATTERNS: JSON.stringify(patterns) }),
  LAMBDA_OTLP_DROP_ATTRIBUTES: 'none',
});

it('a further rule unmasks nothing, whatever the others are', () => {
  fc.assert(
    fc.property(text, chosen, chosen, (subject, some, others) => {
      const more = {
        scanners: [...new Set([...others.scanners, ...some.scanners])],
        keys: [...new Set([...others.keys, ...some.keys])],
        patterns: [...new Set([...others.patterns, ...some.patterns])],
      };
      const left = redactorOf(variablesOf(some)).text(subject);
      const leftByMore = redactorOf(variablesOf(more)).text(subject);
      const unmasked = PIECES.filter((piece) => leftByMore.includes(piece));
      expect(unmasked.filter((piece) => !left.includes(piece))).toEqual([]);
    }),
    { numRuns: 3000 },
  );
});

it('a further rule masks the same where no sign is asked for first', () => {
  fc.assert(
    fc.property(fc.oneof(text, fc.tuple(word, fc.lorem()).map(String)), chosen, (subject, some) => {
      const { rules } = readRules(variablesOf(some));
      if (rules === undefined) throw new Error('expected rules');
      const unasked = new Redactor(rules, () => () => true);
      expect(new Redactor(rules).text(subject)).toBe(unasked.text(subject));
    }),
    { numRuns: 3000 },
  );
});
