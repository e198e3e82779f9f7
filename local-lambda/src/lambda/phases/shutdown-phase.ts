// The shutdown phase: runtime first, then SHUTDOWN to the extensions that asked for it, SIGKILL at
// the deadline. Source: AWS "Lambda execution environment lifecycle", shutdown phase; captures.
import { preciseNowMs } from '../clock';
import { sendNextEvent } from '../extension-registry';
import type { Extension, NextEventBody } from '../extension-registry';
import type { Sandbox } from '../sandbox';

export type ShutdownReason = 'spindown' | 'timeout' | 'failure';

interface ExtensionShutdown {
  readonly name: string;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** From the SHUTDOWN event, or the kill, to the exit. */
  readonly durationMs: number;
  /** It had not exited by the deadline, or was not registered for SHUTDOWN. */
  readonly killed: boolean;
}

export interface ShutdownOutcome {
  readonly reason: ShutdownReason;
  readonly durationMs: number;
  readonly extensions: readonly ExtensionShutdown[];
}

const SHUTDOWN_TIMEOUT_MS = 2000;
const RUNTIME_SHARE_MS = 300;
const EMULATOR_RUNTIME_SHARE_MS = 600;
const EMULATOR_FLUSH_MS = 1000;
/** From SHUTDOWN to the telemetry of the killed request: 6 ms in captures. */
const FLUSH_DELAY_MS = 5;
/** SIGKILL always works; this limit is for a broken machine. */
const KILL_WAIT_MS = 2000;

async function stopRuntime(sandbox: Sandbox, reason: ShutdownReason): Promise<void> {
  const { runtime, settings, watch } = sandbox;
  if (runtime === undefined || runtime.exit !== undefined) return;
  const graceful =
    reason === 'spindown' && (settings.managedInstances || sandbox.extensions.length > 0);
  if (graceful) {
    runtime.signal('SIGTERM');
    const shareMs = settings.managedInstances ? EMULATOR_RUNTIME_SHARE_MS : RUNTIME_SHARE_MS;
    if (await watch.until(() => runtime.exit !== undefined, shareMs)) return;
  }
  runtime.kill();
}

function announce(
  sandbox: Sandbox,
  reason: ShutdownReason,
  deadlineMs: number,
): readonly Extension[] {
  const event: NextEventBody = {
    eventType: 'SHUTDOWN',
    deadlineMs: Math.round(deadlineMs),
    shutdownReason: reason,
  };
  // After a reset there is no process left to tell.
  if (sandbox.processes().length > 0) sandbox.options.onLifecycle?.({ kind: 'next', event });
  const external = sandbox.extensions.filter(({ kind }) => kind === 'external');
  for (const extension of external) {
    if (!extension.events.includes('SHUTDOWN')) {
      extension.process?.kill();
      continue;
    }
    sendNextEvent(extension, event);
  }
  return external;
}

function toShutdown(extension: Extension, announcedAtMs: number): ExtensionShutdown {
  const exit = extension.process?.exit;
  return {
    name: extension.name,
    exitCode: exit?.code ?? null,
    signal: exit?.signal ?? null,
    durationMs: Math.max(0, (exit?.atMs ?? preciseNowMs()) - announcedAtMs),
    killed: exit === undefined || exit.signal === 'SIGKILL',
  };
}

/**
 * Ends every process. `sinceMs`: when the time begins to run, in epoch milliseconds; an extension that polls late has
 * less time.
 */
export async function shutDown(
  sandbox: Sandbox,
  reason: ShutdownReason,
  sinceMs = preciseNowMs(),
): Promise<ShutdownOutcome> {
  const { telemetry, watch, settings, options } = sandbox;
  const startedAtMs = preciseNowMs();
  sandbox.stopping = true;
  sandbox.thaw();
  await stopRuntime(sandbox, reason);
  let deadlineMs = sinceMs + (options.shutdownTimeoutMs ?? SHUTDOWN_TIMEOUT_MS);
  if (settings.managedInstances) {
    await telemetry.drain(EMULATOR_FLUSH_MS);
    deadlineMs = preciseNowMs() + (options.shutdownTimeoutMs ?? SHUTDOWN_TIMEOUT_MS);
  }
  const announcedAtMs = preciseNowMs();
  const external = announce(sandbox, reason, deadlineMs);
  const flush = setTimeout(() => telemetry.cut(), FLUSH_DELAY_MS);
  const allExited = (): boolean =>
    external.every(({ process }) => process === undefined || process.exit !== undefined);
  await watch.until(allExited, deadlineMs - preciseNowMs());
  for (const process of sandbox.processes()) process.kill();
  await watch.until(
    () => sandbox.processes().every((process) => process.exit !== undefined),
    KILL_WAIT_MS,
  );
  clearTimeout(flush);
  return {
    reason,
    durationMs: preciseNowMs() - startedAtMs,
    extensions: external.map((extension) => toShutdown(extension, announcedAtMs)),
  };
}
