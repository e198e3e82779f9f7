// `verify` against a stand-in for the AWS CLI that keeps account of what exists: whatever happens, nothing may be
// left in the account.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { AwsCli } from '../../cli/verify/aws-cli';
import { AwsError } from '../../cli/verify/aws-cli';
import { runVerify } from '../../cli/verify/main';
import { verify, type VerifyOptions } from '../../cli/verify/verify';

interface StandIn extends AwsCli {
  readonly calls: readonly string[];
  /** What was made and not deleted. */
  readonly existing: ReadonlySet<string>;
}

/** What the extension prints of an invocation: the span of `action`. */
function toSpanLine(index: number, action: string): string {
  const errorType = {
    throw: 'TypeError',
    'time out': 'timeout',
    'run out of memory': 'Runtime.OutOfMemory',
  }[action];
  const attributes =
    errorType === undefined ? [] : [{ key: 'error.type', value: { stringValue: errorType } }];
  const span = {
    spanId: String(index),
    kind: 2,
    startTimeUnixNano: String(index),
    attributes,
    status: errorType === undefined ? {} : { code: 2 },
  };
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
}

const valueOf = (args: readonly string[], option: string): string =>
  args[args.indexOf(option) + 1] ?? '';

/** `failAt`: the command that fails, once; `answers`: what stands in the log instead of what was asked for. */
function createStandIn({
  failAt,
  spoil = (line: string) => line,
}: { failAt?: string; spoil?: (line: string) => string } = {}): StandIn {
  const calls: string[] = [];
  const existing = new Set<string>();
  const logs = new Map<string, string[]>();
  const make = (what: string): void => void existing.add(what);
  const remove = (what: string): void => {
    if (!existing.delete(what)) throw new AwsError(`${what}: not found`);
  };
  const commands: Readonly<Record<string, (args: readonly string[]) => unknown>> = {
    'create-role': (args) => {
      make('role');
      return { Role: { Arn: `arn:aws:iam::123456789012:role/${valueOf(args, '--role-name')}` } };
    },
    'attach-role-policy': () => make('policy'),
    'detach-role-policy': () => remove('policy'),
    'delete-role': () => remove('role'),
    'publish-layer-version': (args) => {
      const name = valueOf(args, '--layer-name');
      make(name);
      return {
        LayerVersionArn: `arn:aws:lambda:eu-west-1:123456789012:layer:${name}:1`,
        Version: 1,
      };
    },
    'delete-layer-version': (args) => remove(valueOf(args, '--layer-name')),
    'create-function': (args) => make(valueOf(args, '--function-name')),
    wait: () => undefined,
    invoke: (args) => {
      const log = `/aws/lambda/${valueOf(args, '--function-name')}`;
      const lines = logs.get(log) ?? [];
      const { action } = JSON.parse(valueOf(args, '--payload')) as { readonly action: string };
      make(log);
      logs.set(log, [
        ...lines,
        `{"type":"platform.start"}`,
        spoil(toSpanLine(lines.length + 1, action)),
      ]);
    },
    'filter-log-events': (args) => ({
      events: (logs.get(valueOf(args, '--log-group-name')) ?? []).map((message) => ({ message })),
    }),
    'delete-function': (args) => remove(valueOf(args, '--function-name')),
    'delete-log-group': (args) => remove(valueOf(args, '--log-group-name')),
  };
  let failures = failAt === undefined ? 0 : 1;
  return {
    calls,
    existing,
    run(args) {
      const [, name = ''] = args;
      calls.push(name);
      if (name === failAt && failures-- > 0) throw new AwsError(`${name} failed`);
      return JSON.stringify(commands[name]?.(args) ?? {});
    },
  };
}

const keepIn = mkdtempSync(join(tmpdir(), 'verify-test-'));
const layers = mkdtempSync(join(tmpdir(), 'verify-layers-'));
for (const name of ['node', 'x86_64', 'arm64'])
  writeFileSync(join(layers, `lambda-otlp-${name}.zip`), '');
afterAll(() => {
  for (const folder of [keepIn, layers]) rmSync(folder, { recursive: true });
});

function run(aws: AwsCli) {
  const options: VerifyOptions = {
    aws,
    run: 'abc123',
    layers,
    sources: resolve(__dirname, '../../cli/verify/functions'),
    keepIn,
    say: () => undefined,
    patienceMs: 0,
  };
  return verify(options);
}

test('each function ends in every way, is judged, leaves its raw events, and nothing is left behind', async () => {
  const aws = createStandIn();
  const { functions, left, failure } = await run(aws);
  expect(failure).toBeUndefined();
  expect(left).toEqual([]);
  expect([...aws.existing]).toEqual([]);
  expect(functions.map(({ id }) => id)).toEqual(['node', 'python', 'arm64']);
  for (const { expectations, events } of functions) {
    expect(expectations.filter(({ isMet }) => !isMet)).toEqual([]);
    expect(expectations).toHaveLength(5);
    expect(existsSync(events)).toBe(true);
    expect(readFileSync(events, 'utf8')).not.toContain('resourceSpans');
    expect(readFileSync(events, 'utf8')).toContain('platform.start');
  }
});

test.each([
  ['create-role'],
  ['attach-role-policy'],
  ['publish-layer-version'],
  ['create-function'],
  ['wait'],
  ['invoke'],
  ['filter-log-events'],
])('after a failure of %s everything that was made is deleted', async (failAt) => {
  const aws = createStandIn({ failAt });
  const { failure } = await run(aws);
  expect(failure).toBe(`${failAt} failed`);
  expect([...aws.existing].filter((what) => !what.startsWith('/aws/'))).toEqual([]);
});

test('what cannot be deleted is named, and the rest is deleted all the same', async () => {
  const aws = createStandIn({ failAt: 'delete-function' });
  const { left } = await run(aws);
  expect(left).toEqual(['function lambda-otlp-verify-abc123-arm64: delete-function failed']);
  expect([...aws.existing]).toEqual(['lambda-otlp-verify-abc123-arm64']);
});

test('what is not as documented is said with what was seen', async () => {
  const aws = createStandIn({ spoil: (line) => line.replace('TypeError', '_OTHER') });
  const { functions } = await run(aws);
  const missed = functions.map(({ expectations }) => expectations.filter(({ isMet }) => !isMet));
  expect(missed.flat().map(({ action, expected, seen }) => [action, expected, seen])).toEqual(
    Array(3).fill(['throw', 'an error of type TypeError', 'an error of type _OTHER']),
  );
});

test('the plan names the layers that are not built, and does nothing', async () => {
  const said = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  const code = await runVerify(['--layers', join(keepIn, 'none')], keepIn);
  const text = said.mock.calls.map(([line]) => String(line)).join('');
  said.mockRestore();
  expect(code).toBe(0);
  for (const name of ['node', 'x86_64', 'arm64'])
    expect(text).toContain(`missing: ${join(keepIn, 'none', `lambda-otlp-${name}.zip`)}`);
  expect(text).toContain('Nothing was done');
});
