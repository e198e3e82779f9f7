// The engine's process dies: the function's next invocations are as without the extension, one line says so,
// and the extension ends with 0 at SHUTDOWN.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endRuns, startLayer } from '../scenarios/layer-run';
import type { LayerRun } from '../scenarios/layer-run';
import { hostProgram } from './host-layer';

afterEach(endRuns);

const ok = { action: 'log', lines: ['fine'] };

/** Of the two processes the one that was forked. */
function enginePid(run: LayerRun): number {
  return childOf(run.lambda.extensions.find(({ name }) => name === 'lambda-otlp')?.pid ?? 0);
}

function childOf(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  expect(children).toMatch(/^\d+$/);
  return Number(children);
}

const errorsOf = (run: LayerRun): readonly unknown[] =>
  run
    .output()
    .split('\n')
    .filter((line) => line.includes('"level":"error"'))
    .map((line) => JSON.parse(line) as unknown);

describe.each(['SIGSEGV', 'SIGKILL', 'SIGABRT'] as const)('after %s', (signal) => {
  test('of a frozen engine, invocations succeed, one line says so and SHUTDOWN ends it with 0', async () => {
    const run = await startLayer();
    expect(await run.lambda.invoke(ok)).toMatchObject({ status: 'success' });
    process.kill(enginePid(run), signal);
    for (let round = 0; round < 3; round += 1) {
      expect(await run.lambda.invoke(ok)).toMatchObject({ status: 'success' });
    }
    const { extensions } = await run.lambda.shutdown();
    expect(extensions[0]).toMatchObject({ exitCode: 0, killed: false });
    expect(errorsOf(run)).toEqual([
      expect.objectContaining({ message: expect.stringContaining(signal) as unknown }),
    ]);
  });

  test('of an engine before the first invocation, invocations succeed', async () => {
    const run = await startLayer();
    process.kill(enginePid(run), signal);
    expect(await run.lambda.invoke(ok)).toMatchObject({ status: 'success' });
    const { extensions } = await run.lambda.shutdown();
    expect(extensions[0]).toMatchObject({ exitCode: 0, killed: false });
  });
});

describe('Lambda refuses a poll while that of the dead engine is open to it', () => {
  test('of an engine that polled while the handler ran: no invocation fails', async () => {
    const run = await startLayer({ settings: { LAMBDA_OTLP_FLUSH: 'overlap' } });
    expect(await run.lambda.invoke(ok)).toMatchObject({ status: 'success' });
    const slow = run.lambda.invoke({ action: 'sleep', ms: 3_000 });
    // The export of what the first invocation left begins when the poll is sent.
    await run.receiver.waitFor(
      ({ requests }) => requests.some(({ signal }) => signal === 'logs'),
      2_000,
    );
    process.kill(enginePid(run), 'SIGKILL');
    expect(await slow).toMatchObject({ status: 'success' });
    for (let round = 0; round < 3; round += 1) {
      expect(await run.lambda.invoke(ok)).toMatchObject({ status: 'success' });
    }
    const { extensions } = await run.lambda.shutdown();
    expect(extensions[0]).toMatchObject({ exitCode: 0, killed: false });
  });

  test('of the engine of a managed instance, which polled all its life: requests are served on', async () => {
    const run = await startLayer({ initializationType: 'lambda-managed-instances' });
    expect(await run.lambda.invoke(ok)).toMatchObject({ status: 'success' });
    process.kill(enginePid(run), 'SIGKILL');
    expect(await run.lambda.invoke({ action: 'sleep', ms: 2_000 })).toMatchObject({
      status: 'success',
    });
    expect(await run.lambda.invoke(ok)).toMatchObject({ status: 'success' });
    // The lost poll gets SHUTDOWN too.
    const { extensions } = await run.lambda.shutdown();
    expect(extensions[0]?.exitCode ?? 0).toBe(0);
  });
});

test('where the death of children is ignored, as a starting process may leave it, it is noticed too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'no-sigchld-'));
  try {
    const script = `#!/usr/bin/env python3
import os, signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv('${hostProgram}', ['lambda-otlp'])
`;
    writeFileSync(join(folder, 'lambda-otlp'), script, { mode: 0o755 });
    const run = await startLayer({ extensionsDir: folder });
    process.kill(enginePid(run), 'SIGKILL');
    expect(await run.lambda.invoke(ok)).toMatchObject({ status: 'success' });
    const { extensions } = await run.lambda.shutdown();
    expect(extensions[0]).toMatchObject({ exitCode: 0, killed: false });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('after a registration that failed first, the guardian knows the identifier too', async () => {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url?.split('/').at(-1) ?? '';
    const earlier = requests.filter((each) => each === path).length;
    requests.push(path);
    response.setHeader('Lambda-Extension-Identifier', 'test-identifier');
    if (path === 'register') response.writeHead([500, 200][earlier] ?? 403);
    if (path !== 'next') response.end('{}');
    // This poll ends with who sent it.
    else if (earlier === 0) process.kill(childOf(extension.pid ?? 0), 'SIGKILL');
    else response.end('{"eventType":"SHUTDOWN","shutdownReason":"spindown"}');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { AWS_LAMBDA_RUNTIME_API: address };
  const extension = spawn(hostProgram, [], { env, stdio: 'ignore' });
  const [exitCode] = (await once(extension, 'close')) as [number | null];
  server.close();
  expect({ exitCode, requests }).toEqual({
    exitCode: 0,
    requests: ['register', 'register', 'telemetry', 'next', 'next'],
  });
});
