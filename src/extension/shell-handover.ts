// What layer/lambda-otlp.sh leaves in the environment: the extension's name, the registration if it got one,
// and the times from which the steps of the start are counted.
import type { DiagnosticFields } from '../diagnostics';
import { readRegistration } from '../lambda/extensions-api';
import type { Registration } from '../lambda/extensions-api';
import { monotonicMs } from '../node/clock';

type Variables = Readonly<Record<string, string | undefined>>;

export interface ShellHandover {
  readonly extensionName: string;
  readonly registration: Registration | undefined;
  /** Epoch milliseconds; undefined where the shell has no such clock. */
  readonly spawnedAtMs: number | undefined;
  readonly registeredAtMs: number | undefined;
}

export function readShellHandover(variables: Variables): ShellHandover {
  const extensionId = variables['LAMBDA_OTLP_EXTENSION_ID'] ?? '';
  return {
    extensionName: variables['LAMBDA_OTLP_EXTENSION_NAME'] ?? 'lambda-otlp',
    registration:
      extensionId === ''
        ? undefined
        : readRegistration(extensionId, variables['LAMBDA_OTLP_REGISTRATION'] ?? ''),
    spawnedAtMs: toEpochMs(variables['LAMBDA_OTLP_SPAWNED_US']),
    registeredAtMs: toEpochMs(variables['LAMBDA_OTLP_REGISTERED_US']),
  };
}

/** bash's EPOCHREALTIME: seconds with six decimals, behind a point or the locale's comma. */
function toEpochMs(seconds: string | undefined): number | undefined {
  const value = Number(seconds?.replace(',', '.') ?? '');
  return value > 0 ? value * 1_000 : undefined;
}

export type StartStep = 'registered' | 'listening' | 'subscribed' | 'polled' | 'loaded';

export interface Timeline {
  mark(step: StartStep): void;
  /** Milliseconds from the shell's start (or Node's, without a shell) to each step. */
  fields(): DiagnosticFields;
}

export function createTimeline(shell: ShellHandover): Timeline {
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
