// SnapStart: init runs when the version is published, the sandbox is frozen as a snapshot, and the
// first invocation begins with a restore. Source: AWS "Improving startup performance with Lambda
// SnapStart", "Telemetry API event schema" (platform.restore*). A local snapshot is a frozen process.
import { preciseNowMs } from '../clock';
import {
  restoreReportRecord,
  restoreRuntimeDoneRecord,
  restoreStartRecord,
} from '../platform-records';
import type { Outcome } from '../platform-records';
import type { Sandbox } from '../sandbox';

/** What init left to deliver is delivered before the snapshot, within this time. */
const SNAPSHOT_DRAIN_MS = 1000;
/** AWS: restore and the runtime's after-restore hooks have 10 s. */
const RESTORE_TIMEOUT_MS = 10_000;

export async function takeSnapshot(sandbox: Sandbox): Promise<void> {
  await sandbox.telemetry.drain(SNAPSHOT_DRAIN_MS);
  sandbox.freeze();
}

/** Emits the restore events; returns restoreDurationMs. The sandbox is thawed already. */
export async function restore(sandbox: Sandbox): Promise<number> {
  const { telemetry, runtimeApi, watch, settings } = sandbox;
  const startedAtMs = preciseNowMs();
  telemetry.emit('platform.restoreStart', restoreStartRecord(settings), startedAtMs);
  runtimeApi.restored();
  const ready = await watch.until(
    () =>
      runtimeApi.idlePolls > 0 ||
      runtimeApi.failedInit !== undefined ||
      sandbox.fatalErrorType !== undefined,
    RESTORE_TIMEOUT_MS,
  );
  const errorType = runtimeApi.failedInit?.errorType ?? sandbox.fatalErrorType;
  const failed: Outcome =
    errorType === undefined ? { status: 'timeout' } : { status: 'error', errorType };
  const outcome: Outcome = ready && errorType === undefined ? { status: 'success' } : failed;
  if (outcome.status !== 'success') sandbox.fatalErrorType ??= errorType ?? 'Runtime.RestoreError';
  telemetry.emit('platform.restoreRuntimeDone', restoreRuntimeDoneRecord(outcome));
  const durationMs = preciseNowMs() - startedAtMs;
  telemetry.emit('platform.restoreReport', restoreReportRecord(outcome, durationMs));
  return durationMs;
}
