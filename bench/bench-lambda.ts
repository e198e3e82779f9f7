// Runs one contestant in a local Lambda with an OTLP endpoint, and measures what its invocations cost.
import { join } from 'node:path';
import type { Invocation } from 'local-lambda/lambda/invocation';
import { startLocalLambda } from 'local-lambda/lambda/local-lambda';
import type { LocalExtension, LocalLambda } from 'local-lambda/lambda/local-lambda';
import type { LocalLambdaOptions } from 'local-lambda/lambda/local-lambda-options';
import type { ProcessStatistics } from 'local-lambda/lambda/process-statistics';
import type { Contestant } from './contestants';

/** Its init takes 100 ms, as short as Lambda's own runtimes are. */
export const SLOW_INIT = join(__dirname, 'function/slow-init.handler');
/** Log lines of an invocation. */
export const LINES = 2;
/** After this many invocations the code that runs first is loaded and compiled. */
export const FEW = 20;

export interface BenchLambda {
  readonly lambda: LocalLambda;
  readonly extension: LocalExtension;
  /** Throws when the extension is gone; undefined where there is no /proc. */
  statistics(): ProcessStatistics | undefined;
}

/** Throws when the extension did not start: nothing would be measured. */
export async function startBenchLambda(
  contestant: Contestant,
  endpoint: string,
  options: Partial<LocalLambdaOptions> = {},
): Promise<BenchLambda> {
  const { environment, ...others } = options;
  const lambda = await startLocalLambda({
    extensionCommands: [contestant],
    handler: join(__dirname, 'function/function.handler'),
    functionName: 'bench',
    timeoutMs: 60_000,
    recordEvents: false,
    ...others,
    environment: { ...contestant.environment(endpoint), ...environment },
  });
  const [extension] = lambda.extensions;
  if (extension?.firstNextAtMs === undefined) {
    await lambda.shutdown();
    throw new Error(`${contestant.name}: expected a poll of /event/next during init, got none`);
  }
  return {
    lambda,
    extension,
    statistics() {
      const statistics = extension.readStatistics();
      if (statistics === undefined && process.platform === 'linux') {
        throw new Error(
          `${contestant.name}: expected a running extension, but its process is gone`,
        );
      }
      return statistics;
    },
  };
}

/**
 * Milliseconds from the delivery of runtimeDone to the extension's next poll; 0 when it polled
 * before, or before the delivery.
 */
export function afterDeliveryMs({ timings }: Invocation, name: string): number {
  const deliveredAtMs = timings.runtimeDoneDeliveredAtMs[name];
  const nextAtMs = timings.extensionNextAtMs[name];
  if (deliveredAtMs === undefined || nextAtMs === undefined) return 0;
  return Math.max(0, nextAtMs - deliveredAtMs);
}

/** Throws when the function failed: its times would mean nothing. */
export async function invoke(lambda: LocalLambda, lines: number, takesMs = 0): Promise<Invocation> {
  const invocation = await lambda.invoke({ lines, takesMs });
  if (invocation.status !== 'success') {
    throw new Error(
      `expected the function to succeed, got ${invocation.status} ${invocation.errorType ?? ''}`,
    );
  }
  return invocation;
}
