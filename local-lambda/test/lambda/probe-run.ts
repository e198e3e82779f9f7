// Runs the local Lambda with scripted extensions and gives what they recorded, for comparison with
// the captures of the service.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { startLocalLambda } from '../../src/lambda/local-lambda';
import type { LocalLambda } from '../../src/lambda/local-lambda';
import type { LocalLambdaOptions } from '../../src/lambda/local-lambda-options';

export interface ProbeEvent {
  readonly time: string;
  readonly type: string;
  readonly record: string | Record<string, unknown>;
}

export interface ProbeRecord {
  readonly at: number;
  readonly pid: number;
  readonly name: string;
  readonly kind: 'register' | 'subscribe' | 'next' | 'delivery' | 'initError';
  readonly status?: number;
  readonly body?: unknown;
  readonly event?: Record<string, unknown>;
  readonly contentType?: string;
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Record<string, string>;
  readonly events?: readonly ProbeEvent[];
}

export interface ProbeRun {
  readonly lambda: LocalLambda;
  records(): readonly ProbeRecord[];
  /** Tells the processes what they wait for: `free-PID` a busy probe, `read-N` the function's action write. */
  signal(name: string): void;
}

const FIXTURES = resolve(__dirname, 'fixtures');
const PROBE = join(FIXTURES, 'probe.mjs');

const running = new Map<LocalLambda, string>();

/** For afterEach: ends what a failed test left. */
export async function endRuns(): Promise<void> {
  await Promise.all([...running.keys()].map((lambda) => lambda.shutdown()));
  for (const file of running.values()) rmSync(dirname(file), { recursive: true, force: true });
  running.clear();
}

export async function startRun(
  script: Record<string, unknown>,
  options: Partial<LocalLambdaOptions> = {},
): Promise<ProbeRun> {
  const file = join(mkdtempSync(join(tmpdir(), 'probe-')), 'record.jsonl');
  const lambda = await startLocalLambda({
    ...(options.bootstrap ? {} : { handler: join(FIXTURES, 'function.handler') }),
    extensionCommands: [{ name: 'probe', command: [process.execPath, PROBE, 'probe'] }],
    timeoutMs: 10_000,
    ...options,
    environment: {
      PROBE: JSON.stringify(script),
      PROBE_RECORD: file,
      ...options.environment,
    },
  });
  running.set(lambda, file);
  return {
    lambda,
    signal: (name) => writeFileSync(`${file}.${name}`, ''),
    records() {
      if (!existsSync(file)) return [];
      const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
      return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as ProbeRecord);
    },
  };
}

/** Looks until the condition holds; fails by the test's own time limit. */
export async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

export function delivered(records: readonly ProbeRecord[]): readonly ProbeEvent[] {
  return records.flatMap(({ events }) => events ?? []);
}

/** By process of the extension, in order of start. */
export function byProcess(records: readonly ProbeRecord[]): readonly (readonly ProbeRecord[])[] {
  const pids = [...new Set(records.map(({ pid }) => pid))];
  return pids.map((pid) => records.filter((record) => record.pid === pid));
}

interface Capture {
  readonly kind: string;
  readonly events?: readonly ProbeEvent[];
}

export function readCapture(name: string): readonly Capture[] {
  const file = resolve(__dirname, '../../../test/fixtures/real', `${name}.json`);
  return JSON.parse(readFileSync(file, 'utf8')) as readonly Capture[];
}

const KEPT = ['status', 'state', 'phase', 'initializationType', 'errorType'];

function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((item: unknown) =>
      typeof item === 'object' && item !== null && 'name' in item
        ? { name: item.name, keys: Object.keys(item).sort() }
        : typeof item,
    );
  }
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => left.localeCompare(right))
      .map(([key, member]) => [key, KEPT.includes(key) ? (member as unknown) : shapeOf(member)]),
  );
}

/** Platform events with times, ids and numbers replaced by their kinds. */
/** Subscriptions come first: the extension asks while the runtime initializes, now before its end and now behind. */
export function platformShapes(events: readonly ProbeEvent[]): readonly unknown[] {
  const rank = ({ type }: ProbeEvent): number =>
    type === 'platform.telemetrySubscription' ? 0 : 1;
  return events
    .filter(({ type }) => type.startsWith('platform.'))
    .sort((one, other) => rank(one) - rank(other))
    .map(({ type, record }) => ({ type, record: shapeOf(record) }));
}

export function captureShapes(name: string): readonly unknown[] {
  return platformShapes(readCapture(name).flatMap(({ events }) => events ?? []));
}
