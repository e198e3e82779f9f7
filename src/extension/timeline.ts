// When each step of the start was reached, for one debug line.
import type { DiagnosticFields } from '../diagnostics/diagnostics';
import type { ShellHandover } from './shell-handover';

export type StartStep = 'registered' | 'listening' | 'subscribed' | 'polled' | 'loaded';

export interface Timeline {
  mark(step: StartStep): void;
  /** Milliseconds from the shell's start (or Node's, without a shell) to each step. */
  fields(): DiagnosticFields;
}

/** `nodeStartedAtMs`: epoch milliseconds at which the Node process began (performance.timeOrigin). */
export function createTimeline(shell: ShellHandover, nodeStartedAtMs: number): Timeline {
  const originMs = shell.spawnedAtMs ?? nodeStartedAtMs;
  const since = (atMs: number): number => Math.round((atMs - originMs) * 100) / 100;
  const now = (): number => performance.timeOrigin + performance.now();
  const steps: Record<string, number> = {
    nodeStartedMs: since(nodeStartedAtMs),
    mainMs: since(now()),
  };
  if (shell.registeredAtMs !== undefined) steps['registeredMs'] = since(shell.registeredAtMs);
  return {
    mark(step) {
      steps[`${step}Ms`] ??= since(now());
    },
    fields: () => steps,
  };
}
