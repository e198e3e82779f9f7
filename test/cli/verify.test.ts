// `verify` against a stand-in for the AWS CLI and docker that keeps account of what exists: whatever happens, nothing
// may be left in the account without being said.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { zipSync } from 'fflate';
import { runVerify } from '../../cli/verify/main';
import { TEST_FUNCTIONS } from '../../cli/verify/plan';
import { ToolError, type Tool } from '../../cli/verify/tool';
import { verify, type VerifyOptions } from '../../cli/verify/verify';

interface StandIn {
  readonly aws: Tool;
  readonly docker: Tool;
  readonly calls: readonly string[];
  /** What was made and not deleted. */
  readonly existing: ReadonlySet<string>;
  /** What docker read on its standard input. */
  readonly inputs: readonly string[];
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

/**
 * `failAt`: the command that fails, once, `isDone` when it has done its work; `spoil`: what stands in the log instead.
 */
function createStandIn({
  failAt,
  isDone = false,
  spoil = (line: string) => line,
}: { failAt?: string; isDone?: boolean; spoil?: (line: string) => string } = {}): StandIn {
  const calls: string[] = [];
  const inputs: string[] = [];
  const existing = new Set<string>();
  const logs = new Map<string, string[]>();
  const make = (what: string): void => void existing.add(what);
  const remove = (what: string): void => {
    if (!existing.delete(what)) throw new ToolError(`${what}: ResourceNotFoundException`);
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
      const payload = valueOf(args, '--payload').replace('fileb://', '');
      const { action } = JSON.parse(readFileSync(payload, 'utf8')) as { readonly action: string };
      make(log);
      lines.push(`{"type":"platform.start"}`);
      logs.set(log, [...lines, spoil(toSpanLine(lines.length, action))]);
    },
    'filter-log-events': (args) => ({
      events: (logs.get(valueOf(args, '--log-group-name')) ?? []).map((message) => ({ message })),
    }),
    'delete-function': (args) => remove(valueOf(args, '--function-name')),
    'delete-log-group': (args) => remove(valueOf(args, '--log-group-name')),
  };
  const docker: typeof commands = {
    build: (args) => {
      const context = args.at(-1) ?? '';
      expect(readdirSync(context).sort()).toEqual(['Dockerfile', 'function.py', 'opt']);
      expect(readFileSync(join(context, 'opt/extensions/lambda-otlp'), 'utf8')).toBe('#!');
      make(valueOf(args, '--tag'));
    },
    login: () => make('login'),
    logout: () => remove('login'),
    push: () => undefined,
    image: (args) => remove(args.at(-1) ?? ''),
  };
  const ecr: typeof commands = {
    'create-repository': (args) => {
      const name = valueOf(args, '--repository-name');
      make(name);
      return { repository: { repositoryUri: `1.dkr.ecr.eu-west-1.amazonaws.com/${name}` } };
    },
    'delete-repository': (args) => remove(valueOf(args, '--repository-name')),
    'get-login-password': () => 'the-password',
  };
  let failures = failAt === undefined ? 0 : 1;
  const play =
    (program: string, known: typeof commands): Tool['run'] =>
    async (args, { input } = {}) => {
      const name = (program === 'aws' ? args[1] : args[0]) ?? '';
      calls.push(name);
      if (input !== undefined) inputs.push(input);
      const isFailing = name === failAt && failures-- > 0;
      if (isFailing && !isDone) throw new ToolError(`${name} failed`);
      const answer = known[name]?.(args) ?? {};
      await Promise.resolve();
      if (isFailing) throw new ToolError(`${name} failed`);
      return typeof answer === 'string' ? answer : JSON.stringify(answer);
    };
  const toLine = (program: string) => (args: readonly string[]) => [program, ...args].join(' ');
  return {
    aws: { run: play('aws', { ...commands, ...ecr }), toLine: toLine('aws') },
    docker: { run: play('docker', docker), toLine: toLine('docker') },
    calls,
    existing,
    inputs,
  };
}

