// From the start of the process to its end: register, listen, subscribe, poll. A failure on the way only costs
// telemetry; the process gives up (`failed`) only without the Extensions API itself.
import type { Environment } from '../environment';
import type { Diagnostics, DiagnosticFields } from '../diagnostics';
import { nextEvent, register, reportError, readRegistration } from '../lambda/extensions-api';
import type { RegisterOutcome, Registration } from '../lambda/extensions-api';
import { createApiClient } from '../lambda/http-client';
import type { ApiClient } from '../lambda/http-client';
import { ByteBudget } from '../http/byte-budget';
import { subscribe, startTelemetryListener } from '../lambda/telemetry-api';
import type { OtlpBody } from '../lambda/received-otlp';
import { MANAGED_INSTANCES } from '../telemetry/event';
import type { TelemetryBody } from '../lambda/telemetry-api';
import { pause, systemClock, monotonicMs } from '../node/clock';
import { Inbox, OtlpInbox } from './inbox';
import { Lifecycle } from './lifecycle';
import type { Pipeline } from './pipeline';
import type { ReceiverSettings } from './receiver-settings';
import { readExtensionSettings } from './settings';
import type { ExtensionSettings } from './settings';

export interface StartOptions {
  readonly environment: Environment;
  readonly diagnostics: Diagnostics;
  readonly shell: ShellVariables;
  readonly timeline: Timeline;
  /** Where the function's own SDK may send its telemetry. */
  readonly receiver: ReceiverSettings;
  /** `isReceiving`: the function's own SDK can reach the extension. */
  readonly loadPipeline: (registration: Registration, isReceiving: boolean) => Promise<Pipeline>;
  /** Called with the handler for SIGTERM and SIGINT. */
  readonly onStoppable: (stop: (reason: string) => void) => void;
}

export type ProcessEnd = 'ended' | 'failed';

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
  const settings = readExtensionSettings(environment, isManagedInstance);
  const isReceiving = options.receiver.ports.length > 0;
  const budget = new ByteBudget(settings.budgetBytes, isReceiving ? settings.reserveBytes : 0);
  const inbox = new Inbox(budget, systemClock);
  const lifecycle = connect(options, client, { ...registered, settings, inbox });
  const otlpInbox = new OtlpInbox(budget);
  // Before the first poll: no handler can run earlier. The receiver opens while the subscription is under way.
  let opening: Promise<boolean> | undefined;
  const open = (): Promise<boolean> =>
    (opening ??= openReceiver(options, { inbox, otlpInbox, budget }));
  const onSent = (): void => void open();
  await openTelemetry(options, { client, extensionId, settings, inbox, budget, onSent });
  const isOpen = await open();
  const end = await lifecycle.run(() => {
    timeline.mark('polled');
    return load(options, () => options.loadPipeline(registration, isOpen), { inbox, otlpInbox });
  });
  if (end.kind === 'shutdown') return 'ended';
  return giveUp(options, client, { phase: 'exit', extensionId, message: end.message });
}

type Registering =
  | {
      readonly kind: 'registered';
      readonly registration: Registration;
      readonly isManagedInstance: boolean;
    }
  | { readonly kind: 'failed'; readonly message: string };

/** Uses the registration that the start script has made, or registers. */
async function obtainRegistration(
  { environment, shell }: StartOptions,
  client: ApiClient,
): Promise<Registering> {
  const isManagedInstance =
    environment.text('AWS_LAMBDA_INITIALIZATION_TYPE') === MANAGED_INSTANCES;
  const { registration, extensionName: name } = shell;
  if (registration !== undefined) return { kind: 'registered', registration, isManagedInstance };
  return registerExtension(client, name, isManagedInstance);
}

/** Pauses after attempts that ended with a 5xx or a refused connection. */
const REGISTER_PAUSES_MS = [50, 150, 400] as const;

/** Registers for INVOKE, too, unless Lambda refuses it (403 Extension.InvalidEventType), as on Managed Instances. */
async function registerExtension(
  client: ApiClient,
  name: string,
  isManagedInstance: boolean,
): Promise<Registering> {
  let isManaged = isManagedInstance;
  let outcome = await attempt(client, name, isManaged);
  for (const pauseMs of REGISTER_PAUSES_MS) {
    if (isInvokeRefused(outcome) && !isManaged) isManaged = true;
    else if (outcome.kind === 'failed') await pause(systemClock, pauseMs);
    else break;
    outcome = await attempt(client, name, isManaged);
  }
  if (outcome.kind !== 'registered') {
    return { kind: 'failed', message: `register: ${outcome.message}` };
  }
  return { kind: 'registered', registration: outcome.registration, isManagedInstance: isManaged };
}

function attempt(client: ApiClient, name: string, isManaged: boolean): Promise<RegisterOutcome> {
  return register(client, { name, events: isManaged ? ['SHUTDOWN'] : ['INVOKE', 'SHUTDOWN'] });
}

function isInvokeRefused(outcome: RegisterOutcome): boolean {
  return outcome.kind === 'refused' && outcome.errorType === 'Extension.InvalidEventType';
}

interface Registered {
  readonly registration: Registration;
  readonly isManagedInstance: boolean;
  readonly settings: ExtensionSettings;
  readonly inbox: Inbox;
}

/** Creates the lifecycle and connects it with the inbox. */
function connect(
  { diagnostics, onStoppable }: StartOptions,
  client: ApiClient,
  { registration, isManagedInstance, settings, inbox }: Registered,
): Lifecycle {
  const next = (onSent?: () => void) => nextEvent(client, registration.extensionId, onSent);
  const lifecycle = new Lifecycle(
    { next, telemetry: inbox, clock: systemClock, diagnostics },
    { ...settings, isManagedInstance },
  );
  inbox.onRead = () => lifecycle.telemetryRead();
  onStoppable((reason) => lifecycle.stop(reason));
  return lifecycle;
}

