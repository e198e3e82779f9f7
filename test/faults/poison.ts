// Bodies that no telemetry listener should be given, and what may come of each.
import { lineEvent } from './foreign-events';

export interface Poison {
  readonly name: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default 200; 0: the connection is cut. */
  readonly status?: number;
  /** Lines of the same body that are sound. */
  readonly alsoArrives?: readonly string[];
  /** Records (or bodies) to be counted as unreadable; default 0. */
  readonly invalid?: number;
  /** The same on the native host, where it differs. */
  readonly invalidOnHost?: number;
}

const sound = lineEvent('sound');
const time = '2026-11-21T06:00:00.000Z';

const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;

const wrongTypes = [
  { time: 5, type: 'platform.start', record: { requestId: 7, version: {}, tracing: 'x' } },
  { time, type: 'platform.runtimeDone', record: { requestId: [], status: 5, metrics: 'fast' } },
  { time, type: 'platform.report', record: { requestId: null, metrics: { durationMs: '12' } } },
  { time, type: 'platform.initStart', record: { instanceMaxMemory: 'much', tracing: 3 } },
  { time, type: 'platform.extension', record: { name: 1, events: 'INVOKE' } },
  { time, type: 'platform.logsDropped', record: { droppedRecords: 'many' } },
  { time: 'yesterday', type: 'platform.somethingNew', record: { a: [1, null, {}] } },
];

export const POISON: readonly Poison[] = [
  { name: 'invalid JSON', body: 'this is no JSON', invalid: 1 },
  { name: 'truncated JSON', body: JSON.stringify([sound]).slice(0, -20), invalid: 1 },
  { name: 'an empty body', body: '' },
  { name: 'an empty array', body: '[]' },
  { name: 'null', body: 'null', invalid: 1 },
  { name: 'a number', body: '42', invalid: 1 },
  { name: 'a text', body: '"text"', invalid: 1 },
  { name: 'one event without an array', body: JSON.stringify(sound), alsoArrives: ['sound'] },
  {
    name: 'junk among good events',
    body: JSON.stringify([null, 5, 'text', [], sound, {}, { type: 3 }]),
    alsoArrives: ['sound'],
    invalid: 6,
  },
  {
    name: 'every field of the wrong type',
    body: JSON.stringify([...wrongTypes, sound]),
    alsoArrives: ['sound'],
  },
  {
    name: 'invalid UTF-8',
    body: Buffer.concat([
      Buffer.from(`[{"time":"${time}","type":"function","record":"a`),
      Buffer.from([0xff, 0xfe, 0xc3, 0x28]),
      Buffer.from(`b"},${JSON.stringify(sound)}]`),
    ]),
    alsoArrives: ['sound'],
  },
  { name: 'a byte order mark', body: `\uFEFF${JSON.stringify([sound])}`, alsoArrives: ['sound'] },
  {
    name: 'lone surrogates and control characters',
    body: `[{"time":"${time}","type":"function","record":"\\ud800 \\u0000 \\udc00"},${JSON.stringify(sound)}]`,
    alsoArrives: ['sound'],
  },
  {
    name: '100 000 levels of arrays',
    body: `[{"time":"${time}","type":"function","record":${nested(100_000)}},${JSON.stringify(sound)}]`,
    alsoArrives: ['sound'],
    // Its engine reads JSON by recursion, some thousand levels deep.
    invalidOnHost: 1,
  },
  {
    name: 'a record with 10 000 keys and __proto__',
    body: `[{"time":"${time}","type":"function","record":{"__proto__":{"polluted":true},${Array.from({ length: 10_000 }, (_, index) => `"key${index}":${index}`).join(',')}}},${JSON.stringify(sound)}]`,
    alsoArrives: ['sound'],
  },
  {
    name: 'a record of 1 MiB',
    body: JSON.stringify([lineEvent('x'.repeat(1_048_576)), sound]),
    alsoArrives: ['sound'],
  },
  {
    name: 'a body of 7 MiB',
    body: JSON.stringify([
      ...Array.from({ length: 7 }, () => lineEvent('y'.repeat(1_040_000))),
      sound,
    ]),
    alsoArrives: ['sound'],
  },
  { name: 'a body of 30 MiB', body: Buffer.alloc(30 * 1_048_576, 0x20), status: 0 },
  {
    name: 'a wrong Content-Encoding',
    body: JSON.stringify([sound]),
    headers: { 'Content-Encoding': 'gzip' },
    alsoArrives: ['sound'],
  },
  {
    name: 'an unknown Content-Encoding and media type',
    body: JSON.stringify([sound]),
    headers: { 'Content-Encoding': 'zstd', 'Content-Type': 'text/plain' },
    status: 415,
  },
];