const keepIn = mkdtempSync(join(tmpdir(), 'verify-test-'));
const layers = mkdtempSync(join(tmpdir(), 'verify-layers-'));
for (const name of ['node', 'x86_64', 'arm64'])
  writeFileSync(
    join(layers, `lambda-otlp-${name}.zip`),
    zipSync({ 'extensions/lambda-otlp': new TextEncoder().encode('#!') }),
  );
afterAll(() => {
  for (const folder of [keepIn, layers]) rmSync(folder, { recursive: true });
});

function run({ aws, docker }: StandIn, functions = TEST_FUNCTIONS) {
  const options: VerifyOptions = {
    aws,
    docker,
    functions,
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
  const standIn = createStandIn();
  const { functions, left, failure } = await run(standIn);
  expect(failure).toBeUndefined();
  expect(left).toEqual([]);
  expect([...standIn.existing]).toEqual([]);
  expect(functions.map(({ id }) => id)).toEqual(['node', 'python', 'arm64', 'image']);
  expect(standIn.inputs).toEqual(['the-password']);
  for (const { expectations, events } of functions) {
    expect(expectations.filter(({ isMet }) => !isMet)).toEqual([]);
    expect(expectations).toHaveLength(5);
    expect(existsSync(events)).toBe(true);
    expect(readFileSync(events, 'utf8')).not.toContain('resourceSpans');
    expect(readFileSync(events, 'utf8')).toContain('platform.start');
  }
});

const MAKING = [
  ...['create-role', 'attach-role-policy', 'publish-layer-version', 'create-function'],
  ...['create-repository', 'build', 'login'],
];

test.each([...MAKING, 'wait', 'invoke', 'filter-log-events', 'get-login-password', 'push'])(
  'after a failure of %s everything that was made is deleted',
  async (failAt) => {
    const standIn = createStandIn({ failAt });
    const { failure, left } = await run(standIn);
    expect(failure).toBe(`${failAt} failed`);
    expect([...standIn.existing]).toEqual([]);
    expect(left).toEqual([]);
  },
);

test.each(MAKING)('what %s made is deleted where its answer is lost on the way', async (failAt) => {
  const standIn = createStandIn({ failAt, isDone: true });
  const { failure } = await run(standIn);
  expect(failure).toBe(`${failAt} failed`);
  expect([...standIn.existing]).toEqual([]);
});

test('what cannot be deleted is named with the command that deletes it, and the rest is still deleted', async () => {
  const standIn = createStandIn({ failAt: 'delete-function' });
  const { left } = await run(standIn);
  const name = 'lambda-otlp-verify-abc123-image';
  expect(left).toEqual([
    {
      what: `function ${name}`,
      line: `aws lambda delete-function --function-name ${name}`,
      reason: 'delete-function failed',
    },
  ]);
  expect([...standIn.existing]).toEqual([name]);
});

test('log groups go last, when nobody may write to them any more', async () => {
  const standIn = createStandIn();
  await run(standIn);
  const { calls } = standIn;
  expect(calls.indexOf('delete-log-group')).toBeGreaterThan(calls.indexOf('delete-role'));
});