interface Inboxes {
  readonly inbox: Inbox;
  readonly otlpInbox: OtlpInbox;
}

/** Undefined if it could not be loaded. */
async function load(
  { diagnostics, timeline }: StartOptions,
  loadPipeline: () => Promise<Pipeline>,
  { inbox, otlpInbox }: Inboxes,
): Promise<Pipeline | undefined> {
  try {
    const pipeline = await loadPipeline();
    inbox.attach(pipeline);
    otlpInbox.attach(pipeline);
    timeline.mark('loaded');
    diagnostics.debug('start timeline', timeline.fields());
    return pipeline;
  } catch (error) {
    diagnostics.error(
      `the telemetry pipeline could not be started (${String(error)}); the function runs without telemetry`,
    );
    void inbox.close(Number.NEGATIVE_INFINITY);
    otlpInbox.close();
    return undefined;
  }
}

/** Resolves to false if the function's SDK cannot send anything. Never rejects. */
async function openReceiver(
  { diagnostics, receiver }: StartOptions,
  { inbox, otlpInbox, budget }: Inboxes & { readonly budget: ByteBudget },
): Promise<boolean> {
  const { ports, warnings, notes } = receiver;
  for (const warning of warnings) diagnostics.warn(warning);
  for (const note of notes) diagnostics.info(note);
  if (ports.length === 0) return false;
  const onBody = (body: OtlpBody): number => {
    inbox.latestOtlpMs = systemClock.steadyMs();
    const rejected = otlpInbox.accept(body);
    // This may begin an export, which reads what waits, so not before the function has its answer.
    setImmediate(() => inbox.onRead?.());
    return rejected;
  };
  const onRefused = (): void => otlpInbox.refuse();
  try {
    const { startOtlpReceiver } = await import('../lambda/otlp-receiver');
    const options = { ports, budget, diagnostics, onBody, onRefused };
    return (await startOtlpReceiver(options)).isServing;
  } catch (error) {
    diagnostics.error(`OTLP receiver: could not be started (${String(error)})`);
    return false;
  }
}

interface Subscription {
  readonly client: ApiClient;
  readonly extensionId: string;
  readonly settings: ExtensionSettings;
  readonly inbox: Inbox;
  readonly budget: ByteBudget;
  /** Called when the subscription is on its way. */
  readonly onSent: () => void;
}

async function openTelemetry(
  { diagnostics, timeline }: StartOptions,
  { client, extensionId, settings, inbox, budget, onSent }: Subscription,
): Promise<void> {
  try {
    const onBody = (body: TelemetryBody): void => inbox.accept(body);
    const listener = await startTelemetryListener({ onBody, budget, diagnostics });
    inbox.onClose = () => listener.close();
    timeline.mark('listening');
    const { streams: types, buffering } = settings;
    const { port } = listener;
    const outcome = await subscribe(client, { extensionId, types, buffering, port, onSent });
    timeline.mark('subscribed');
    if (outcome.kind === 'subscribed') {
      inbox.isSubscribed = true;
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

type Variables = Readonly<Record<string, string | undefined>>;

interface ShellVariables {
  readonly extensionName: string;
  readonly registration: Registration | undefined;
  /** Epoch milliseconds; undefined if the shell has no such clock. */
  readonly spawnedAtMs: number | undefined;
  readonly registeredAtMs: number | undefined;
}

/**
 * What layer/lambda-otlp.sh leaves in the environment: the extension's name, the registration if there was one, and
 * the times from which the steps of the start are measured.
 */
export function readShellVariables(variables: Variables): ShellVariables {
  const extensionId = variables['LAMBDA_OTLP_EXTENSION_ID'] ?? '';
  return {
    extensionName: variables['LAMBDA_OTLP_EXTENSION_NAME'] ?? 'lambda-otlp',
    registration:
      extensionId === ''
        ? undefined
        : readRegistration(extensionId, variables['LAMBDA_OTLP_REGISTRATION'] ?? ''),
    spawnedAtMs: toEpochMs(variables['LAMBDA_OTLP_SPAWNED_AT']),
    registeredAtMs: toEpochMs(variables['LAMBDA_OTLP_REGISTERED_AT']),
  };
}

/** bash's EPOCHREALTIME: seconds with six decimals, after a point or the locale's comma. */
function toEpochMs(seconds: string | undefined): number | undefined {
  const value = Number(seconds?.replace(',', '.') ?? '');
  return value > 0 ? value * 1_000 : undefined;
}

type StartStep = 'registered' | 'listening' | 'subscribed' | 'polled' | 'loaded';

interface Timeline {
  mark(step: StartStep): void;
  /** Milliseconds from the shell's start (or Node's, without a shell) to each step. */
  fields(): DiagnosticFields;
}

export function createTimeline(shell: ShellVariables): Timeline {
  const nodeStartedAtMs = Date.now() - monotonicMs();
  const originMs = shell.spawnedAtMs ?? nodeStartedAtMs;
  const since = (atMs: number): number => Math.round((atMs - originMs) * 100) / 100;
  const sinceNow = (): number => since(nodeStartedAtMs + monotonicMs());
  const steps: Record<string, number> = {
    nodeStartedMs: since(nodeStartedAtMs),
    mainMs: sinceNow(),
  };
  if (shell.registeredAtMs !== undefined) steps['registeredMs'] = since(shell.registeredAtMs);
  return {
    mark(step) {
      steps[`${step}Ms`] ??= sinceNow();
    },
    fields: () => steps,
  };
}
