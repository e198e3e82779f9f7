// layer/lambda-otlp.sh under every shell that /bin/sh may be, against an Extensions API on a real socket.
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { answerJson, startScriptedServer } from '../lambda/scripted-server';
import type { Responder, ScriptedServer } from '../lambda/scripted-server';

const SHELLS = [
  { shell: 'bash --posix', path: '/bin/bash', command: ['/bin/bash', '--posix'] },
  { shell: 'bash', path: '/bin/bash', command: ['/bin/bash'] },
  { shell: 'dash', path: '/bin/dash', command: ['/bin/dash'] },
].filter(({ path }) => existsSync(path));

const REGISTRATION = { functionName: 'fn', functionVersion: '$LATEST', accountId: '123456789012' };

/** Stands for the program: tells what it was started with, as one JSON line. */
const PROGRAM = `const { env, execArgv, execPath } = process;
console.log(JSON.stringify({ execArgv, execPath,
  id: env.LAMBDA_OTLP_EXTENSION_ID, name: env.LAMBDA_OTLP_EXTENSION_NAME,
  registration: env.LAMBDA_OTLP_REGISTRATION,
  arenas: env.MALLOC_ARENA_MAX, kept: env.MALLOC_TRIM_THRESHOLD_, authorities: env.LAMBDA_OTLP_NODE_EXTRA_CA_CERTS,
  nodeVariables: Object.keys(env).filter((name) => name.startsWith('NODE_')) }));
process.exit(7);`;