test('what is not as documented is said with what was seen', async () => {
  const standIn = createStandIn({ spoil: (line) => line.replace('TypeError', '_OTHER') });
  const { functions } = await run(standIn);
  const missed = functions.map(({ expectations }) => expectations.filter(({ isMet }) => !isMet));
  expect(missed.flat().map(({ action, expected, seen }) => [action, expected, seen])).toEqual(
    Array(4).fill(['throw', 'an error of type TypeError', 'an error of type _OTHER']),
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

/** The command, with a docker in PATH that answers or does not. */
function runWithDocker(isThere: boolean, args: readonly string[] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'verify-docker-'));
  writeFileSync(join(folder, 'docker'), `#!/bin/sh\nexit ${isThere ? 0 : 1}\n`, { mode: 0o755 });
  const command = ['-r', 'esbuild-register', 'cli/main.ts', 'verify', '--layers', layers, ...args];
  const result = spawnSync(process.execPath, command, {
    cwd: resolve(__dirname, '../..'),
    encoding: 'utf8',
    env: { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}` },
  });
  rmSync(folder, { recursive: true });
  return result;
}

test.each([
  [true, /function lambda-otlp-verify-\w{6}-image \(python3\.13, .* in a container image/],
  [false, /no function in a container image: docker does not answer/],
])('docker answers: %s; the plan says so', (isThere, expected) => {
  const { status, stdout } = runWithDocker(isThere);
  expect(stdout).toMatch(expected);
  expect(stdout).toContain('Nothing was done');
  expect(stdout).not.toContain('missing');
  expect(status).toBe(0);
});

test.each([[[]], [['--yes']]])(
  'where docker does not answer and only the image is asked for (%j), no plan is made and why is said',
  (args) => {
    const { status, stdout, stderr } = runWithDocker(false, ['--only', 'image', ...args]);
    expect(stdout).toBe('');
    expect(stderr).toContain('Nothing was done: no function is left.');
    expect(stderr).toContain('docker does not answer');
    expect(status).toBe(1);
  },
);

test('a function that there is not is wrong use', async () => {
  const said = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const code = await runVerify(['--only', 'ruby'], keepIn);
  const text = said.mock.calls.map(([line]) => String(line)).join('');
  said.mockRestore();
  expect(text).toMatch(/^--only: expected one of node, python, arm64, image, got 'ruby'/);
  expect(code).toBe(2);
});

describe.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s in the middle', (signal) => {
  /** The command with stand-ins of both programs in PATH, which keep account in a folder; waits in an invocation. */
  async function interrupt(isStubborn: boolean) {
    const state = mkdtempSync(join(tmpdir(), 'verify-account-'));
    const root = resolve(__dirname, '../..');
    const child = spawn(
      process.execPath,
      [
        '-r',
        'esbuild-register',
        'cli/main.ts',
        'verify',
        '--yes',
        '--only',
        'node',
        '--layers',
        layers,
      ],
      {
        cwd: root,
        env: {
          ...process.env,
          PATH: `${join(__dirname, 'stand-in')}:${process.env['PATH'] ?? ''}`,
          STAND_IN_ACCOUNT: state,
          STAND_IN_STUBBORN: isStubborn ? 'delete-function' : '',
        },
      },
    );
    let said = '';
    const isSaid = (text: string) =>
      new Promise<void>((done) => {
        const look = (): void => {
          if (said.includes(text)) done();
        };
        child.stdout.on('data', look);
        look();
      });
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await isSaid('  answer');
    child.kill(signal);
    await isSaid('what may be left');
    if (!isStubborn) child.kill(signal);
    if (isStubborn) {
      await isSaid('deleting what was created\n');
      // As a person does, until it leaves.
      const presses = setInterval(() => child.kill(signal), 50);
      child.once('close', () => clearInterval(presses));
    }
    const [code] = (await once(child, 'close')) as [number | null];
    const existing = readdirSync(state);
    rmSync(state, { recursive: true });
    return { said, code, existing };
  }

  test('everything is deleted; what may be left is said before, with the commands', async () => {
    const { said, code, existing } = await interrupt(false);
    expect(existing).toEqual([]);
    expect(code).toBe(1);
    expect(said).toContain(`failed: interrupted by ${signal}`);
    for (const deletion of [
      /aws lambda delete-function --function-name lambda-otlp-verify-\w{6}-node/,
      /aws lambda delete-layer-version --layer-name lambda-otlp-verify-\w{6}-layer-node --version-number 1/,
      /aws iam detach-role-policy --role-name lambda-otlp-verify-\w{6} --policy-arn arn:\S+/,
      /aws iam delete-role --role-name lambda-otlp-verify-\w{6}/,
      /aws logs delete-log-group --log-group-name \/aws\/lambda\/lambda-otlp-verify-\w{6}-node/,
    ])
      expect(said).toMatch(deletion);
  });

  test('the second one leaves at once, and says the commands for what is still there', async () => {
    const { said, code, existing } = await interrupt(true);
    expect(code).toBe(1);
    const after = said.slice(said.indexOf('leaving.'));
    expect(after).toMatch(
      /aws lambda delete-function --function-name lambda-otlp-verify-\w{6}-node/,
    );
    expect(after).toContain('aws iam delete-role');
    expect(existing.some((name) => name.startsWith('function'))).toBe(true);
  });
});
