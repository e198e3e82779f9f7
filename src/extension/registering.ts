// Registers when the shell did not. INVOKE is asked for unless the environment does not allow it: Managed
// Instances refuse it with 403 Extension.InvalidEventType.
import { register } from '../lambda/extensions-api';
import type { RegisterOutcome } from '../lambda/extensions-api';
import type { ApiClient } from '../lambda/http-client';
import { pause } from '../node/clock';
import type { Clock } from '../node/clock';
import type { Registration } from './pipeline-port';

export type RegisteringOutcome =
  | {
      readonly kind: 'registered';
      readonly registration: Registration;
      readonly isManagedInstance: boolean;
    }
  | { readonly kind: 'failed'; readonly message: string };

export interface RegisteringOptions {
  readonly name: string;
  readonly isManagedInstance: boolean;
  readonly clock: Clock;
}

/** Pauses between attempts that a 5xx or a refused connection ended. */
const RETRY_PAUSES_MS = [50, 150, 400] as const;

export async function registerExtension(
  client: ApiClient,
  { name, isManagedInstance, clock }: RegisteringOptions,
): Promise<RegisteringOutcome> {
  let isManaged = isManagedInstance;
  let outcome = await attempt(client, name, isManaged);
  for (const pauseMs of RETRY_PAUSES_MS) {
    if (isInvokeRefused(outcome) && !isManaged) isManaged = true;
    else if (outcome.kind === 'failed') await pause(clock, pauseMs);
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
