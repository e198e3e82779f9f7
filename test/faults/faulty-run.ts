// The built layer under the local Lambda, with freezes, exporting to an endpoint whose health a test decides.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startLocalLambda } from 'local-lambda/lambda/local-lambda';
import type { LocalLambda } from 'local-lambda/lambda/local-lambda';
import type { LocalLambdaOptions } from 'local-lambda/lambda/local-lambda-options';
import type { Invocation } from 'local-lambda/lambda/invocation';
import { readTelemetry } from '../scenarios/arrived-telemetry';
import type { Fault } from './fault';
import { startFaultyEndpoint } from './faulty-endpoint';
import type { FaultyEndpoint } from './faulty-endpoint';

/** LAMBDA_OTLP_LAYER: another unpacked layer than the one just built, e.g. a published one. */
export const LAYER = resolve(
  process.env['LAMBDA_OTLP_LAYER'] ?? join(__dirname, '../../build/layer'),
);
/** It runs without Node.js. */
export const IS_HOST = existsSync(join(LAYER, 'lambda-otlp/main.qbc'));
export const EXTENSION = 'lambda-otlp';

type Settings = Readonly<Record<string, string>>;

export interface FaultyRunOptions extends Omit<
  LocalLambdaOptions,
  'environment' | 'extensionsDir'
> {
  readonly settings?: Settings | ((endpointUrl: string) => Settings);
  /** Reigns from before the start. */
  readonly fault?: Fault;
  /** Another unpacked layer. */
  readonly layer?: string;
}

export interface End {
  readonly exitCode: number | null;
  readonly killed: boolean;
  /** From SHUTDOWN to the exit. */
  readonly exitMs: number;
}

export interface FaultyRun {
  readonly lambda: LocalLambda;
  readonly endpoint: FaultyEndpoint;
  /** What the extension printed. */
  readonly output: () => string;
  /** Invokes with these lines to print; fails unless the function answers as if there were no extension. */
  invoke(lines: readonly string[]): Promise<Invocation>;
  shutdown(): Promise<End>;
}

const running = new Set<FaultyRun>();

/** For afterEach: ends what a failed test left. */
export async function endRuns(): Promise<void> {
  await Promise.all(
    [...running].map(async ({ lambda, endpoint }) => {
      await lambda.shutdown();
      await endpoint.close();
    }),
  );
  running.clear();
}

export async function startFaultyRun(options: FaultyRunOptions = {}): Promise<FaultyRun> {
  const { settings, fault, layer = LAYER, ...lambdaOptions } = options;
  const endpoint = await startFaultyEndpoint();
  if (fault !== undefined) await endpoint.begin(fault);
  let output = '';
  const lambda = await startLocalLambda({
    handler: join(__dirname, 'function.handler'),
    functionName: 'orders',
    timeoutMs: 30_000,
    ...lambdaOptions,
    extensionsDir: join(layer, 'extensions'),
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint.url,
      LAMBDA_OTLP_LOG_LEVEL: 'info',
      ...(typeof settings === 'function' ? settings(endpoint.url) : settings),
    },
    onExtensionOutput(name, chunk) {
      if (name === EXTENSION) output += chunk;
      lambdaOptions.onExtensionOutput?.(name, chunk);
    },
  });
  const run: FaultyRun = {
    lambda,
    endpoint,
    output: () => output,
    async invoke(lines) {
      const invocation = await lambda.invoke({ lines });
      const { status, response, functionError } = invocation;
      expect({ status, response, functionError }).toEqual({
        status: 'success',
        response: { printed: lines.length },
        functionError: undefined,
      });
      return invocation;
    },
    async shutdown() {
      const { extensions } = await lambda.shutdown();
      const own = extensions.find(({ name }) => name === EXTENSION);
      return {
        exitCode: own?.exitCode ?? null,
        killed: own?.killed ?? true,
        exitMs: own?.durationMs ?? Number.NaN,
      };
    },
  };
  running.add(run);
  return run;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Invokes, now and then, until the breaker has let a probe through and nothing is held any more. */
export async function drain(run: FaultyRun): Promise<void> {
  for (let attempt = 0; attempt < 60; attempt += 1) {
    const line = `after ${attempt}`;
    await run.invoke([line]);
    const { logs } = readTelemetry(run.endpoint.requests.slice(-5));
    if (logs.some(({ text }) => text === line)) return;
    await wait(500);
  }
  throw new Error('the endpoint has been well for 30 s, and nothing came');
}
