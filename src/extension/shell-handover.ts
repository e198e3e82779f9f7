// What layer/lambda-otlp.sh leaves in the environment: the extension's name, and the registration if it
// got one.
import { readRegistration } from '../lambda/extensions-api';
import type { Registration } from './pipeline-port';

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
