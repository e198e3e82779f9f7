// From a started process to the end of its life: register, listen, subscribe, poll. Whatever fails on the
// way only costs telemetry; the process gives up (`failed`) only without the Extensions API itself.
import type { Environment } from '../environment';
import type { Diagnostics } from '../diagnostics';
import { nextEvent, reportError } from '../lambda/extensions-api';
import { createApiClient } from '../lambda/http-client';
import type { ApiClient } from '../lambda/http-client';
import { subscribe } from '../lambda/telemetry-api';
import { startTelemetryListener } from '../lambda/telemetry-listener';
import { systemClock } from '../node/clock';
import { DeferredPipeline } from './deferred-pipeline';
import { Lifecycle } from './lifecycle';
import type { Pipeline, Registration } from './pipeline-port';
import { registerExtension } from './registering';
import type { RegisteringOutcome } from './registering';
import { readLifecycleSettings } from './settings';
import type { LifecycleSettings } from './settings';
import type { ShellHandover } from './shell-handover';
import { TelemetryIntake } from './telemetry-intake';
import type { Timeline } from './timeline';

export interface StartOptions {
  readonly environment: Environment;
  readonly diagnostics: Diagnostics;
  readonly shell: ShellHandover;
  readonly timeline: Timeline;
  readonly loadPipeline: (registration: Registration) => Promise<Pipeline>;
  /** Called with what SIGTERM and SIGINT do. */
  readonly onStoppable: (stop: (reason: string) => void) => void;
}

export type ProcessEnd = 'ended' | 'failed';

const MANAGED_INSTANCES = 'lambda-managed-instances';

export async function start(options: StartOptions): Promise<ProcessEnd> {
  const { environment, timeline } = options;
  const client = createApiClient(environment.text('AWS_LAMBDA_RUNTIME_API') ?? '');
  const registered = await obtainRegistration(options, client);
  if (registered.kind === 'failed') {
    return giveUp(options, client, { phase: 'init', extensionId: '', message: registered.message });
  }
  timeline.mark('registered');
  const { registration, isManagedInstance } = registered;
  const { extensionId } = registration;
  const settings = readLifecycleSettings(environment, isManagedInstance);
  const { lifecycle, pipeline, telemetry } = connect(options, client, { ...registered, settings });
  await openTelemetry(options, { client, extensionId, settings, telemetry, pipeline });
  const end = await lifecycle.run(() => {
    timeline.mark('polled');
    void load(options, registration, pipeline);
  });
  if (end.kind === 'shutdown') return 'ended';
  return giveUp(options, client, { phase: 'exit', extensionId, message: end.message });
}

/** The shell's registration, or one of our own. */
async function obtainRegistration(
  { environment, shell }: StartOptions,
  client: ApiClient,
): Promise<RegisteringOutcome> {
  const isManagedInstance =
    environment.text('AWS_LAMBDA_INITIALIZATION_TYPE') === MANAGED_INSTANCES;
  const { registration, extensionName: name } = shell;
  if (registration !== undefined) return { kind: 'registered', registration, isManagedInstance };
  return registerExtension(client, { name, isManagedInstance, clock: systemClock });
}

interface Registered {
  readonly registration: Registration;
  readonly isManagedInstance: boolean;
  readonly settings: LifecycleSettings;
}

/** The lifecycle with what it reads from and writes to. */
function connect(
  { diagnostics, onStoppable }: StartOptions,
  client: ApiClient,
  { registration, isManagedInstance, settings }: Registered,
) {
  const clock = systemClock;
  const pipeline = new DeferredPipeline(diagnostics);
  const telemetry = new TelemetryIntake(pipeline, clock);
  const next = (onSent?: () => void) => nextEvent(client, registration.extensionId, onSent);
  const lifecycle = new Lifecycle(
    { next, pipeline, telemetry, clock, diagnostics },
    { ...settings, isManagedInstance },
  );
  telemetry.onBatch = () => lifecycle.batchArrived();
  onStoppable((reason) => lifecycle.stop(reason));
  return { lifecycle, pipeline, telemetry };
}

async function load(
  { diagnostics, loadPipeline, timeline }: StartOptions,
  registration: Registration,
  deferred: DeferredPipeline,
): Promise<void> {
  try {
    deferred.attach(await loadPipeline(registration));
    timeline.mark('loaded');
    diagnostics.debug('start timeline', timeline.fields());
  } catch (error) {
    deferred.abandon();
    diagnostics.error(
      `the telemetry pipeline could not be started (${String(error)}); the function runs without telemetry`,
    );
  }
}

interface Subscription {
  readonly client: ApiClient;
  readonly extensionId: string;
  readonly settings: LifecycleSettings;
  readonly telemetry: TelemetryIntake;
  readonly pipeline: DeferredPipeline;
}

async function openTelemetry(
  { diagnostics, timeline }: StartOptions,
  { client, extensionId, settings, telemetry, pipeline }: Subscription,
): Promise<void> {
  const onBatch = (body: Buffer, sequenceId: string | undefined): void =>
    telemetry.accept(body, sequenceId);
  try {
    const whenRoom = (): Promise<void> => pipeline.whenRoom();
    const listener = await startTelemetryListener({ onBatch, whenRoom, diagnostics });
    const { port } = listener;
    telemetry.waitingBytes = () => listener.waitingBytes;
    timeline.mark('listening');
    const { streams: types, buffering } = settings;
    const outcome = await subscribe(client, { extensionId, types, buffering, port });
    timeline.mark('subscribed');
    if (outcome.kind === 'subscribed') {
      telemetry.isSubscribed = true;
      diagnostics.info('started', { schemaVersion: outcome.schemaVersion, node: process.version });
    } else {
      const what = outcome.kind === 'unsupported' ? 'is not supported here' : 'was not subscribed';
      diagnostics.warn(
        `Telemetry API: ${what}: ${outcome.message}; the function runs without telemetry`,
      );
    }
  } catch (error) {
    diagnostics.error(
      `telemetry listener: expected a free port, got ${String(error)}; the function runs without telemetry`,
    );
  }
}

async function giveUp(
  { diagnostics }: StartOptions,
  client: ApiClient,
  failure: {
    readonly phase: 'init' | 'exit';
    readonly extensionId: string;
    readonly message: string;
  },
): Promise<ProcessEnd> {
  const { phase, extensionId, message } = failure;
  diagnostics.error(`Extensions API: ${message}; exiting`);
  const errorType = phase === 'init' ? 'Extension.RegistrationFailed' : 'Extension.NextFailed';
  await reportError(client, extensionId, { phase, errorType, errorMessage: message });
  return 'failed';
}
