// The rules of eslint-house-rules.mjs are tried on sources that break them.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

interface Probe {
  readonly title: string;
  readonly room: string;
  readonly source: string;
  readonly expected: readonly string[];
}

const PROBES: readonly Probe[] = [
  {
    title: 'a pure room imports no timers, no sockets and holds no variable',
    room: 'invocation',
    source: `import { createAlarm } from '../node/clock';
      import { createServer } from '../http/server';
      let count = 0;
      export const next = (): number => createAlarm(createServer(count++));`,
    expected: ['house/arrows', 'house/arrows', 'house/no-module-state'],
  },
  {
    title: 'a late import and a type count as arrows',
    room: 'telemetry',
    source: `import type { Span } from '../otel/spans';
      export const load = (span: Span) => import('../delivery/delivery');
      export type Other = import('../extension/pipeline').Pipeline;`,
    expected: ['house/arrows', 'house/arrows', 'house/arrows'],
  },
  {
    title: 'an outer room imports no room above it',
    room: 'lambda',
    source: `export { start } from '../extension/start';`,
    expected: ['house/arrows'],
  },
  {
    title: 'what stands at the root of src has arrows as well',
    room: '.',
    source: `export const version = 1;`,
    expected: ['house/arrows'],
  },
  {
    title: 'a room that nobody put into the table is refused',
    room: 'utils',
    source: `export const nothing = 1;`,
    expected: ['house/arrows'],
  },
  {
    title: 'a module of Node is imported in its home alone',
    room: 'lambda',
    source: `import { connect } from 'node:net';
      import { writeFile } from 'node:fs/promises';
      import type { Socket } from 'node:net';
      export const socket: Socket = connect(1, String(writeFile));
      export const worker = import('node:worker_threads');`,
    expected: ['house/node-home', 'house/node-home', 'house/node-home'],
  },
  {
    title: 'a module of Node is one without its prefix, too',
    room: 'extension',
    source: `import { readFileSync } from 'fs';
      import { setTimeout } from 'timers/promises';
      export const both = [readFileSync, setTimeout];`,
    expected: ['house/node-home', 'house/node-home'],
  },
  {
    title: 'a pure room imports no package but its own',
    room: 'invocation',
    source: `import { request } from 'undici';
      import { setTimeout } from 'timers';
      import { SpanKind } from '@opentelemetry/api';
      import type { HrTime } from '@opentelemetry/api';
      export const time: HrTime = [SpanKind.SERVER, Number(request)];
      export const late = [import('undici'), setTimeout];`,
    expected: ['house/arrows', 'house/arrows', 'house/node-home', 'house/arrows', 'house/arrows'],
  },
  {
    title: 'a pure room knows no process and no clock, by whatever way',
    room: 'invocation',
    source: `export const seen = [globalThis.process, global.process, globalThis.Date.now()];
      queueMicrotask(() => undefined);`,
    expected: Array.from({ length: 4 }, () => 'no-restricted-globals'),
  },
  {
    title: 'a pure room does not change what belongs to the module, under another name either',
    room: 'otel',
    source: `const SEEN = new Map<string, number>();
      const LAST = { id: '', list: ['a'] };
      export function see(id: string): void {
        const seen = SEEN;
        seen.set(id, 1);
        const { list } = LAST;
        list.push(id);
        Object.assign(LAST, { id });
        const own = { id };
        Object.assign(own, LAST);
      }`,
    expected: ['set', 'push', 'assign'].map(() => 'house/no-module-state'),
  },
  {
    title: 'a pure room does not change what belongs to the module',
    room: 'otel',
    source: `const SEEN = new Map<string, number>();
      const LAST = { id: '' };
      const WORD = /a/g;
      export class Counter { static count = 0; static readonly LIMIT = 1; }
      export function see(id: string): void {
        SEEN.set(id, 1);
        LAST.id = id;
        delete (LAST as { id?: string }).id;
        if (WORD.test(id)) throw new Error(id);
      }`,
    expected: ['static', 'set', 'assign', 'RegExp'].map(() => 'house/no-module-state'),
  },
  {
    title: 'constants, and state of an object, are free',
    room: 'otel',
    source: `import { toSpan } from './spans';
      import { decode } from '../telemetry/decode';
      const KNOWN: ReadonlySet<string> = new Set(['a']);
      export class Seen {
        private readonly ids = new Set<string>();
        add(id: string): void { const list: string[] = []; list.push(id); if (KNOWN.has(id)) this.ids.add(String([toSpan, decode])); }
      }`,
    expected: [],
  },
];

const pathOf = (room: string, index: number): string =>
  join('src', room, `probe-${String(index)}.ts`);

let found: Readonly<Record<string, readonly string[]>>;

beforeAll(() => {
  const sources = PROBES.map(({ room, source }, index) => [pathOf(room, index), source] as const);
  const output = execFileSync(process.execPath, [join(__dirname, 'lint-probes.mjs')], {
    cwd: join(__dirname, '../..'),
    input: JSON.stringify(Object.fromEntries(sources)),
    encoding: 'utf8',
  });
  found = JSON.parse(output) as typeof found;
}, 60_000);

it.each(PROBES.map((probe, index) => ({ ...probe, path: pathOf(probe.room, index) })))(
  '$title',
  ({ path, expected }) => {
    const rules = found[path] ?? ['not linted'];
    expect(rules.filter((rule) => !rule.startsWith('@typescript-eslint/'))).toEqual(expected);
  },
);
