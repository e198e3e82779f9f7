// What the host does natively is what Node.js does: the same program, with the same hostile inputs, on both.
import fc from 'fast-check';
import { runOnHost, runOnNode } from './host-layer';

const RUNS = 400;

/** Values of `arbitrary` as the program's input, one JSON list. */
function sample<T>(arbitrary: fc.Arbitrary<T>): string {
  return JSON.stringify(fc.sample(arbitrary, RUNS));
}

/** A program that prints `body` of each input `x`; an exception as its code or name. */
function program(body: string): string {
  return `
    const { readFileSync, writeSync } = require('node:fs');
    const crypto = require('node:crypto');
    const net = require('node:net');
    const inputs = JSON.parse(readFileSync(process.env.INPUT, 'utf8'));
    const results = inputs.map((x) => {
      try { return ${body}; } catch (error) { return error.code ?? error.name; }
    });
    writeSync(1, JSON.stringify(results) + '\\n');
    process.exit(0);
  `;
}

function expectSame(body: string, input: string): void {
  const source = program(body);
  const [onHost, onNode] = [runOnHost(source, input), runOnNode(source, input)];
  const inputs = JSON.parse(input) as unknown[];
  const [host, node] = [JSON.parse(onHost) as unknown[], JSON.parse(onNode) as unknown[]];
  const all = inputs.map((value, index) => ({ value, host: host[index], node: node[index] }));
  const different = all.filter((each) => JSON.stringify(each.host) !== JSON.stringify(each.node));
  expect(different).toEqual([]);
}

/** Beyond ASCII Node.js looks at the low byte of each character when it decodes digits. */
const asciiText = fc.string({ unit: 'binary-ascii', maxLength: 40 });
/** Lone surrogates too. */
const anyUnits = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0x7f }), fc.integer({ min: 0xd700, max: 0xe000 })))
  .map((units) => String.fromCharCode(...units));
const bytes = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 64 });

test('text to UTF-8', () => {
  expectSame(
    `[Buffer.from(x).toString('hex'), Buffer.byteLength(x), Buffer.byteLength(Buffer.from(x))]`,
    sample(anyUnits),
  );
});

test('UTF-8 to text, whatever the bytes are', () => {
  expectSame(
    `[Buffer.from(x).toString('utf8'), new TextDecoder().decode(Buffer.from(x))]`,
    sample(bytes),
  );
});

test('Latin-1, hexadecimal digits and base64 in both directions', () => {
  expectSame(`['latin1', 'hex', 'base64'].map((e) => Buffer.from(x).toString(e))`, sample(bytes));
  expectSame(`['latin1', 'hex', 'base64'].map((e) => [...Buffer.from(x, e)])`, sample(asciiText));
});

test('text is written into bytes up to their end, in whole characters', () => {
  const input = sample(fc.tuple(anyUnits, fc.nat({ max: 20 }), fc.nat({ max: 20 })));
  expectSame(
    `(() => { const b = Buffer.alloc(20); const n = b.write(x[0], Math.min(x[1], 19), 'utf8'); return [n, b.toString('hex')]; })()`,
    input,
  );
});

test('parts, copies and searches', () => {
  const position = fc.integer({ min: -70, max: 70 });
  const input = sample(fc.tuple(bytes, position, position));
  expectSame(`[...Buffer.from(x[0]).subarray(x[1], x[2])]`, input);
  expectSame(
    `(() => { const t = Buffer.alloc(64); const n = Buffer.from(x[0]).copy(t, Math.abs(x[1]) % 60); return [n, t.toString('hex')]; })()`,
    input,
  );
  expectSame(`Buffer.from(x[0]).indexOf('\\r\\n')`, sample(fc.tuple(bytes)));
});

test('digests', () => {
  expectSame(
    `[crypto.createHash('sha256').update(x).digest('hex'), crypto.createHmac('sha256', x + 'k').update(x).digest('base64')]`,
    sample(anyUnits),
  );
});

test('URLs of HTTP', () => {
  const part = (characters: string): fc.Arbitrary<string> =>
    fc.string({ unit: fc.constantFrom(...Array.from(characters)), maxLength: 12 });
  // The host takes names beyond ASCII in Punycode only (docs/decisions/0009-host.md).
  const name = part('aZ09-._~%:/?#[]@!&=+ ').map((text) => `h${text}`);
  const path = part('aZ09-._~%:/?#[]@!&=+ é');
  const url = fc
    .tuple(fc.constantFrom('http', 'https', 'HTTP'), name, path)
    .map(([scheme, authority, rest]) => `${scheme}://${authority}/${rest}`);
  expectSame(
    `(() => { const u = new URL(x); return ['href','protocol','username','password','hostname','port','host','pathname','search','hash','origin'].map((k) => u[k]); })()`,
    sample(url),
  );
});

test('addresses', () => {
  const digits = fc.string({
    unit: fc.constantFrom(...Array.from('0123456789abcf:.')),
    maxLength: 20,
  });
  expectSame(`net.isIP(x)`, sample(fc.oneof(digits, fc.ipV4(), fc.ipV6())));
});

test('JSON, numbers and dates of the engine', () => {
  expectSame(`JSON.stringify(JSON.parse(x))`, sample(fc.json({ maxDepth: 5 })));
  expectSame(
    `[x.toString(), x.toFixed(3), JSON.stringify(x), Math.round(x)]`,
    sample(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e20, max: 1e20 })),
  );
  expectSame(`new Date(x).toISOString()`, sample(fc.integer({ min: -1e12, max: 4e12 })));
  const time = fc.constantFrom(
    '2026-03-02T08:15:00.123Z',
    '2026-03-02T08:15:00+01:00',
    '2026-03-02 08:15:00',
    '2026-02-30T00:00:00Z',
    '2026-03-02',
    'x',
    '2026-03-02T08:15:00.123456789Z',
    'Mon, 02 Mar 2026 08:15:00 GMT',
  );
  expectSame(`Date.parse(x)`, sample(time));
});

test('an error that nobody caught begins with its name and message, as in Node.js', () => {
  const source = `
    const heads = [];
    const note = (error) => {
      heads.push(error.stack.split('\\n')[0]);
      if (heads.length < 2) return;
      require('node:fs').writeSync(1, heads.sort().join() + '\\n');
      process.exit(0);
    };
    process.on('uncaughtException', note);
    process.on('unhandledRejection', note);
    setTimeout(() => { throw new RangeError('thrown'); });
    setTimeout(() => Promise.reject(new TypeError('rejected')));
  `;
  expect(runOnHost(source)).toBe('RangeError: thrown,TypeError: rejected\n');
  expect(runOnHost(source)).toBe(runOnNode(source));
});

test('JSON of as many levels as Lambda itself reads is read', () => {
  expectSame(
    `((value) => { let levels = 0; for (; typeof value === 'object'; value = value[0]) levels += 1; return levels; })(JSON.parse(x))`,
    JSON.stringify([
      `${'['.repeat(10_000)}1${']'.repeat(10_000)}`,
      `${'{"0":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
    ]),
  );
});
