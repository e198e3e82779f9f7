// Reads the files that the command line names, before anything starts and only once, since a pipe cannot be read twice.
import { openSync, readFileSync, writeSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { SAMPLE_EVENT_NAMES, toSampleEvent } from '../events/sample-events';
import type { LifecycleEntry } from '../lambda/local-lambda-options';
import type { TelemetryEvent } from '../lambda/telemetry-event';
import { toCallerPath } from './caller-directory';
import type { EventSource, LocalArguments } from './cli-arguments';

/** A mistake that the user can correct; only its message is shown. */
export class UserError extends Error {}

export function readEvent(source: EventSource): unknown {
  if (source.kind === 'sample') return toSampleEvent(source.name);
  const option = source.kind === 'file' ? `--event ${source.file}` : '--payload';
  const text = source.kind === 'file' ? readEventText(source.file, option) : source.json;
  if (text.trim() === '') throw new UserError(`${option}: expected JSON, got nothing to read`);
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new UserError(`${option}: expected JSON, ${(error as Error).message}; nothing was run`);
  }
}

function readEventText(file: string, option: string): string {
  try {
    return readText(file);
  } catch (error) {
    const samples = `or --sample ${SAMPLE_EVENT_NAMES.join(', ')}`;
    throw new UserError(
      `${option}: expected a file, ${samples}; ${whyUnread(error)}; nothing was run`,
    );
  }
}

function whyUnread(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' ? 'found none' : message;
}

/** Standard input is read by its descriptor, which works even if it is a socket. */
const STANDARD_INPUT: readonly string[] = ['-', '/dev/stdin', '/dev/fd/0'];

function readText(file: string): string {
  return readFileSync(STANDARD_INPUT.includes(file) ? 0 : toCallerPath(file), 'utf8');
}

/** The file's variables, then those of --env. */
export function readVariables({
  environmentFile,
  environment,
}: LocalArguments): Readonly<Record<string, string>> {
  if (environmentFile === undefined) return environment;
  try {
    const text = readText(environmentFile);
    return { ...(parseEnv(text) as Record<string, string>), ...environment };
  } catch (error) {
    throw new UserError(
      `--env-file ${environmentFile}: expected a file of NAME=VALUE lines; ${whyUnread(error)}; nothing was run`,
    );
  }
}

export interface EventRecord {
  event(event: TelemetryEvent): void;
  lifecycle(entry: LifecycleEntry): void;
}

/** Each call returns after its line has been written, so that no line of an interrupted run is lost. */
export function openEventRecord(file: string | undefined): EventRecord | undefined {
  if (file === undefined) return undefined;
  try {
    const descriptor = openSync(toCallerPath(file), 'w');
    const write = (line: unknown): void => {
      writeSync(descriptor, `${JSON.stringify(line)}\n`);
    };
    return {
      event: write,
      // In the form of a capture made by an extension process, with times in nanoseconds.
      lifecycle: ({ kind, ...rest }) => write({ kind, unixNs: Date.now() * 1e6, ...rest }),
    };
  } catch (error) {
    throw new UserError(`--record: ${(error as Error).message}; nothing was run`);
  }
}
