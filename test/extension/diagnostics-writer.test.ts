import { createDiagnosticsWriter, findSecrets } from '../../src/extension/diagnostics-writer';
import type { DiagnosticsWriter, LogLevel } from '../../src/extension/diagnostics-writer';

function open(secrets: readonly string[] = []) {
  const lines: Record<string, unknown>[] = [];
  const time = { nowMs: 1_000_000 };
  const writer = createDiagnosticsWriter({
    write: (line) => {
      expect(line.endsWith('\n')).toBe(true);
      lines.push(JSON.parse(line) as Record<string, unknown>);
    },
    now: () => time.nowMs,
    secrets,
  });
  return { lines, time, writer };
}

it('the diagnostics writer writes one JSON object a line', () => {
  const { lines, writer } = open();
  writer.warn('a "quoted"\nmessage', { count: 2, name: 'x', missing: undefined });
  expect(lines).toEqual([
    {
      level: 'warn',
      message: 'a "quoted"\nmessage',
      count: 2,
      name: 'x',
      extension: 'lambda-otlp',
    },
  ]);
});

it.each<{ level: LogLevel; printed: string[] }>([
  { level: 'off', printed: [] },
  { level: 'error', printed: ['error'] },
  { level: 'warn', printed: ['error', 'warn'] },
  { level: 'info', printed: ['error', 'warn', 'info'] },
  { level: 'debug', printed: ['error', 'warn', 'info', 'debug'] },
])('the diagnostics writer prints $printed at level $level', ({ level, printed }) => {
  const { lines, writer } = open();
  writer.setLevel(level);
  const log = (name: keyof Omit<DiagnosticsWriter, 'setLevel' | 'setMask'>): void =>
    writer[name](name);
  for (const name of ['error', 'warn', 'info', 'debug'] as const) log(name);
  expect(lines.map(({ level: seen }) => seen)).toEqual(printed);
});

it('the diagnostics writer prints a repeated message three times, then once a minute with a count', () => {
  const { lines, time, writer } = open();
  for (let index = 0; index < 10; index += 1) writer.warn(`lost ${index} records`);
  expect(lines).toHaveLength(3);
  time.nowMs += 60_000;
  writer.warn('lost 5 records');
  writer.warn('lost 6 records');
  expect(lines).toHaveLength(4);
  expect(lines[3]).toMatchObject({ message: 'lost 5 records', suppressed: 7 });
});

it('the diagnostics writer counts each message by itself', () => {
  const { lines, writer } = open();
  for (let index = 0; index < 10; index += 1) writer.warn('one');
  writer.error('one');
  writer.warn('other');
  expect(lines).toHaveLength(5);
});

it('the diagnostics writer prints no more than a hundred lines a minute, whatever they say', () => {
  const { lines, time, writer } = open();
  for (let index = 0; index < 1_000; index += 1) writer.warn(`message ${'x'.repeat(index % 150)}`);
  expect(lines).toHaveLength(100);
  time.nowMs += 60_000;
  writer.warn('message');
  expect(lines).toHaveLength(101);
});

it('the diagnostics writer cuts long texts', () => {
  const { lines, writer } = open();
  writer.warn('x'.repeat(10_000), { detail: 'y'.repeat(10_000) });
  expect(JSON.stringify(lines[0]).length).toBeLessThan(5_000);
});

it.each([
  { text: 'https://user:pa55@host/v1', kept: 'https://[redacted]@host/v1' },
  { text: 'Authorization: Bearer abcdef123456', kept: 'Authorization: [redacted]' },
  { text: 'got Basic dXNlcjpwYXNz', kept: 'got Basic [redacted]' },
  { text: "api-key=abc123, x='1'", kept: "api-key=[redacted], x='1'" },
  { text: '{"password":"p"}', kept: '{"password":"[redacted]"}' },
  { text: 'header is s3cr3t-value here', kept: 'header is [redacted] here' },
  { text: 'basic auth is not configured', kept: 'basic auth is not configured' },
])('the diagnostics writer prints $kept', ({ text, kept }) => {
  const { lines, writer } = open(['s3cr3t-value']);
  writer.warn(text);
  writer.warn('as a field', { text });
  expect(lines[0]?.['message']).not.toMatch(/pa55|abcdef123456|dXNlcjpwYXNz|abc123|"p"|s3cr3t/);
  expect(lines[1]?.['text']).toBe(lines[0]?.['message']);
  if (!text.startsWith('Authorization')) expect(lines[0]?.['message']).toBe(kept);
});

it('the diagnostics writer prints no half of a secret where a text is cut', () => {
  const { writer, lines } = open(['s3cr3t-value']);
  writer.warn(`${'.'.repeat(2_040)}s3cr3t-value`);
  expect(JSON.stringify(lines)).not.toContain('s3');
});

it('the diagnostics writer finds the secrets in the environment', () => {
  const secrets = findSecrets({
    OTEL_EXPORTER_OTLP_HEADERS: 'api-key=abc%20123, x=1',
    LAMBDA_OTLP_OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'token=tttttt',
    AWS_SECRET_ACCESS_KEY: 'aws-secret',
    AWS_REGION: 'eu-west-1',
    OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'a=%zz%broken',
  });
  expect(new Set(secrets)).toEqual(
    new Set(['abc%20123', 'abc 123', 'tttttt', 'aws-secret', '%zz%broken']),
  );
});

it('the diagnostics writer prints no text that the rules of redaction mask, in a message and in its fields', () => {
  const { lines, writer } = open();
  writer.setMask((text) => text.replaceAll('me@example.org', '[REDACTED]'));
  writer.error("a fault of the extension: 'me@example.org' is not valid JSON", {
    of: 'me@example.org',
  });
  expect(lines).toMatchObject([
    {
      message: "a fault of the extension: '[REDACTED]' is not valid JSON",
      of: '[REDACTED]',
    },
  ]);
});
