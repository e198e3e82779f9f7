// When each step of the start was reached, for one debug line.
import type { DiagnosticFields } from '../diagnostics';
import type { ShellHandover } from './shell-handover';

export type StartStep = 'registered' | 'listening' | 'subscribed' | 'polled' | 'loaded';

export interface Timeline {
  mark(step: StartStep): void;
  /** Milliseconds from the shell's start (or Node's, without a shell) to each step. */
  fields(): DiagnosticFields;
}

/** By process.uptime: `performance` would load perf_hooks before the first poll. */
export function createTimeline(shell: ShellHandover): Timeline {
  const uptimeMs = (): number => process.uptime() * 1_000;
  const nodeStartedAtMs = Date.now() - uptimeMs();
  const originMs = shell.spawnedAtMs ?? nodeStartedAtMs;
  const since = (atMs: number): number => Math.round((atMs - originMs) * 100) / 100;
  const sinceNow = (): number => since(nodeStartedAtMs + uptimeMs());
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
