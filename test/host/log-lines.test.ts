// The readers of log lines are regular expressions, dates and Unicode: on the native host they give what they
// give under Node.js, for lines of known loggers put together at random and for hostile ones.
import fc from 'fast-check';
import { bundleProgram, runOnHost, runOnNode } from './host-layer';

const LINES = 3_000;

/** What loggers put at the head of a line, and what they do not. */
const words = [
  '2026-03-02T08:15:00.123Z',
  '2026-03-02 08:15:00,123',
  '[2026-03-02T08:15:00+01:00]',
  'Mon, 02 Mar 2026 08:15:00 GMT',
  '1709367300123',
  '[ERROR]',
  'WARNING',
  'info:',
  'level=error',
  '<3>',
  'RequestId: 8286a188-ba32-4475-8077-530cd35c09a9',
  '8286a188-ba32-4475-8077-530cd35c09a9',
  'trace_id=0af7651916cd43dd8448eb211c80319c span_id=b7ad6b7169203331',
  'Traceback (most recent call last):\n  File "a.py", line 3, in f\nValueError: bad',
  'java.lang.IllegalStateException: no\n\tat a.b.C.d(C.java:3)\nCaused by: x.Y: z',
  'TypeError: failed\n    at f (/var/task/a.js:1:2)',
  'panic: boom\n\ngoroutine 1 [running]:',
  '{"level":"warn","message":"ü","time":1709367300123,"err":{"stack":"E: m\\n  at x"}}',
  '{ a: 1 }',
  '\u001b[31mred\u001b[0m',
  '\t',
  '\u2028',
  'ſK',
  '😀',
  '\ud800',
  'İ',
  '١٢٣',
];
const line = fc
  .array(fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'binary', maxLength: 12 })), {
    minLength: 1,
    maxLength: 6,
  })
  .chain((parts) => fc.constantFrom(' ', '\t', '', ' - ', '\n').map((glue) => parts.join(glue)));
const record = fc.oneof(
  line,
  fc.json({ maxDepth: 4 }),
  fc.json({ maxDepth: 3 }).map((text) => JSON.parse(text) as unknown),
);

test('lines read on both hosts are the same', () => {
  const program = bundleProgram(`
    import { readFileSync, writeSync } from 'node:fs';
    import { LineReader } from './src/log-line/read-log-line';
    const reader = new LineReader({ maxBodyBytes: 2000, maxAttributes: 64, maxAttributeValueLength: 500, maxDepth: 5 });
    const records = JSON.parse(readFileSync(process.env.INPUT, 'utf8'));
    const results = records.map((record) => JSON.stringify(reader.read(record, [1772439300, 0])));
    for (const text of results) writeSync(1, text + '\\n');
    process.exit(0);
  `);
  const records = fc.sample(record, { numRuns: LINES, seed: 20_260_302 });
  const input = JSON.stringify(records);
  const toPairs = (output: string): unknown[] =>
    output.split('\n').map((text, index) => [records[index], text]);
  expect(toPairs(runOnHost(program, input))).toEqual(toPairs(runOnNode(program, input)));
});
