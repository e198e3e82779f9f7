// A second Lambda, independent of local-lambda: a bare server that speaks the Extensions and Telemetry API as
// documented, and otherwise does what a test says. It has no runtime; tests post the telemetry themselves.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LAYER } from './faulty-run';

/** What the API is asked, by path and method. */
export type Call = 'register' | 'next' | 'subscribe' | 'init/error' | 'exit/error';
/** Answers the n-th call of its kind (from 0) instead of the API; false: as documented. */
export type Script = (response: ServerResponse, attempt: number, body: string) => boolean;

export interface ForeignLambdaOptions {
  readonly settings?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Partial<Record<Call, Script>>>;
}

export interface ForeignLambda {
  /** How often each call was made. */
  readonly calls: Readonly<Record<Call, number>>;
  /** Bodies of the calls that have one. */
  readonly bodies: Readonly<Record<Call, readonly string[]>>;
  readonly output: () => string;
  readonly pid: number;
  /** Resolves when the call was made so often. */
  called(call: Call, times?: number): Promise<void>;
  /** Answers the pending /event/next; waits for one. */
  send(event: Readonly<Record<string, unknown>>): Promise<void>;
  /** Posts to the extension's listener as Lambda does; gives the status, 0 when the connection broke. */
  post(body: string | Buffer, headers?: Readonly<Record<string, string>>): Promise<number>;
  /** The extension's port of telemetry. */
  readonly telemetryPort: number;
  /** The exit code, once the process ended; null: by a signal. */
  readonly exit: Promise<number | null>;
  close(): Promise<void>;
}

const CALLS: readonly (readonly [string, Call])[] = [
  ['/register', 'register'],
  ['/event/next', 'next'],
  ['/telemetry', 'subscribe'],
  ['/init/error', 'init/error'],
  ['/exit/error', 'exit/error'],
];

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

class Api {
  readonly calls: Record<Call, number>;
  readonly bodies: Record<Call, string[]>;
  readonly extensionId = randomUUID();
  telemetryPort = 0;
  private pendingNext: ServerResponse | undefined;
  private readonly watchers = new Set<() => void>();

  constructor(private readonly scripts: ForeignLambdaOptions['scripts'] = {}) {
    const kinds = CALLS.map(([, call]) => call);
    this.calls = Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<Call, number>;
    this.bodies = Object.fromEntries(kinds.map((kind) => [kind, []])) as unknown as Record<
      Call,
      string[]
    >;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = CALLS.find(([path]) => request.url?.endsWith(path) === true)?.[1];
    if (call === undefined) {
      response.writeHead(404).end();
      return;
    }
    const body = await readText(request).catch(() => '');
    this.bodies[call].push(body);
    const attempt = this.calls[call];
    if (this.scripts?.[call]?.(response, attempt, body) !== true) this.answer(call, response);
    this.calls[call] += 1;
    for (const watcher of [...this.watchers]) watcher();
  }

  private answer(call: Call, response: ServerResponse): void {
    switch (call) {
      case 'register':
        response
          .writeHead(200, { 'Lambda-Extension-Identifier': this.extensionId })
          .end('{"functionName":"foreign","functionVersion":"3","accountId":"111122223333"}');
        return;
      case 'subscribe':
        this.learnPort();
        response.writeHead(200, { 'Content-Type': 'text/plain' }).end('"OK"');
        return;
      case 'next':
        this.pendingNext = response;
        return;
      case 'init/error':
      case 'exit/error':
        response.writeHead(202).end('{"status":"OK"}');
    }
  }

  /** The listener is where the subscription says, taken or not. */
  private learnPort(): void {
    const { destination } = JSON.parse(this.bodies.subscribe.at(-1) ?? '{}') as {
      destination: { URI: string };
    };
    this.telemetryPort = Number(new URL(destination.URI).port);
  }

  until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve) => {
      const watcher = (): void => {
        if (!holds()) return;
        this.watchers.delete(watcher);
        resolve();
      };
      this.watchers.add(watcher);
    });
  }

  async send(event: Readonly<Record<string, unknown>>): Promise<void> {
    await this.until(() => this.pendingNext !== undefined);
    const response = this.pendingNext;
    this.pendingNext = undefined;
    const isInvoke = event['eventType'] === 'INVOKE';
    response
      ?.writeHead(200, { 'Content-Type': isInvoke ? 'application/json' : 'text/plain' })
      .end(JSON.stringify(event));
  }
}

function post(
  port: number,
  body: string | Buffer,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  return new Promise((resolve) => {
    const outgoing = httpRequest({
      host: '127.0.0.1',
      port,
      method: 'POST',
      path: '/telemetry',
      headers: {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(body),
        'Sequence-Id': createHash('sha256').update(body).update(randomUUID()).digest('base64'),
        ...headers,
      },
    });
    outgoing.on('error', () => resolve(0));
    outgoing.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    outgoing.end(body);
  });
}

function spawnExtension(
  runtimeApi: string,
  folder: string,
  settings: ForeignLambdaOptions['settings'],
): ChildProcess {
  return spawn(join(LAYER, 'extensions/lambda-otlp'), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      AWS_LAMBDA_RUNTIME_API: runtimeApi,
      AWS_LAMBDA_FUNCTION_NAME: 'foreign',
      AWS_LAMBDA_FUNCTION_VERSION: '3',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_REGION: 'eu-west-1',
      TMPDIR: folder,
      LAMBDA_OTLP_LOG_LEVEL: 'info',
      ...settings,
    },
  });
}

const running = new Set<ForeignLambda>();

/** For afterEach. */
export async function endForeignLambdas(): Promise<void> {
  await Promise.all([...running].map((lambda) => lambda.close()));
  running.clear();
}

export async function startForeignLambda(
  options: ForeignLambdaOptions = {},
): Promise<ForeignLambda> {
  const api = new Api(options.scripts);
  const server = createServer((request, response) => void api.handle(request, response));
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const folder = mkdtempSync(join(tmpdir(), 'foreign-lambda-'));
  const child = spawnExtension(`127.0.0.1:${port}`, folder, options.settings);
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exit = once(child, 'close').then(([code]) => code as number | null);
  const lambda: ForeignLambda = {
    calls: api.calls,
    bodies: api.bodies,
    output: () => output,
    pid: child.pid ?? 0,
    called: (call, times = 1) => api.until(() => api.calls[call] >= times),
    send: (event) => api.send(event),
    post: (body, headers = {}) => post(api.telemetryPort, body, headers),
    get telemetryPort() {
      return api.telemetryPort;
    },
    exit,
    async close() {
      child.kill('SIGKILL');
      server.close();
      server.closeAllConnections();
      await exit;
      rmSync(folder, { recursive: true, force: true });
    },
  };
  running.add(lambda);
  return lambda;
}
