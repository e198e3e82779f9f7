// The options of a local Lambda, and the settings that follow from them.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { NextEventBody } from './extension-registry';
import type { TelemetryEvent } from './telemetry-event';

/** What extensions learn beside telemetry: the answer to `register` as processes start, then what `next` brings. */
export type LifecycleEntry =
  | { readonly kind: 'register'; readonly body: Readonly<Record<string, string>> }
  | { readonly kind: 'next'; readonly event: NextEventBody };

export type InitializationType =
  'on-demand' | 'provisioned-concurrency' | 'snap-start' | 'lambda-managed-instances';

type LogFormat = 'Text' | 'JSON';

export interface ExtensionCommand {
  /** What the extension registers as: `Lambda-Extension-Name`. */
  readonly name: string;
  readonly command: readonly string[];
}

/** Limits for telemetry that a subscriber does not take fast enough. */
interface TelemetryBacklog {
  /** Events kept for one subscriber in addition to the batch in flight; default: its buffering.maxItems. */
  readonly maxItems?: number;
  /** The same in bytes of JSON; default 4 MiB. */
  readonly maxBytes?: number;
}

export interface LocalLambdaOptions {
  /** Every executable file in it is started as an external extension, as from /opt/extensions. */
  readonly extensionsDir?: string;
  /** External extensions in addition to those in `extensionsDir`. */
  readonly extensionCommands?: readonly ExtensionCommand[];
  /** `path/to/file.export` of a Node handler, run by the local Node runtime; TypeScript is compiled. */
  readonly handler?: string;
  /** A custom runtime that speaks the Runtime API, instead of `handler`. */
  readonly bootstrap?: readonly string[];
  readonly functionName?: string;
  readonly functionVersion?: string;
  readonly memorySizeMb?: number;
  readonly timeoutMs?: number;
  readonly region?: string;
  readonly accountId?: string;
  /** Given to the function and to the extensions. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly initializationType?: InitializationType;
  /** How long init may take; default 10 s on demand, 130 s otherwise. */
  readonly initTimeoutMs?: number;
  /** Managed Instances: concurrent invocations the runtime asks for; default 4. */
  readonly maxConcurrency?: number;
  readonly logFormat?: LogFormat;
  /** The Node runtime waits for a debugger on 127.0.0.1:9229; nothing is frozen, init has no limit. */
  readonly inspect?: boolean;
  /** The tenant of invocations that do not name one (tenant isolation mode). */
  readonly tenantId?: string;
  /** SIGSTOP all processes between invocations, SIGCONT at the next one; default true. */
  readonly freeze?: boolean;
  /** `unsupported`: the subscription is answered with 202, as by SAM and RIE on demand. */
  readonly telemetry?: 'supported' | 'unsupported';
  readonly telemetryBacklog?: TelemetryBacklog;
  /** False: `LocalLambda.events` stays empty (long runs); default true. */
  readonly recordEvents?: boolean;
  /** Time from SHUTDOWN to SIGKILL; default 2000 ms, as for functions with external extensions. */
  readonly shutdownTimeoutMs?: number;
  readonly onEvent?: (event: TelemetryEvent) => void;
  /**
   * Called once for each entry, however many extensions there are; recordings contain the entries next to the events.
   */
  readonly onLifecycle?: (entry: LifecycleEntry) => void;
  readonly onExtensionOutput?: (name: string, chunk: string) => void;
  readonly onFunctionOutput?: (chunk: string) => void;
}

export interface FunctionSettings {
  readonly name: string;
  readonly version: string;
  readonly arn: string;
  readonly memorySizeMb: number;
  readonly timeoutMs: number;
  readonly region: string;
  readonly accountId: string;
  /** `file.export`, as in the function's configuration. */
  readonly handler: string;
  readonly taskRoot: string;
  /** Empty for custom runtimes, as for containers and OS-only runtimes. */
  readonly runtimeVersion: string;
  readonly logStreamName: string;
  readonly initializationType: InitializationType;
  readonly initTimeoutMs: number;
  readonly maxConcurrency: number;
  readonly logFormat: LogFormat;
  readonly managedInstances: boolean;
}

const INIT_TIMEOUT_MS = 10_000;
const LONG_INIT_TIMEOUT_MS = 130_000;
const NO_LIMIT_MS = 86_400_000;

function toLogStreamName(version: string, managedInstances: boolean): string {
  if (managedInstances) return '$LATEST';
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/');
  return `${day}/[${version}]${randomBytes(16).toString('hex')}`;
}

function splitHandler(handler: string | undefined): { taskRoot: string; handler: string } {
  if (handler === undefined) return { taskRoot: process.cwd(), handler: 'bootstrap' };
  const path = resolve(handler);
  return { taskRoot: dirname(path), handler: basename(path) };
}

function toInitTimeoutMs({
  inspect,
  initializationType = 'on-demand',
}: LocalLambdaOptions): number {
  if (inspect === true) return NO_LIMIT_MS;
  return initializationType === 'on-demand' ? INIT_TIMEOUT_MS : LONG_INIT_TIMEOUT_MS;
}

/** Settings with Lambda's defaults. Throws a TypeError when the options contradict each other. */
export function toFunctionSettings(options: LocalLambdaOptions): FunctionSettings {
  if ((options.handler === undefined) === (options.bootstrap === undefined)) {
    throw new TypeError('local Lambda: expected either handler or bootstrap, not both or neither');
  }
  if (options.extensionsDir !== undefined && !existsSync(options.extensionsDir)) {
    throw new TypeError(`local Lambda: extensionsDir does not exist: ${options.extensionsDir}`);
  }
  const { taskRoot, handler } = splitHandler(options.handler);
  if (!existsSync(taskRoot)) {
    throw new TypeError(`local Lambda: the handler's directory does not exist: ${taskRoot}`);
  }
  const name = options.functionName ?? 'local-function';
  const version = options.functionVersion ?? '$LATEST';
  const region = options.region ?? 'us-east-1';
  const accountId = options.accountId ?? '123456789012';
  const initializationType = options.initializationType ?? 'on-demand';
  const managedInstances = initializationType === 'lambda-managed-instances';
  return {
    name,
    version,
    region,
    accountId,
    arn: `arn:aws:lambda:${region}:${accountId}:function:${name}`,
    memorySizeMb: options.memorySizeMb ?? 512,
    timeoutMs: options.timeoutMs ?? 3000,
    handler,
    taskRoot,
    runtimeVersion:
      options.handler === undefined || managedInstances
        ? ''
        : `nodejs:${process.versions.node.split('.')[0] ?? ''}.local`,
    logStreamName: toLogStreamName(version, managedInstances),
    initializationType,
    initTimeoutMs: options.initTimeoutMs ?? toInitTimeoutMs(options),
    maxConcurrency: options.maxConcurrency ?? 4,
    logFormat: options.logFormat ?? 'Text',
    managedInstances,
  };
}
