// What the bench is told, and the extensions that it puts side by side.
import { existsSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseBenchArguments, SECTIONS } from '../../bench/arguments';
import { createContestants, parseAlso, splitCommand } from '../../bench/contestants';
import { createBodies } from '../../bench/conversion/lines';

it('the bench measures every section with the Node that runs it, by default', () => {
  const parsed = parseBenchArguments([]);
  expect(parsed).toMatchObject({
    kind: 'run',
    arguments: { effort: 'normal', only: SECTIONS, node: process.execPath, also: [] },
  });
});

it.each([
  [['--quick', '--full'], 'expected --quick or --full, got both'],
  [['--only', 'start,stop'], "got 'stop'"],
  [['--env', 'NOVALUE'], "expected NAME=VALUE, got 'NOVALUE'"],
  [['--nonsense'], 'nonsense'],
])('the arguments %j are refused', (argv, message) => {
  const parsed = parseBenchArguments(argv);
  expect(parsed.kind === 'wrong' ? parsed.message : parsed.kind).toContain(message);
});

it.each([
  ['a b  c', ['a', 'b', 'c']],
  ['node "my file.js" \'x y\'', ['node', 'my file.js', 'x y']],
  ['--flag="a b"c', ['--flag=a bc']],
  ['', []],
])('the command %j is the words %j', (text, words) => {
  expect(splitCommand(text)).toEqual(words);
});

it.each([
  ['/opt/extensions/other --config /c', 'other', '/opt/extensions/other'],
  ['mine=node server.js', 'mine', 'node'],
  ['node server.js --a=b', 'node', 'node'],
])('another extension %j registers as %s', (text, name, program) => {
  const { name: seen, command } = parseAlso(text);
  expect([seen, command[0]]).toEqual([name, program]);
});

it('another extension needs a command', () => {
  expect(() => parseAlso('  ')).toThrow('expected [name=]command');
});

it('another extension has a name that no other has', () => {
  const options = { layer: '/layer', node: process.execPath, environment: {} };
  expect(() => createContestants({ ...options, also: ['minimal-extension'] })).toThrow(
    "expected distinct names, got 'minimal-extension' twice",
  );
});

it('another extension gets the endpoint where its variables ask for it, and the layer does not get them', () => {
  const { list, close } = createContestants({
    layer: '/layer',
    node: process.execPath,
    also: ['other'],
    environment: { OTHER_URL: '{endpoint}/v1' },
  });
  const [layer, floor, other] = list.map((one) => one.environment('http://e'));
  close();
  expect(list.map(({ kind }) => kind)).toEqual(['layer', 'floor', 'other']);
  expect(other).toMatchObject({
    OTHER_URL: 'http://e/v1',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://e',
  });
  expect(layer).not.toHaveProperty('OTHER_URL');
  expect(floor).not.toHaveProperty('OTHER_URL');
});

it('another extension finds the chosen Node first in PATH, until it is closed', () => {
  const { list, close } = createContestants({
    layer: '/layer',
    node: process.execPath,
    also: [],
    environment: {},
  });
  const link = join(list[0]?.environment('')['PATH']?.split(':')[0] ?? '', 'node');
  expect(readlinkSync(link)).toBe(process.execPath);
  close();
  expect(existsSync(dirname(link))).toBe(false);
});

it.each(['text', 'json'] as const)(
  'bodies of log lines hold every %s line once, in pieces that Lambda sends',
  (format) => {
    const bodies = createBodies(format, 12_000);
    const events = bodies.flatMap((body) => JSON.parse(body.toString()) as { type: string }[]);
    expect(events.map(({ type }) => type)).toEqual([
      'platform.start',
      ...Array.from({ length: 12_000 }, () => 'function'),
    ]);
    expect(bodies.length).toBeGreaterThan(1);
    expect(Math.max(...bodies.map(({ length }) => length))).toBeLessThanOrEqual(1_048_576);
  },
);
