// Composition root: reads the environment once, connects the rooms, and is the only place that exits. The exit code is
// 0 unless nothing could poll, because no fault of ours may fail the function.
import { createEnvironment } from './environment';
import { createDiagnosticsWriter, findSecrets } from './extension/diagnostics-writer';
import type { Pipeline } from './extension/pipeline';
import {
  expectsGrpc,
  readReceiverSettings,
  withoutSdkProtocols,
  withoutSdkSampler,
} from './extension/receiver-settings';
import { readLogLevel } from './extension/settings';
import { createTimeline, readShellVariables, start } from './extension/start';
import type { Registration } from './lambda/extensions-api';
import { hasExtension, writeToStderr } from './node/files';
import { fitV8 } from './node/v8-flags';
import { SCRIPT_VARIABLES } from './settings';

const variables: Record<string, string | undefined> = { ...process.env };
const shell = readShellVariables(variables);
for (const name of SCRIPT_VARIABLES) {
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a fixed list of names
  delete process.env[name];
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a fixed list of names
  delete variables[name];
}
const diagnostics = createDiagnosticsWriter({
  write: writeToStderr,
  now: Date.now,
  secrets: findSecrets(variables),
});
const hasCollector =
  hasExtension('collector') ||
  Object.keys(variables).some((name) => name.startsWith('OPENTELEMETRY_COLLECTOR_CONFIG_'));
const receiver = readReceiverSettings(variables, hasCollector);
const isReceiving = receiver.ports.length > 0;
const ownVariables = isReceiving ? withoutSdkProtocols(variables) : withoutSdkSampler(variables);
/** Warnings already given at the start, which the pipeline must not repeat. */
const said = new Set<string>();
const environment = createEnvironment(ownVariables, diagnostics, said);
diagnostics.setLevel(readLogLevel(environment));

const describe = (reason: unknown): string =>
  reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (reason: unknown) => {
    diagnostics.error(`a fault of the extension: ${describe(reason)}; going on`);
  });
}

const OLDEST_NODE_MAJOR = 18;
/** The native host polls on after this exit code (host/src/guardian.rs). */
const GAVE_UP = 70;

async function loadPipeline(registration: Registration, isServing: boolean): Promise<Pipeline> {
  if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE_MAJOR) {
    throw new Error(`expected Node.js 18.19 or later, got ${process.version}`);
  }
  await fitV8(variables);
  const { createPipeline } = await import('./extension/pipeline');
  // Earlier lines quote settings only; from now on, a line about a fault may quote telemetry, which must be masked.
  const { setMask } = diagnostics;
  const read = isServing ? ownVariables : withoutSdkSampler(ownVariables);
  const options = { variables: read, said, registration, diagnostics, setMask };
  const pipeline = createPipeline({ ...options, isReceiving: isServing });
  if (isServing) {
    const { loadGrpc, loadOtlpRequests } = await import('./lambda/otlp-receiver');
    const loading = [loadOtlpRequests(), ...(expectsGrpc(variables) ? [loadGrpc()] : [])];
    // A failure is reported when a request needs what could not be loaded.
    await Promise.allSettled(loading);
  }
  return pipeline;
}

void start({
  environment,
  receiver,
  diagnostics,
  shell,
  timeline: createTimeline(shell),
  loadPipeline,
  onStoppable: (stop) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));
  },
}).then(
  (end) => process.exit(end === 'ended' ? 0 : 1),
  (error: unknown) => {
    diagnostics.error(`could not be started: ${describe(error)}`);
    process.exit(GAVE_UP);
  },
);
