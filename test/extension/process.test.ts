// The program as a process, against Lambda's APIs on real sockets: what it asks for, in which order, and
// how it ends when they misbehave.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { answerJson, startScriptedServer } from '../lambda/scripted-server';
import type { Received, ScriptedServer } from '../lambda/scripted-server';

interface Script {
  readonly register?: (received: Received, response: ServerResponse, count: number) => void;
  readonly subscribe?: (received: Received, response: ServerResponse) => void;
  readonly next?: (received: Received, response: ServerResponse, count: number) => void;
}

interface Process {
  readonly api: ScriptedServer;
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
}

const folder = mkdtempSync(join(tmpdir(), 'lambda-otlp-process-'));
const program = join(folder, 'main.js');
const cleanups: (() => unknown)[] = [];

const shutDown = (response: ServerResponse): void =>
  answerJson(response, 200, {
    eventType: 'SHUTDOWN',
    shutdownReason: 'spindown',
    deadlineMs: Date.now() + 2_000,
  });

async function launch(
  script: Script = {},
  variables: Record<string, string> = {},
): Promise<Process> {
  let registers = 0;
  let polls = 0;
  const api = await startScriptedServer((received, response) => {
    if (received.path.endsWith('/register')) {
      registers += 1;
      if (script.register !== undefined) {
        script.register(received, response, registers);
        return;
      }
      response.setHeader('Lambda-Extension-Identifier', 'id');
      answerJson(response, 200, { functionName: 'fn' });
    } else if (received.path.endsWith('/telemetry')) {
      if (script.subscribe !== undefined) {
        script.subscribe(received, response);
        return;
      }
      response.end('"OK"');
    } else if (received.path.endsWith('/event/next')) {
      polls += 1;
      if (script.next !== undefined) script.next(received, response, polls);
      else shutDown(response);
    } else {
      answerJson(response, 202, { status: 'OK' });
    }
  });
  const child = spawn(process.execPath, [program], {
    env: {
      PATH: process.env['PATH'],
      AWS_LAMBDA_RUNTIME_API: api.address,
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      ...variables,
    },
  });
  cleanups.push(
    () => child.kill('SIGKILL'),
    () => api.close(),
  );
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<{ code: number | null; stderr: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, stderr })),
  );
  return { api, child, ended };
}

function pathsOf(api: ScriptedServer): string[] {
  return api.received.map(({ path }) => path.split('/').slice(-2).join('/'));
}

function post(subscription: Received, body: string): Promise<number | undefined> {
  const { destination } = JSON.parse(subscription.body) as { destination: { URI: string } };
  const { port, pathname } = new URL(destination.URI);
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: pathname, method: 'POST' }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end(body);
  });
}

