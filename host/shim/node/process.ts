// Node's process, as far as the extension uses it.
import { EventEmitter } from './events';
import type { Listener } from './events';

const SIGNALS: Readonly<Record<string, number>> = { SIGTERM: 15, SIGINT: 2 };

class Process extends EventEmitter {
  readonly env = host.process.environment;
  readonly pid = host.process.pid;
  readonly arch = host.process.architecture;
  readonly platform = 'linux';
  /** The Node whose API this is; `host` tells it apart. */
  readonly version = 'v22.0.0';
  readonly versions: Readonly<Record<'node' | 'v8' | 'host', string>> = {
    node: '22.0.0',
    v8: '0.0.0',
    host: host.process.version,
  };
  readonly stdout = { write: (text: string): boolean => print(1, text) };
  readonly stderr = { write: (text: string): boolean => print(2, text) };

  override on(event: string, listener: Listener): this {
    watch(event);
    return super.on(event, listener);
  }

  override once(event: string, listener: Listener): this {
    watch(event);
    return super.once(event, listener);
  }

  exit(code = 0): never {
    return host.process.exit(code);
  }

  getuid(): number {
    return host.process.uid;
  }

  /** Seconds. */
  uptime(): number {
    return host.process.uptimeMs() / 1_000;
  }

  nextTick(callback: () => void): void {
    queueMicrotask(callback);
  }
}

/** Without a file descriptor for it, the signal ends the process, and the guardian goes on. */
function watch(event: string): void {
  const signal = SIGNALS[event];
  if (signal === undefined) return;
  try {
    host.process.watchSignal(signal);
  } catch {
    return;
  }
}

function print(file: 1 | 2, text: string): boolean {
  host.files.write(file, text);
  return true;
}

export const process = new Process();

export function emitSignal(signal: number): void {
  const name = Object.keys(SIGNALS).find((known) => SIGNALS[known] === signal);
  if (name !== undefined) process.emit(name, name);
}

/** Passes the error to the listeners; without any, the engine gives up. */
export function emitUncaught(error: unknown): void {
  const told = withMessage(error);
  if (process.emit('uncaughtException', told)) return;
  const text = told instanceof Error ? (told.stack ?? told.message) : String(told);
  host.process.giveUp(`a fault of the program (${text}); the function runs without telemetry`);
}

/** In Node `stack` begins with name and message, which QuickJS leaves out. */
function withMessage(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { stack = '' } = error;
  if (/^\s*(?:at |$)/.test(stack)) error.stack = `${String(error)}\n${stack}`.trimEnd();
  return error;
}

const rejections = new Map<Promise<unknown>, unknown>();

export function noteRejection(
  promise: Promise<unknown>,
  reason: unknown,
  isHandled: boolean,
): void {
  if (isHandled) rejections.delete(promise);
  else rejections.set(promise, reason);
}

/** Reports rejections that were not handled in the same turn. */
export function emitRejections(): void {
  for (const [promise, reason] of rejections) {
    rejections.delete(promise);
    if (!process.emit('unhandledRejection', withMessage(reason), promise)) emitUncaught(reason);
  }
}