interface Started {
  readonly id: string;
  readonly name: string;
  readonly registration: string;
  readonly execArgv: readonly string[];
  readonly arenas: string;
  readonly kept: string;
  readonly authorities?: string;
  readonly nodeVariables: readonly string[];
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const folders: string[] = [];
const servers: ScriptedServer[] = [];
const children: ChildProcess[] = [];

function layOut(program: string | undefined = PROGRAM): string {
  const root = mkdtempSync(join(tmpdir(), 'lambda otlp '));
  folders.push(root);
  mkdirSync(join(root, 'extensions'));
  mkdirSync(join(root, 'lambda-otlp'));
  const script = join(root, 'extensions', 'lambda-otlp');
  copyFileSync(resolve('layer/lambda-otlp.sh'), script);
  chmodSync(script, 0o755);
  writeFileSync(join(root, 'lambda-otlp', 'main.js'), program);
  return script;
}

function run(command: readonly string[], variables: Record<string, string>): Promise<Ended> {
  const [file = '', ...args] = command;
  const child = spawn(file, args, { env: { PATH: dirname(process.execPath), ...variables } });
  children.push(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

async function serve(respond: Responder, host?: string): Promise<ScriptedServer> {
  const server = await startScriptedServer(respond, host);
  servers.push(server);
  return server;
}

const registers: Responder = (_received, response) => {
  response.setHeader('Lambda-Extension-Identifier', 'id-1');
  answerJson(response, 200, REGISTRATION);
};

function readStart({ stdout }: Ended): Started {
  return JSON.parse(stdout) as Started;
}

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await Promise.all(servers.splice(0).map((server) => server.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe.each(SHELLS)('under $shell', ({ command }) => {
  it('registers by itself and hands the identifier and the account to Node', async () => {
    const api = await serve(registers);
    const ended = await run([...command, layOut()], { AWS_LAMBDA_RUNTIME_API: api.address });
    const started = readStart(ended);
    expect(started.id).toBe('id-1');
    expect(started.name).toBe('lambda-otlp');
    expect(JSON.parse(started.registration)).toEqual(REGISTRATION);
    expect(started.execArgv).toEqual(['--v8-pool-size=0']);
    expect(ended).toMatchObject({ code: 7, stderr: '' });
    expect(api.received).toHaveLength(1);
    expect(api.received[0]).toMatchObject({
      method: 'POST',
      path: '/2020-01-01/extension/register',
      headers: {
        'lambda-extension-name': 'lambda-otlp',
        'lambda-extension-accept-feature': 'accountId',
      },
      body: '{"events":["INVOKE","SHUTDOWN"]}',
    });
  });

  it('registers for SHUTDOWN only on Managed Instances', async () => {
    const api = await serve(registers);
    await run([...command, layOut()], {
      AWS_LAMBDA_RUNTIME_API: api.address,
      AWS_LAMBDA_INITIALIZATION_TYPE: 'lambda-managed-instances',
    });
    expect(api.received.map(({ body }) => body)).toEqual(['{"events":["SHUTDOWN"]}']);
  });

  it("keeps the function's Node variables from Node", async () => {
    const api = await serve(registers);
    const ended = await run([...command, layOut()], {
      AWS_LAMBDA_RUNTIME_API: api.address,
      NODE_OPTIONS: '--import ./does-not-exist.mjs',
      NODE_PATH: '/var/task\nNODE_X=1',
      NODE_EXTRA_CA_CERTS: '/nowhere',
    });
    expect(readStart(ended).nodeVariables).toEqual([]);
  });

  it.each([
    [{}, undefined],
    [{ NODE_EXTRA_CA_CERTS: '/opt/a b.pem' }, '/opt/a b.pem'],
    [{ NODE_EXTRA_CA_CERTS: '/a.pem', LAMBDA_OTLP_NODE_EXTRA_CA_CERTS: '/b.pem' }, '/b.pem'],
  ])(
    'hands NODE_EXTRA_CA_CERTS over under a name that Node does not read: %j',
    async (set, seen) => {
      const api = await serve(registers);
      const ended = await run([...command, layOut()], {
        AWS_LAMBDA_RUNTIME_API: api.address,
        ...set,
      });
      expect(readStart(ended).authorities).toBe(seen);
    },
  );

  it.each([
    ['one arena and a fixed threshold', {}, { arenas: '1', kept: '131072' }],
    [
      'what the function is set to',
      { MALLOC_ARENA_MAX: '4', MALLOC_TRIM_THRESHOLD_: '65536' },
      { arenas: '4', kept: '65536' },
    ],
  ])('gives the allocator %s', async (_, environment, given) => {
    const api = await serve(registers);
    const variables = { AWS_LAMBDA_RUNTIME_API: api.address, ...environment };
    const ended = await run([...command, layOut()], variables);
    expect(readStart(ended)).toMatchObject(given);
  });

  it.each<{ title: string; respond: Responder }>([
    {
      title: '403',
      respond: (_, response) =>
        answerJson(response, 403, { errorType: 'Extension.InvalidEventType' }),
    },
    { title: '500', respond: (_, response) => answerJson(response, 500, {}) },
    { title: 'no identifier', respond: (_, response) => answerJson(response, 200, REGISTRATION) },
    { title: 'a reset', respond: ({ socket }) => socket.resetAndDestroy() },
    { title: 'no HTTP', respond: ({ socket }) => socket.end('nonsense\r\n\r\n') },
    { title: 'half a head', respond: ({ socket }) => socket.end('HTTP/1.1 200 OK\r\nLambda-Ext') },
  ])('leaves the registration to Node after $title', async ({ respond }) => {
    const api = await serve(respond);
    const ended = await run([...command, layOut()], { AWS_LAMBDA_RUNTIME_API: api.address });
    expect(readStart(ended)).toMatchObject({ id: '', registration: '' });
    expect(ended).toMatchObject({ code: 7, stderr: '' });
  });

  it('leaves the registration to Node when nobody answers within two seconds', async () => {
    const api = await serve(() => undefined);
    const ended = await run([...command, layOut()], { AWS_LAMBDA_RUNTIME_API: api.address });
    expect(readStart(ended).id).toBe('');
  });

  it.each([
    { title: 'is refused', api: '127.0.0.1:1' },
    { title: 'is no address', api: 'nonsense:' },
    { title: 'is empty', api: '' },
  ])('starts Node when the Runtime API $title', async ({ api }) => {
    const ended = await run([...command, layOut()], { AWS_LAMBDA_RUNTIME_API: api });
    expect(readStart(ended).id).toBe('');
    expect(ended.code).toBe(7);
  });

  it('reads chunked answers, and header names in any case', async () => {
    const api = await serve(({ socket }) => {
      socket.end(
        'HTTP/1.1 200 OK\r\nLAMBDA-EXTENSION-IDENTIFIER:id-2\r\nTransfer-Encoding: chunked\r\n\r\nD\r\n{"handler":1}\r\n0\r\n\r\n',
      );
    });
    const ended = await run([...command, layOut()], { AWS_LAMBDA_RUNTIME_API: api.address });
    expect(readStart(ended)).toMatchObject({ id: 'id-2', registration: '{"handler":1}' });
  });

  it('goes on without the body when it does not come whole', async () => {
    const api = await serve(({ socket }) => {
      socket.end(
        'HTTP/1.1 200 OK\r\nLambda-Extension-Identifier: id-3\r\nContent-Length: 99\r\n\r\n{"a',
      );
    });
    const ended = await run([...command, layOut()], { AWS_LAMBDA_RUNTIME_API: api.address });
    expect(readStart(ended).id).toBe('id-3');
  });

  it('counts the bytes of the body, not its characters', async () => {
    const body = '{"functionName":"größe"}';
    const api = await serve((_, response) => {
      response.setHeader('Lambda-Extension-Identifier', 'id-4').end(body);
    });
    const ended = await run([...command, layOut()], {
      AWS_LAMBDA_RUNTIME_API: api.address,
      LANG: 'C.UTF-8',
    });
    expect(readStart(ended).registration).toBe(body);
  });

  it('finds its program through a link to the script', async () => {
    const api = await serve(registers);
    const script = layOut();
    const link = join(mkdtempSync(join(tmpdir(), 'lambda-otlp-link-')), 'linked-name');
    folders.push(dirname(link));
    symlinkSync(script, link);
    const ended = await run([...command, link], {
      AWS_LAMBDA_RUNTIME_API: api.address,
      PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
    });
    expect(readStart(ended).name).toBe('linked-name');
  });

  it('passes SIGTERM on to Node, and its exit code on to Lambda', async () => {
    const api = await serve(registers);
    const script = layOut(
      `process.on('SIGTERM', () => process.exit(5)); setInterval(() => {}, 1000); console.log('up');`,
    );
    const ended = run([...command, script], { AWS_LAMBDA_RUNTIME_API: api.address });
    const child = children.at(-1);
    await new Promise((resolve) => child?.stdout?.once('data', resolve));
    child?.kill('SIGTERM');
    expect((await ended).code).toBe(5);
  });

  describe('without a Node that runs', () => {
    function serveEvents(): Responder {
      const events = [
        { eventType: 'INVOKE', requestId: 'r1', deadlineMs: 1 },
        { eventType: 'INVOKE', requestId: 'r2', deadlineMs: 1 },
        { eventType: 'SHUTDOWN', shutdownReason: 'spindown', deadlineMs: 1 },
      ];
      return (received, response) => {
        if (received.path.endsWith('register')) registers(received, response);
        else answerJson(response, 200, events.shift());
      };
    }

    it.each([
      { title: 'no Node at all', node: undefined },
      { title: 'a Node that is no program', node: '\u007fELF nonsense' },
      { title: 'a Node whose loader is missing', node: '#!/nowhere/ld-linux.so.2\n' },
    ])('polls until SHUTDOWN and exits 0 with $title', async ({ node }) => {
      const api = await serve(serveEvents());
      const script = layOut();
      const bin = join(dirname(dirname(script)), 'bin');
      mkdirSync(bin);
      if (node !== undefined) writeFileSync(join(bin, 'node'), node, { mode: 0o755 });
      const ended = await run([...command, script], {
        AWS_LAMBDA_RUNTIME_API: api.address,
        PATH: bin,
      });
      expect(ended.code).toBe(0);
      const diagnostic = ended.stderr.split('\n').find((line) => line.startsWith('{'));
      expect(JSON.parse(diagnostic ?? '')).toMatchObject({
        level: 'error',
        message: expect.stringContaining('no usable Node.js') as string,
        extension: 'lambda-otlp',
      });
      const polls = api.received.filter(({ path }) => path.endsWith('/event/next'));
      expect(polls).toHaveLength(3);
      expect(polls[0]?.headers['lambda-extension-identifier']).toBe('id-1');
    });

    it('does not start a Node whose headers say that it is too old', async () => {
      const api = await serve(serveEvents());
      const script = layOut();
      const prefix = dirname(dirname(script));
      mkdirSync(join(prefix, 'bin'));
      mkdirSync(join(prefix, 'include', 'node'), { recursive: true });
      writeFileSync(join(prefix, 'bin', 'node'), '#!/bin/sh\nexit 9\n', { mode: 0o755 });
      writeFileSync(
        join(prefix, 'include', 'node', 'node_version.h'),
        '// c\n#define NODE_MAJOR_VERSION 18\n#define NODE_MINOR_VERSION 18\n',
      );
      const ended = await run([...command, script], {
        AWS_LAMBDA_RUNTIME_API: api.address,
        PATH: join(prefix, 'bin'),
      });
      expect(ended.code).toBe(0);
    });
  });
});

it('speaks to an IPv6 address in brackets', async () => {
  const canBind = await new Promise<boolean>((resolve) => {
    const probe = createServer().on('error', () => resolve(false));
    probe.listen(0, '::1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port > 0));
    });
  });
  if (!canBind) return;
  const api = await serve(registers, '::1');
  const ended = await run([layOut()], { AWS_LAMBDA_RUNTIME_API: api.address });
  expect(readStart(ended).id).toBe('id-1');
});

it('the start script is clean for shellcheck where that is installed', () => {
  const found = process.env['PATH']
    ?.split(':')
    .some((folder) => existsSync(join(folder, 'shellcheck')));
  if (found !== true) return;
  expect(execFileSync('shellcheck', ['-s', 'sh', 'layer/lambda-otlp.sh']).toString()).toBe('');
});
