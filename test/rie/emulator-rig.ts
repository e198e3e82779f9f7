// AWS's runtime interface emulator over the built layer, without a container: a private mount
// namespace in which /opt is the layer and /var/runtime a bootstrap. Nothing is left on the host.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import http from 'node:http';
import { dirname, join, resolve } from 'node:path';
import type { TelemetryEvent } from 'local-lambda/lambda/telemetry-event';
import { freePorts } from '../free-ports';
import { EXTENSIONS } from '../scenarios/layer-run';
import type { Environment, InvokeRequest } from './environment';

const LAYER = dirname(EXTENSIONS);
const PROBE = resolve(__dirname, '../../local-lambda/test/lambda/fixtures/probe.mjs');
const RUNTIME = join(__dirname, 'bootstrap.mjs');
const READY_WITHIN_MS = 20_000;
const ANSWER_WITHIN_MS = 15_000;
const END_WITHIN_MS = 10_000;

/**
 * Everything that is bound is bound before /var and /opt are covered: it may lie below them. The
 * emulator is exec'd, so that its pid is that of the spawned process.
 */
const SCRIPT = `set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$RIG/var"
mkdir -p "$RIG/var/runtime" "$RIG/var/task" "$RIG/var/lang/bin" "$RIG/var/rie"
cp "$RIG/bootstrap" "$RIG/bootstrap.mjs" "$RIG/var/runtime/"
touch "$RIG/var/lang/bin/node" "$RIG/var/rie/emulator"
mount --bind "$NODE_BINARY" "$RIG/var/lang/bin/node"
mount --bind "$EMULATOR" "$RIG/var/rie/emulator"
chmod 755 "$RIG/var" "$RIG/var/runtime" "$RIG/var/task" "$RIG/var/lang" "$RIG/var/lang/bin" "$RIG/var/runtime/bootstrap"
mount --rbind "$RIG/var" /var
mount --bind "$RIG/opt" /opt
cd /var/task
exec env -u RIG -u NODE_BINARY -u EMULATOR /var/rie/emulator \\
  --runtime-api-address "$RUNTIME_API" --runtime-interface-emulator-address "$INVOKE_API" \\
  /var/runtime/bootstrap handler`;

export interface RigOptions {
  readonly emulator: string;
  readonly environment: Readonly<Record<string, string>>;
  /** A second extension that records every event: what the platform said. Only where there is telemetry. */
  readonly witness: boolean;
}

/** A folder for uid 993 too: mkdtemp's are closed, and TMPDIR may lie in a closed one. */
function layOut({ witness }: RigOptions): string {
  const rig = mkdtempSync('/tmp/lambda-otlp-rie-');
  for (const folder of ['var', 'record']) mkdirSync(join(rig, folder));
  cpSync(LAYER, join(rig, 'opt'), { recursive: true });
  cpSync(RUNTIME, join(rig, 'bootstrap.mjs'));
  const run = (file: string): string => `#!/bin/sh\nexec /var/lang/bin/node ${file}\n`;
  writeFileSync(join(rig, 'bootstrap'), run('/var/runtime/bootstrap.mjs'), { mode: 0o755 });
  if (witness) {
    mkdirSync(join(rig, 'opt/witness'));
    cpSync(PROBE, join(rig, 'opt/witness/probe.mjs'));
    const extension = join(rig, 'opt/extensions/witness');
    writeFileSync(extension, run('/opt/witness/probe.mjs witness'), { mode: 0o755 });
  }
  openToAll(join(rig, 'opt'));
  chmodSync(rig, 0o755);
  chmodSync(join(rig, 'record'), 0o777);
  return rig;
}

/** chmod -R a+rX. */
function openToAll(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) openToAll(path);
    else chmodSync(path, (statSync(path).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

function post(port: number, { payload, requestId, traceHeader }: InvokeRequest): Promise<Answer> {
  const headers = {
    'Content-Type': 'application/json',
    ...(requestId === undefined ? {} : { 'X-Amzn-RequestId': requestId }),
    ...(traceHeader === undefined ? {} : { 'X-Amzn-Trace-Id': traceHeader }),
  };
  const path = '/2015-03-31/functions/function/invocations';
  return new Promise((resolvePromise, reject) => {
    const target = { host: '127.0.0.1', port, path, method: 'POST', headers };
    const request = http.request(target, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolvePromise({
          status: response.statusCode ?? 0,
          body: parse(Buffer.concat(chunks).toString()),
        }),
      );
    });
    request.setTimeout(ANSWER_WITHIN_MS, () =>
      request.destroy(new Error(`the emulator did not answer within ${ANSWER_WITHIN_MS} ms`)),
    );
    request.on('error', reject);
    request.end(JSON.stringify(payload));
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Invocations that come too early are answered with 400 and leave no telemetry, or not answered at all. */
async function untilReady(port: number, child: ChildProcess, output: () => string): Promise<void> {
  const giveUpAtMs = Date.now() + READY_WITHIN_MS;
  for (;;) {
    const answer = await post(port, { payload: {} }).catch((error: unknown) => error);
    if (answer instanceof Object && 'status' in answer && answer.status === 200) return;
    const hasEnded = child.exitCode !== null || child.signalCode !== null;
    if (hasEnded || Date.now() > giveUpAtMs) {
      const what = hasEnded ? 'the emulator ended' : 'the emulator was not ready in time';
      throw new Error(`${what}: ${JSON.stringify(answer)}\n${output()}`);
    }
    await new Promise((resume) => setTimeout(resume, 100));
  }
}

function mountNamespaceOf(pid: number | string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined;
  }
}

/** Kills what the emulator left: every process of its mount namespace, which nobody else is in. */
function killNamespace(namespace: string | undefined): void {
  if (namespace === undefined || namespace === mountNamespaceOf('self')) return;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (mountNamespaceOf(pid) !== namespace) continue;
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      continue;
    }
  }
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const namespace = mountNamespaceOf(child.pid ?? 0);
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS);
  await exited;
  clearTimeout(timer);
  killNamespace(namespace);
}

function readEvents(file: string): readonly TelemetryEvent[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  return lines.flatMap((line) => (JSON.parse(line) as { events?: TelemetryEvent[] }).events ?? []);
}

/** Starts the emulator and waits until it has answered one invocation with payload `{}`. */
export async function startEmulator(options: RigOptions): Promise<Environment> {
  const rig = layOut(options);
  const [runtimePort = 0, invokePort = 0] = await freePorts(2);
  const record = join(rig, 'record/witness.jsonl');
  let output = '';
  const child = spawn('unshare', ['-m', '/bin/bash', '-c', SCRIPT], {
    env: {
      PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
      RIG: rig,
      NODE_BINARY: process.execPath,
      EMULATOR: options.emulator,
      RUNTIME_API: `127.0.0.1:${runtimePort}`,
      INVOKE_API: `127.0.0.1:${invokePort}`,
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: 'orders',
      PROBE: JSON.stringify({
        events: ['SHUTDOWN'],
        subscription: { buffering: { timeoutMs: 200 } },
      }),
      PROBE_RECORD: record,
      ...options.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  }
  const end = async (): Promise<void> => {
    await endProcess(child);
  };
  try {
    await untilReady(invokePort, child, () => output);
  } catch (error) {
    await end();
    rmSync(rig, { recursive: true, force: true });
    throw error;
  }
  return {
    invoke: async (request) => (await post(invokePort, request)).body,
    end,
    events: () => readEvents(record),
    output: () => output,
    remove: async () => {
      await end();
      rmSync(rig, { recursive: true, force: true });
    },
  };
}
