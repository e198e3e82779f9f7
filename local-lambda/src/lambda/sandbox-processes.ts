// Starts the processes of an environment: every executable of the extensions directory, then the
// runtime. Source: AWS "Lambda execution environment lifecycle"; RIE for the launch errors.
import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createExtension } from './extension-registry';
import type { Extension } from './extension-registry';
import { MAX_EXTENSIONS } from './extensions-api';
import type { ExtensionCommand } from './local-lambda-options';
import { startProcess } from './managed-process';
import { toExtensionVariables, toRuntimeVariables } from './process-environment';
import type { Sandbox } from './sandbox';
import type { TelemetryCategory } from './telemetry-event';

/** Node's own default, where debuggers look. */
const INSPECTOR_PORT = 9229;
const NODE_RUNTIME = join(__dirname, 'node-runtime.mjs');

/** Their paths are absolute, because extensions run in a folder of their own. */
function listExtensions(directory: string | undefined): readonly ExtensionCommand[] {
  if (directory === undefined) return [];
  return readdirSync(directory)
    .sort()
    .filter((name) => !statSync(join(directory, name)).isDirectory())
    .map((name) => ({ name, command: [resolve(directory, name)] }));
}

function isExecutable(path: string): boolean {
  if (!path.includes('/')) return true;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** In the JSON log format a line that is a JSON object is the record itself; RIE never does that. */
function toLogRecord(
  line: string,
  { logFormat, managedInstances }: Sandbox['settings'],
): string | Readonly<Record<string, unknown>> {
  if (managedInstances) return line.replace(/\r?\n$/, '');
  if (logFormat !== 'JSON' || !line.trimStart().startsWith('{')) return line;
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return line;
  }
}

function emitLine(sandbox: Sandbox, category: TelemetryCategory, line: string): void {
  sandbox.telemetry.emit(category, toLogRecord(line, sandbox.settings));
}

function fail(sandbox: Sandbox, extension: Extension, errorType: string): void {
  extension.state = 'LaunchError';
  extension.errorType = errorType;
  sandbox.fatalErrorType ??= 'Extension.LaunchError';
}

function startExtension(sandbox: Sandbox, { name, command }: ExtensionCommand): void {
  const extension = createExtension(name, 'external');
  sandbox.extensions.push(extension);
  if (!isExecutable(command[0] ?? '')) {
    fail(sandbox, extension, 'PermissionDenied');
    return;
  }
  if (sandbox.extensions.length > MAX_EXTENSIONS) {
    fail(sandbox, extension, 'TooManyExtensions');
    return;
  }
  const process = startProcess({
    name,
    command,
    workingDirectory: sandbox.environment.temporaryDirectory,
    environment: toExtensionVariables(sandbox.environment),
    guard: sandbox.guard,
    onLine: (line) => emitLine(sandbox, 'extension', line),
    onChunk: (chunk) => sandbox.options.onExtensionOutput?.(name, chunk),
    onExit() {
      if (process.launchError !== undefined) fail(sandbox, extension, 'UnknownError');
      else if (extension.state !== 'InitError' && extension.state !== 'ExitError') {
        extension.state = 'Exited';
      }
      if (!sandbox.stopping) sandbox.fatalErrorType ??= 'Extension.Crash';
      sandbox.watch.changed();
    },
  });
  extension.process = process;
}

export function startExtensions(sandbox: Sandbox): void {
  const { extensionsDir, extensionCommands = [] } = sandbox.options;
  for (const command of [...listExtensions(extensionsDir), ...extensionCommands]) {
    startExtension(sandbox, command);
  }
}

/** V8's limits as AWS's Node runtime sets them: a tenth of the memory for new objects. */
function toNodeCommand({ options, settings, compiledHandler }: Sandbox): readonly string[] {
  const { memorySizeMb } = settings;
  const newSpaceMb = Math.floor(memorySizeMb / 10);
  return [
    process.execPath,
    `--max-semi-space-size=${Math.max(1, Math.floor(newSpaceMb / 2))}`,
    `--max-old-space-size=${memorySizeMb - newSpaceMb}`,
    ...(options.inspect === true ? [`--inspect-brk=127.0.0.1:${INSPECTOR_PORT}`] : []),
    ...(compiledHandler === undefined
      ? [NODE_RUNTIME]
      : ['--enable-source-maps', NODE_RUNTIME, compiledHandler]),
  ];
}

export function startRuntime(sandbox: Sandbox): void {
  const { settings, options, guard } = sandbox;
  const runtime = startProcess({
    name: 'runtime',
    command: options.bootstrap ?? toNodeCommand(sandbox),
    workingDirectory: settings.taskRoot,
    environment: toRuntimeVariables(sandbox.environment),
    guard,
    onLine: (line) => emitLine(sandbox, 'function', line),
    onChunk: (chunk) => options.onFunctionOutput?.(chunk),
    ...(settings.managedInstances
      ? {}
      : {
          onFrame({ message, epochMs }) {
            options.onFunctionOutput?.(message.endsWith('\n') ? message : `${message}\n`);
            const record = toLogRecord(message, settings);
            sandbox.telemetry.emit('function', record, epochMs);
          },
        }),
    onExit() {
      const errorType =
        runtime.launchError === undefined ? 'Runtime.ExitError' : 'Runtime.InvalidEntrypoint';
      if (!sandbox.stopping) sandbox.fatalErrorType ??= errorType;
      sandbox.watch.changed();
    },
  });
  sandbox.runtime = runtime;
}
