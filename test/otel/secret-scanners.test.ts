// The built-in rules find what plain expressions find, wherever it stands, whatever looks alike beside it.
import * as fc from 'fast-check';
import type { ScannerName } from '../../src/otel/secret-scanners';
import { SecretScanners } from '../../src/otel/secret-scanners';
import { cpuRatio } from '../cpu';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.SflKxwRJSMeKKF2QT4';
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

/** A text in which each rule finds something, and what almost is something. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...['AKIAIOSFODNN7EXAMPLE', 'AKIA', 'ASIA', SECRET, 'secret', 'key=', JWT, 'eyJ', '.', '-'],
        ...[
          'Bearer ',
          'bAsIc\t',
          'bearer',
          '4111111111111111',
          '4111 1111 1111 1111',
          '4111.1111.1111.1111',
          '3782.822463.10005',
          '378282246310005',
        ],
        ...[
          'me@example.org',
          '@',
          '%40',
          'a.io',
          '://',
          'u:p@',
          '/',
          '?',
          '"',
          '=',
          ' ',
          '  ',
          '_',
          'é',
        ],
      ),
      fc.string({ unit: fc.constantFrom(...Array.from('aA1 4-./+=_')), maxLength: 45 }),
      fc.nat({ max: 20 }).map((length) => 'x'.repeat(length)),
      fc.nat({ max: 21 }).map((length) => '4'.repeat(length)),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

function isCard(digits: string): boolean {
  const sum = Array.from(digits)
    .reverse()
    .reduce((total, digit, index) => {
      const value = Number(digit) * (1 + (index % 2));
      return total + (value > 9 ? value - 9 : value);
    }, 0);
  return digits.length >= 13 && digits.length <= 19 && sum % 10 === 0;
}

function* matchesOf(pattern: RegExp, subject: string): Generator<readonly [number, number]> {
  for (const { 0: match, index } of subject.matchAll(pattern)) yield [index, index + match.length];
}

/** From each group of digits on, the longest run of groups that is a card. */
function* cardsOf(subject: string): Generator<readonly [number, number]> {
  let from = 0;
  for (const [start] of matchesOf(/\d+/g, subject)) {
    if (start < from || !/^(?:.*\W)?[2-6]$/su.test(subject.slice(0, start + 1).slice(-2))) continue;
    const [run = ''] = /^\d+(?:[ -]\d+)*/.exec(subject.slice(start)) ?? [];
    const ends = [...run.matchAll(/\d+/g)].map(({ 0: group, index }) => index + group.length);
    const [dotted = ''] =
      /^(?:\d{4}(?:\.\d{4}){3}|\d{4}\.\d{6}\.\d{5})(?!\w)/.exec(subject.slice(start)) ?? [];
    if (isCard(dotted.replaceAll('.', ''))) {
      yield [start, start + dotted.length];
      from = start + dotted.length;
      continue;
    }
    const end = ends.reverse().find((length) => {
      const isWhole = !/^\w/.test(subject.slice(start + length));
      return isWhole && isCard(run.slice(0, length).replace(/\D/g, ''));
    });
    if (end === undefined) continue;
    yield [start, start + end];
    from = start + end;
  }
}

const REFERENCES: Readonly<Record<Exclude<ScannerName, 'emails'>, (subject: string) => unknown>> = {
  cards: (subject) => [...cardsOf(subject)],
  tokens: (subject) => {
    const schemes = [
      ...matchesOf(/(?<=(?:bearer|basic)[ \t]+)(?<![\w.~+/=-])[\w.~+/=-]{16,}/gi, subject),
    ];
    const jwts = [...matchesOf(/eyJ[\w-]*\.[\w-]+\.[\w-]*/g, subject)].filter(
      ([start, end]) => !schemes.some((scheme) => scheme[0] <= start && end <= scheme[1]),
    );
    // Shorter than any token is.
    const runs = [...matchesOf(/[\w.~+/=-]{16,}/g, subject)];
    const users = [...matchesOf(/(?<=:\/\/)[^\s/?#"'<>\\]+(?=@)/g, subject)];
    const isInRun = ([start, end]: readonly [number, number]): boolean =>
      runs.some((run) => run[0] <= start && end <= run[1]);
    return [...users, ...schemes, ...jwts.filter(isInRun)];
  },
  aws_keys: (subject) => [
    ...matchesOf(/(?<![A-Za-z0-9])A(?:KIA|SIA)[A-Z0-9]{16}(?![A-Za-z0-9])/g, subject),
    ...[...matchesOf(/(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])/g, subject)].filter(
      ([start]) => /secret|key/i.test(subject.slice(Math.max(0, start - 48), start)),
    ),
  ],
};

const sorted = (ranges: unknown): unknown =>
  [...(ranges as (readonly [number, number])[])].sort((a, b) => a[0] - b[0] || a[1] - b[1]);

it.each(['cards', 'tokens', 'aws_keys'] as const)(
  '%s are found as an expression finds them',
  (name) => {
    const scanners = new SecretScanners([name]);
    fc.assert(
      fc.property(text, (subject) => {
        const found = scanners.find(subject, '').map(({ start, end }) => [start, end] as const);
        expect(sorted(found)).toEqual(sorted(REFERENCES[name](subject)));
      }),
      { numRuns: 3000 },
    );
  },
);

it('the scanner finds the user information of a URL that follows a scheme', () => {
  const [found] = new SecretScanners(['tokens']).find('proxy://http://user:hunter2@host', '');
  expect(found).toMatchObject({ start: 15, end: 27 });
});

it('of e-mail addresses none is left', () => {
  const scanners = new SecretScanners(['emails']);
  fc.assert(
    fc.property(text, (subject) => {
      let left = '';
      let rest = 0;
      for (const { start, end } of scanners.find(subject, '')) {
        left += `${subject.slice(rest, start)}[]`;
        rest = end;
      }
      left += subject.slice(rest);
      expect(left).not.toMatch(/[\w.%+-](?:@|%40)[a-z0-9]+\.[a-z]{2}/i);
      if (!/@|%40/.test(subject)) expect(left).toBe(subject);
    }),
    { numRuns: 3000 },
  );
});

it('the rules of a setting find together what each finds alone', () => {
  const names = ['emails', 'cards', 'tokens', 'aws_keys'] as const;
  const all = new SecretScanners(names);
  fc.assert(
    fc.property(text, (subject) => {
      const alone = names.flatMap((name) => new SecretScanners([name]).find(subject, ''));
      expect(new Set(all.find(subject, ''))).toEqual(new Set(alone));
    }),
  );
});

it.each([
  ['@', '@'],
  ['digits', '4'],
  ['groups of digits', '4 '],
  ['blanks', ' '],
  ['letters', 'a'],
  ['heads of tokens', 'eyJ'],
  ['URLs', '://'],
  ['addresses', 'a@a.b'],
  ['schemes', 'bearer '],
])('64 KiB of %s are read once', async (_, unit) => {
  const scanners = new SecretScanners(['emails', 'cards', 'tokens', 'aws_keys']);
  const subject = unit.repeat(65_536 / unit.length);
  const reads = () => {
    for (let turn = 0; turn < 20; turn += 1) Array.from(subject);
  };
  expect(await cpuRatio(() => scanners.find(subject, ''), reads, 20)).toBeLessThan(20);
});
