// The command as its user types it: a file of variables, a header for the request, a debugger.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { WebSocket } from 'undici';

const COMMAND = resolve(__dirname, '../../bin/local-lambda.cjs');
const INSPECTOR_PORT = 9229;
const HEADER = 'Root=1-69a54600-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1';
const SHOWN =
  "exports.handler = async () => [process.env._X_AMZN_TRACE_ID, process.env.STAGE, process.env.PAIR].join(' ');";

jest.setTimeout(120_000);

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-run-'));
  writeFileSync(join(folder, 'app.cjs'), SHOWN);
  writeFileSync(join(folder, 'my.env'), '# of the function\nSTAGE="prod"\nexport PAIR=a=b\n');
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const runIn = (...args: readonly string[]) =>
  spawnSync(COMMAND, ['--handler', 'app.handler', ...args], { cwd: folder, encoding: 'utf8' });

test('--env-file is found from where one stands, --trace-header is the request’s', () => {
  const { status, stdout } = runIn('--env-file', 'my.env', '--trace-header', HEADER);
  expect(stdout).toContain('Root=1-69a54600-0123456789abcdef01234567;');
  expect(stdout).toContain('Sampled=1 prod a=b');
  expect(status).toBe(0);
});

test('--x-ray says that the request is sampled, and without it is not', () => {
  expect(runIn('--x-ray').stdout).toContain('Sampled=1');
  expect(runIn().stdout).toContain('Sampled=0');
});

test('an --env-file that is not there is wrong use of this command, not of Node', () => {
  const { status, stderr } = runIn('--env-file', 'none.env');
  expect(stderr).toContain('--env-file none.env: expected a file of NAME=VALUE lines; found none');
  expect(status).toBe(2);
});

/** Tells the waiting function to go on, as a debugger does once it has set its breakpoints. */
async function attachDebugger(): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${INSPECTOR_PORT}/json`);
  const [target] = (await response.json()) as readonly { readonly webSocketDebuggerUrl: string }[];
  const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '');
  await once(socket, 'open');
  socket.send(JSON.stringify({ id: 1, method: 'Runtime.runIfWaitingForDebugger' }));
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  const isListening = await Promise.race([
    once(server, 'listening').then(() => true),
    once(server, 'error').then(() => false),
  ]);
  server.close();
  return isListening;
}

test('--inspect waits for a debugger, then runs the function', async () => {
  if (!(await isFree(INSPECTOR_PORT))) {
    console.warn(`SKIPPED: port ${INSPECTOR_PORT} is somebody else's`);
    return;
  }
  const child = spawn(COMMAND, ['--handler', 'app.handler', '--inspect'], { cwd: folder });
  const ended = once(child, 'exit');
  let output = '';
  const listening = new Promise<void>((resume) => {
    const look = (chunk: Buffer): void => {
      output += String(chunk);
      if (output.includes('Debugger listening')) resume();
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
  });
  await listening;
  await attachDebugger();
  expect(await ended).toEqual([0, null]);
  expect(output).toContain('success');
});
