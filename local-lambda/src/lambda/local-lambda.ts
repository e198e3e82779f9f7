// A local AWS Lambda for people who write extensions: Extensions, Telemetry and Runtime API over
// real processes that freeze, thaw, time out and are killed as in the service.
import { preciseNowMs } from './clock';
import type { Extension } from './extension-registry';
import type { Invocation, InvokeOptions } from './invocation';
import { toFunctionSettings } from './local-lambda-options';
import type { LocalLambdaOptions } from './local-lambda-options';
import { createManagedInstances } from './managed-instances';
import { createOnDemand } from './on-demand';
import { shutDown } from './phases/shutdown-phase';
import type { ShutdownOutcome, ShutdownReason } from './phases/shutdown-phase';
import { readProcessStatistics } from './process-statistics';
import type { ProcessStatistics } from './process-statistics';
import { createRuntimeDoneDeliveries } from './runtime-done-deliveries';
import { createSandbox } from './sandbox';
import type { Sandbox } from './sandbox';
import type { TelemetryEvent } from './telemetry-event';

/** An extension process of the current generation. Times: epoch milliseconds with a fraction. */
export interface LocalExtension {
  readonly name: string;
  readonly pid: number | undefined;
  readonly state: string;
  readonly spawnedAtMs: number | undefined;
  readonly registeredAtMs: number | undefined;
  readonly subscribedAtMs: number | undefined;
  readonly firstNextAtMs: number | undefined;
  /** From /proc, with child processes; undefined elsewhere and after the exit. */
  readStatistics(): ProcessStatistics | undefined;
}

export interface LocalLambda {
  /**
   * Invokes the function and resolves when the invoke phase has ended (report emitted, environment frozen). On demand,
   * calls queue up; on Managed Instances they run at once. Never rejects because of what the function or an extension
   * does; rejects after shutdown().
   */
  invoke(payload: unknown, options?: InvokeOptions): Promise<Invocation>;
  /**
   * Makes every running invocation time out now, so that a test of timeouts need not wait and does not depend on the
   * speed of the machine. The announced deadlines stay as they were.
   */
  timeOut(): void;
  freeze(): void;
  thaw(): void;
  readonly frozen: boolean;
  /**
   * Ends the environment, including a running invocation (Sandbox.Failure, on Managed Instances
   * Client.ExecutionEnvironmentShutDown). Settles shortly after the shutdown time at the latest, even when called
   * twice.
   */
  shutdown(reason?: ShutdownReason): Promise<ShutdownOutcome>;
  /** Every event emitted, in order, in schema 2025-01-29. */
  readonly events: readonly TelemetryEvent[];
  readonly extensions: readonly LocalExtension[];
  /** Runtime process of the current generation. */
  readonly runtimePid: number | undefined;
  /** `127.0.0.1:port`: AWS_LAMBDA_RUNTIME_API. */
  readonly runtimeApiAddress: string;
}

function toLocalExtension(extension: Extension): LocalExtension {
  const { process } = extension;
  const alive = process !== undefined && process.pid > 0;
  return {
    name: extension.name,
    pid: alive ? process.pid : undefined,
    state: extension.state,
    spawnedAtMs: process?.spawnedAtMs,
    registeredAtMs: extension.registeredAtMs,
    subscribedAtMs: extension.subscribedAtMs,
    firstNextAtMs: extension.firstNextAtMs,
    readStatistics: () => (alive ? readProcessStatistics(process.pid) : undefined),
  };
}

interface Mode {
  start(): Promise<void>;
  invoke(payload: unknown, options: InvokeOptions): Promise<Invocation>;
  /** Ends what runs, so that the environment can shut down. */
  abort(): void;
}

const ENDED = 'local Lambda was shut down';

/** On demand one invocation at a time, in order of calls. */
function queueUp(mode: Mode, isEnded: () => boolean): Mode['invoke'] {
  let last: Promise<unknown> = Promise.resolve();
  return (payload, options) => {
    const invocation = last.then(() =>
      isEnded() ? Promise.reject(new Error(ENDED)) : mode.invoke(payload, options),
    );
    last = invocation.catch(() => undefined);
    return invocation;
  };
}

function createLocalLambda(
  sandbox: Sandbox,
  mode: Mode,
  events: readonly TelemetryEvent[],
): LocalLambda {
  const concurrent = sandbox.settings.managedInstances;
  const running = new Set<Promise<unknown>>();
  let ended: Promise<ShutdownOutcome> | undefined;
  const invoke = concurrent ? mode.invoke.bind(mode) : queueUp(mode, () => ended !== undefined);

  const end = async (reason: ShutdownReason): Promise<ShutdownOutcome> => {
    mode.abort();
    await Promise.allSettled(running);
    const outcome = await shutDown(sandbox, reason);
    sandbox.reset();
    await sandbox.close();
    return outcome;
  };

  return {
    invoke(payload, options = {}) {
      if (ended !== undefined) return Promise.reject(new Error(ENDED));
      const invocation = invoke(payload, options);
      running.add(invocation);
      const forget = (): boolean => running.delete(invocation);
      invocation.then(forget, forget);
      return invocation;
    },
    timeOut() {
      sandbox.timeUpAtMs = preciseNowMs();
      sandbox.watch.changed();
    },
    freeze: () => sandbox.freeze(),
    thaw: () => sandbox.thaw(),
    get frozen() {
      return sandbox.frozen;
    },
    shutdown(reason = 'spindown') {
      ended ??= end(reason);
      return ended;
    },
    events,
    get extensions() {
      return sandbox.extensions.map(toLocalExtension);
    },
    get runtimePid() {
      return sandbox.runtime?.pid;
    },
    runtimeApiAddress: sandbox.environment.runtimeApiAddress,
  };
}

/**
 * Starts the processes and runs the init phase. A failed init does not reject: it shows in the events, and the first
 * invocation initializes again. Throws a TypeError for options that contradict each other.
 */
export async function startLocalLambda(options: LocalLambdaOptions): Promise<LocalLambda> {
  const settings = toFunctionSettings(options);
  const events: TelemetryEvent[] = [];
  const deliveries = createRuntimeDoneDeliveries();
  const sandbox = await createSandbox(options, settings, {
    onEvent(event) {
      if (options.recordEvents !== false) events.push(event);
      options.onEvent?.(event);
    },
    onSent: (name, batch, sentAtMs) => deliveries.note(name, batch, sentAtMs),
  });
  const mode: Mode = settings.managedInstances
    ? createManagedInstances(sandbox)
    : createOnDemand(sandbox, deliveries);
  try {
    await mode.start();
  } catch (error) {
    await sandbox.close();
    throw error;
  }
  return createLocalLambda(sandbox, mode, events);
}
