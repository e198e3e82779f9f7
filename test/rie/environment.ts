// What the emulator and the local Lambda have in common, so that one scenario runs under both.
import { join } from 'node:path';
import { startLocalLambda } from 'local-lambda/lambda/local-lambda';
import type { LocalLambdaOptions } from 'local-lambda/lambda/local-lambda-options';
import type { TelemetryEvent } from 'local-lambda/lambda/telemetry-event';
import { EXTENSIONS } from '../scenarios/layer-run';

export interface InvokeRequest {
  readonly payload: unknown;
  /** Managed Instances only: the emulator makes up its own on demand. */
  readonly requestId?: string;
  readonly traceHeader?: string;
}

export interface Environment {
  /** What the caller gets: the answer's body. */
  invoke(request: InvokeRequest): Promise<unknown>;
  /** Shuts the environment down, bounded in time. */
  end(): Promise<void>;
  /** What the platform said; whole after the end. */
  events(): readonly TelemetryEvent[];
  /** What runtime and extensions printed. */
  output(): string;
  /** Ends it and leaves nothing behind. Idempotent. */
  remove(): Promise<void>;
}

/** The local Lambda in the place of the emulator, ready as the emulator is: one invocation answered. */
export async function startLocalEnvironment(
  options: Omit<LocalLambdaOptions, 'extensionsDir' | 'bootstrap'>,
): Promise<Environment> {
  let output = '';
  const lambda = await startLocalLambda({
    functionName: 'orders',
    ...options,
    extensionsDir: EXTENSIONS,
    bootstrap: [process.execPath, join(__dirname, 'bootstrap.mjs')],
    onExtensionOutput: (_name, chunk) => {
      output += chunk;
    },
  });
  const environment: Environment = {
    async invoke({ payload, requestId, traceHeader }) {
      const { response } = await lambda.invoke(payload, {
        ...(requestId === undefined ? {} : { requestId }),
        ...(traceHeader === undefined ? {} : { traceHeader }),
      });
      return response;
    },
    async end() {
      await lambda.shutdown();
    },
    events: () => lambda.events,
    output: () => output,
    remove: async () => {
      await lambda.shutdown();
    },
  };
  await environment.invoke({ payload: {} });
  return environment;
}