beforeAll(() => {
  buildSync({
    entryPoints: ['src/main.ts'],
    outfile: program,
    bundle: true,
    platform: 'node',
    target: 'node18',
    mainFields: ['module', 'main'],
    logLevel: 'error',
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

it('the process registers, subscribes, polls, and exits 0 at SHUTDOWN', async () => {
  const { api, ended } = await launch();
  expect((await ended).code).toBe(0);
  expect(pathsOf(api)).toEqual(['extension/register', '2022-07-01/telemetry', 'event/next']);
  expect(api.received[2]?.headers['lambda-extension-identifier']).toBe('id');
});

it('the process does not register again when the shell did', async () => {
  const { api, ended } = await launch({}, { LAMBDA_OTLP_EXTENSION_ID: 'from-shell' });
  expect((await ended).code).toBe(0);
  expect(pathsOf(api)).toEqual(['2022-07-01/telemetry', 'event/next']);
  expect(api.received[0]?.headers['lambda-extension-identifier']).toBe('from-shell');
});

it('the process listens before it subscribes', async () => {
  const statuses: Promise<number | undefined>[] = [];
  const { ended } = await launch({
    subscribe: (received, response) => {
      const posted = post(received, '[]');
      statuses.push(posted);
      void posted.then(() => response.end('"OK"'));
    },
  });
  expect((await ended).code).toBe(0);
  expect(await Promise.all(statuses)).toEqual([200]);
});

it('the process comes back for SHUTDOWN only when INVOKE is refused', async () => {
  const { api, ended } = await launch({
    register: ({ body }, response) => {
      if (body.includes('INVOKE')) {
        answerJson(response, 403, { errorType: 'Extension.InvalidEventType' });
        return;
      }
      response.setHeader('Lambda-Extension-Identifier', 'id');
      answerJson(response, 200, {});
    },
  });
  expect((await ended).code).toBe(0);
  expect(api.received[1]?.body).toBe('{"events":["SHUTDOWN"]}');
});

it('the process registers at a later attempt', async () => {
  const { ended } = await launch({
    register: (_, response, count) => {
      if (count < 3) {
        answerJson(response, 500, {});
        return;
      }
      response.setHeader('Lambda-Extension-Identifier', 'id');
      answerJson(response, 200, {});
    },
  });
  expect((await ended).code).toBe(0);
});

it.each([
  { title: 'refuses for good', status: 403, attempts: 1 },
  { title: 'fails again and again', status: 500, attempts: 4 },
  { title: 'gives no identifier', status: 200, attempts: 1 },
])('reports init/error and exits when register $title', async ({ status, attempts }) => {
  const { api, ended } = await launch({
    register: (_, response) => answerJson(response, status, {}),
  });
  const { code, stderr } = await ended;
  expect(code).toBe(1);
  expect(pathsOf(api)).toEqual([
    ...Array.from({ length: attempts }, () => 'extension/register'),
    'init/error',
  ]);
  expect(JSON.parse(stderr)).toMatchObject({ level: 'error', extension: 'lambda-otlp' });
});

it('exits when there is no Extensions API', async () => {
  const { ended } = await launch({}, { AWS_LAMBDA_RUNTIME_API: '127.0.0.1:1' });
  expect((await ended).code).toBe(1);
});

it.each([202, 400, 403, 500])(
  'the process goes on polling when the subscription is answered %p',
  async (status) => {
    const { api, ended } = await launch({
      subscribe: (_, response) => response.writeHead(status).end('{"errorMessage": "un"quoted"}'),
      next: (_, response, count) => {
        if (count > 3) shutDown(response);
        else
          answerJson(response, 200, {
            eventType: 'INVOKE',
            requestId: `r${count}`,
            deadlineMs: Date.now() + 60_000,
          });
      },
    });
    const { code, stderr } = await ended;
    expect(code).toBe(0);
    expect(pathsOf(api).filter((path) => path === 'event/next')).toHaveLength(4);
    expect(stderr.split('\n').filter((line) => line.includes('Telemetry API'))).toHaveLength(1);
  },
);

it('the process waits for runtimeDone before it polls again', async () => {
  const order: string[] = [];
  const { api, ended } = await launch(
    {
      next: (_, response, count) => {
        order.push(`poll ${count}`);
        if (count > 1) shutDown(response);
        else
          answerJson(response, 200, {
            eventType: 'INVOKE',
            requestId: 'r1',
            deadlineMs: Date.now() + 60_000,
          });
      },
    },
    { LAMBDA_OTLP_FLUSH: 'end', LAMBDA_OTLP_LOG_LEVEL: 'error' },
  );
  const subscription = await api.waitFor('/telemetry');
  await api.waitFor('/event/next');
  const time = new Date().toISOString();
  await post(
    subscription,
    JSON.stringify([{ time, type: 'platform.start', record: { requestId: 'r1' } }]),
  );
  order.push('runtimeDone');
  const record = { requestId: 'r1', status: 'success', metrics: { durationMs: 1 } };
  await post(subscription, JSON.stringify([{ time, type: 'platform.runtimeDone', record }]));
  expect((await ended).code).toBe(0);
  expect(order).toEqual(['poll 1', 'runtimeDone', 'poll 2']);
});

it('reports exit/error and exits when event/next is gone', async () => {
  const { api, ended } = await launch({ next: ({ socket }) => socket.resetAndDestroy() });
  expect((await ended).code).toBe(1);
  expect(pathsOf(api).at(-1)).toBe('exit/error');
  // Six polls, and one that found the connection of the subscription closed.
  expect(pathsOf(api).filter((path) => path === 'event/next').length).toBeLessThanOrEqual(7);
});

it.each(['SIGTERM', 'SIGINT'] as const)('the process takes %s for SHUTDOWN', async (signal) => {
  const { api, child, ended } = await launch({ next: () => undefined });
  await api.waitFor('/event/next');
  child.kill(signal);
  child.kill(signal);
  expect((await ended).code).toBe(0);
});

it('the process prints a timeline of the start at debug', async () => {
  const { child, ended } = await launch(
    { next: () => undefined },
    { LAMBDA_OTLP_LOG_LEVEL: 'debug' },
  );
  await new Promise<void>((resolve) =>
    child.stderr?.on('data', (chunk: Buffer) => {
      if (chunk.includes('start timeline')) resolve();
    }),
  );
  child.kill('SIGTERM');
  const { stderr } = await ended;
  const line = stderr.split('\n').find((text) => text.includes('start timeline'));
  const anyNumber = expect.any(Number) as number;
  expect(JSON.parse(line ?? '')).toMatchObject({
    registeredMs: anyNumber,
    listeningMs: anyNumber,
    subscribedMs: anyNumber,
    polledMs: anyNumber,
    loadedMs: anyNumber,
  });
});
