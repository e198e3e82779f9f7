// A real Jaeger for the demo, from its container image: traces in memory, all ports on loopback.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

function runDocker(args: readonly string[], timeout = 0): Promise<{ readonly stdout: string }> {
  return execute('docker', args, { timeout, env: process.env });
}

/** The same release as collector-config/jaeger is tested with (v1.76.0 of its Go module). */
export const JAEGER_IMAGE = 'jaegertracing/jaeger:2.13.0';
const ENGINE_TIMEOUT_MS = 10_000;
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 200;

/** One trace as `/api/traces` gives it. */
export interface JaegerTrace {
  readonly spans: readonly {
    readonly operationName: string;
    readonly warnings: readonly string[] | null;
  }[];
}

export interface Jaeger {
  /** Takes traces only, 404 for metrics and logs. */
  readonly otlpUrl: string;
  readonly uiUrl: string;
  /** Page that shows the trace to a person. */
  traceUrl(traceId: string): string;
  /** Undefined while Jaeger has none of that id. */
  trace(traceId: string): Promise<JaegerTrace | undefined>;
  stop(): Promise<void>;
}

/** Undefined when a docker engine answers; else why there is none. A client alone is no engine. */
export async function findEngineProblem(): Promise<string | undefined> {
  try {
    const args = ['version', '--format', '{{.Server.Version}}'];
    await runDocker(args, ENGINE_TIMEOUT_MS);
    return undefined;
  } catch (error) {
    const { code, stderr, killed } = error as { code?: unknown; stderr?: string; killed?: boolean };
    if (code === 'ENOENT') return 'docker is not installed';
    if (killed === true) return `docker did not answer within ${ENGINE_TIMEOUT_MS / 1000} s`;
    return (stderr ?? '').trim().split('\n').at(-1) ?? 'docker failed';
  }
}

async function getJson(url: string): Promise<unknown> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
    return response.ok ? await response.json() : undefined;
  } catch {
    return undefined;
  }
}

/** `127.0.0.1:49153` */
async function readAddress(container: string, port: number): Promise<string> {
  const { stdout } = await runDocker(['port', container, `${port}/tcp`]);
  return stdout.trim().split('\n')[0] ?? '';
}

async function awaitAnswer(url: string): Promise<void> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS;
  while ((await getJson(url)) === undefined) {
    if (performance.now() > deadlineMs) {
      throw new Error(`${JAEGER_IMAGE}: expected an answer of ${url}, got none in 60 s`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Pulls the image on first use. Rejects when it cannot be had or does not start. */
export async function startJaeger(say: (line: string) => void): Promise<Jaeger> {
  say(`starting ${JAEGER_IMAGE} in docker (its first use downloads about 60 MB)`);
  const ports = ['-p', '127.0.0.1::16686', '-p', '127.0.0.1::4318'];
  const { stdout } = await runDocker(['run', '--detach', '--rm', ...ports, JAEGER_IMAGE]);
  const container = stdout.trim().split('\n').at(-1) ?? '';
  const stop = async (): Promise<void> => {
    await runDocker(['rm', '--force', container]).catch(() => undefined);
  };
  try {
    const uiUrl = `http://${await readAddress(container, 16_686)}`;
    const otlpUrl = `http://${await readAddress(container, 4318)}`;
    await awaitAnswer(`${uiUrl}/api/services`);
    return {
      otlpUrl,
      uiUrl,
      traceUrl: (traceId) => `${uiUrl}/trace/${traceId}`,
      async trace(traceId) {
        const answer = await getJson(`${uiUrl}/api/traces/${traceId}`);
        return (answer as { data?: readonly JaegerTrace[] } | undefined)?.data?.[0];
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
