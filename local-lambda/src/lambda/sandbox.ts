// One execution environment: its processes, its APIs and its state, which the phases (init, invoke,
// shutdown) work on. Whoever changes the state calls watch.changed().
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApiServer } from './api-server';
import { createExtensionsApi } from './extensions-api';
import type { ExtensionsApiState } from './extensions-api';
import type { FunctionSettings, LocalLambdaOptions } from './local-lambda-options';
import type { ManagedProcess } from './managed-process';
import { limitMemory } from './memory-limit';
import { createProcessGuard } from './process-guard';
import type { ProcessGuard } from './process-guard';
import type { EnvironmentOptions } from './process-environment';
import { createRuntimeApi } from './runtime-api';
import type { RuntimeApi } from './runtime-api';
import { createStateWatch } from './state-watch';
import type { StateWatch } from './state-watch';
import { compileHandler } from './typescript-handler';
import { createTelemetryApi } from './telemetry-api';
import type { TelemetryApi } from './telemetry-api';
import type { TelemetryEvent } from './telemetry-event';

export interface Sandbox extends ExtensionsApiState {
  readonly options: LocalLambdaOptions;
  readonly settings: FunctionSettings;
  readonly telemetry: TelemetryApi;
  readonly runtimeApi: RuntimeApi;
  readonly watch: StateWatch;
  readonly guard: ProcessGuard;
  readonly environment: EnvironmentOptions;
  /** Module made from a handler in TypeScript. */
  readonly compiledHandler: string | undefined;
  runtime: ManagedProcess | undefined;
  /** First error that makes this generation of processes unusable. */
  fatalErrorType: string | undefined;
  /** A process of this generation was killed because together they used more memory than the function has. */
  outOfMemory: boolean;
  /** Epoch milliseconds at which running invocations time out, whatever time they had left. */
  timeUpAtMs: number | undefined;
  /** Processes run and init succeeded. */
  initialized: boolean;
  /** Exits are expected and do not count as crashes. */
  stopping: boolean;
  frozen: boolean;
  freeze(): void;
  thaw(): void;
  /** Every process of this generation, dead ones too. */
  processes(): readonly ManagedProcess[];
  /** To be called when the processes are gone; a new generation begins. */
  reset(): void;
  close(): Promise<void>;
}

export interface SandboxHooks {
  readonly onEvent: (event: TelemetryEvent) => void;
  readonly onSent: (name: string, events: readonly TelemetryEvent[], sentAtMs: number) => void;
}

type SandboxState = Omit<Sandbox, 'freeze' | 'thaw' | 'processes' | 'reset' | 'close'>;

function freezeProcesses(sandbox: SandboxState, processes: readonly ManagedProcess[]): void {
  if (sandbox.frozen) return;
  sandbox.frozen = true;
  sandbox.telemetry.pause();
  for (const process of processes) process.signal('SIGSTOP');
}

function thawProcesses(sandbox: SandboxState, processes: readonly ManagedProcess[]): void {
  if (!sandbox.frozen) return;
  sandbox.frozen = false;
  for (const process of processes) process.signal('SIGCONT');
  // What was left over arrives around the next INVOKE, before a fresh window begins (captures).
  sandbox.telemetry.resume();
  sandbox.telemetry.cut();
}

function forgetGeneration(sandbox: SandboxState): void {
  sandbox.telemetry.detach();
  sandbox.runtimeApi.reset();
  for (const { poll } of sandbox.extensions) poll?.destroy();
  sandbox.extensions.length = 0;
  sandbox.runtime = undefined;
  sandbox.fatalErrorType = undefined;
  sandbox.outOfMemory = false;
  sandbox.initialized = false;
  sandbox.stopping = false;
  sandbox.frozen = false;
}

export async function createSandbox(
  options: LocalLambdaOptions,
  settings: FunctionSettings,
  hooks: SandboxHooks,
): Promise<Sandbox> {
  const temporaryDirectory = mkdtempSync(join(tmpdir(), 'local-lambda-'));
  const compiledHandler = await compileHandler(settings, options.handler, temporaryDirectory);
  const watch = createStateWatch();
  const runtimeApi = createRuntimeApi(() => watch.changed());
  const telemetry = createTelemetryApi({
    emulator: settings.managedInstances,
    supported: options.telemetry !== 'unsupported',
    backlog: options.telemetryBacklog,
    ...hooks,
  });
  const state: ExtensionsApiState = { extensions: [], registrationOpen: false };
  const extensionsApi = createExtensionsApi({
    state,
    settings,
    onChange: () => watch.changed(),
    onFatal(errorType) {
      sandbox.fatalErrorType ??= errorType;
      watch.changed();
    },
  });
  const server = await startApiServer({ extensionsApi, telemetryApi: telemetry, runtimeApi });
  const processes = (): readonly ManagedProcess[] =>
    [sandbox.runtime, ...state.extensions.map(({ process }) => process)].filter(
      (process) => process !== undefined,
    );

  const sandbox: Sandbox = Object.assign(state, {
    options,
    settings,
    telemetry,
    runtimeApi,
    watch,
    guard: createProcessGuard(temporaryDirectory),
    environment: {
      settings,
      custom: options.environment,
      runtimeApiAddress: server.address,
      temporaryDirectory,
    },
    compiledHandler,
    runtime: undefined,
    fatalErrorType: undefined,
    outOfMemory: false,
    timeUpAtMs: undefined,
    initialized: false,
    stopping: false,
    frozen: false,
    processes,
    freeze: () => freezeProcesses(sandbox, processes()),
    thaw: () => thawProcesses(sandbox, processes()),
    reset: () => forgetGeneration(sandbox),
    async close() {
      endMemoryLimit();
      sandbox.guard.close();
      telemetry.close();
      await server.close();
      rmSync(temporaryDirectory, { recursive: true, force: true });
    },
  });
  const endMemoryLimit = limitMemory(sandbox);
  return sandbox;
}
