// What the native host offers, group by group as in host/src/functions. Numbers stand for sockets, files,
// patterns and tasks. The wrapper around the compiled shim names the one object that has it all `host`.

import type { ProtobufFunctions } from '../../src/node/native-host';

export interface HostFunctions {
  readonly bytes: ByteFunctions;
  readonly compression: {
    /** Returns the number of the task, which `onTransformed` will name. */
    gzip(body: Uint8Array | string, level: number): number;
    decompress(body: Uint8Array | string, format: 'gzip' | 'zlib', maxBytes: number): number;
    /** Returns the inflated bytes, or Node's error code. */
    gunzipAtOnce(body: Uint8Array | string, maxBytes: number): ArrayBuffer | string;
  };
  readonly digests: {
    /** Hexadecimal digits; text counts as its UTF-8. */
    sha256(data: Uint8Array | string): string;
    hmacSha256(key: Uint8Array | string, data: Uint8Array | string): string;
    fillRandom(target: Uint8Array): void;
  };
  readonly files: FileFunctions;
  readonly patterns: {
    /** @throws SyntaxError if the `regex` crate does not accept it. */
    compile(source: string): number;
    /** Begin and end of each match in UTF-16 units, one after the other. */
    findAll(pattern: number, text: string): Uint32Array;
  };
  readonly process: ProcessFunctions;
  readonly protobuf: ProtobufFunctions;
  readonly sockets: SocketFunctions;
  readonly urls: {
    parse(text: string): UrlParts | null | undefined;
    /** The URL with one part changed; nothing if it cannot have this value. */
    change(text: string, part: UrlPart, value: string): UrlParts | null | undefined;
  };
}

/** Positions outside an array are cut to its ends. */
interface ByteFunctions {
  utf8Length(text: string): number;
  fromUtf8(text: string): ArrayBuffer;
  /** Writes as many whole characters as fit and returns the number of bytes. */
  writeUtf8(target: Uint8Array, at: number, text: string): number;
  readUtf8(source: Uint8Array, from: number, to: number): string;
  writeLatin1(target: Uint8Array, at: number, text: string): number;
  readLatin1(source: Uint8Array, from: number, to: number): string;
  writeHex(target: Uint8Array, at: number, digits: string): number;
  readHex(source: Uint8Array, from: number, to: number): string;
  /** Returns -1 if it is not found. */
  indexOf(source: Uint8Array, wanted: string, from: number): number;
  copy(source: Uint8Array, target: Uint8Array, at: number, from: number, to: number): number;
}

/** All throw errors with Node's codes. */
interface FileFunctions {
  open(path: string, flags: number, mode: number): number;
  close(file: number): void;
  status(file: number): { readonly isFile: boolean; readonly uid: number; readonly size: number };
  readOpen(file: number): ArrayBuffer;
  read(path: string): ArrayBuffer;
  remove(path: string): void;
  write(file: number, data: Uint8Array | string): void;
}

interface ProcessFunctions {
  readonly environment: Record<string, string | undefined>;
  readonly pid: number;
  readonly uid: number;
  readonly architecture: 'x64' | 'arm64';
  readonly version: string;
  exit(code: number): never;
  /** Prints an error line and ends the engine; the function goes on without telemetry. */
  giveUp(message: string): never;
  uptimeMs(): number;
  /** The function around a file of the program. */
  load(name: string): CommonJsFile;
  /** `onTimers` is called at that uptime; never if it is infinite. */
  wakeAt(uptimeMs: number): void;
  /** `onImmediate` is called this many times at the end of each turn. */
  expectImmediates(count: number): void;
  watchSignal(signal: number): void;
}

export type CommonJsFile = (
  exports: object,
  require: (name: string) => unknown,
  module: { exports: object },
) => void;

interface SocketFunctions {
  /** Number and port. `host` empty: every address. @throws with Node's codes. */
  listen(host: string, port: number): readonly [number, number];
  connect(host: string, port: number, keepAlive: boolean): number;
  connectTls(host: string, port: number, keepAlive: boolean, tls: number, name: string): number;
  /** PEM texts, empty for none; `more` is trusted in addition. @throws if they are not PEM. */
  tlsConfig(authorities: string, more: string, certificate: string, key: string): number;
  startTls(socket: number, tls: number, name: string): void;
  /** True if the operating system has taken all of it; otherwise `onDrained` follows. */
  write(socket: number, data: Uint8Array | string): boolean;
  end(socket: number): void;
  pause(socket: number, isPaused: boolean): void;
  close(socketOrListener: number): void;
}

export type UrlPart = 'username' | 'password' | 'pathname' | 'search' | 'hash';

/** href, protocol, username, password, hostname, port, pathname, search, hash, origin. */
export type UrlParts = readonly [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
];

/** What the native event loop calls; each call is followed by the promises it settled. */
export interface Handlers {
  start(entry: string): void;
  onTimers(): void;
  onImmediate(): void;
  /** Before the loop waits. */
  onTurn(): void;
  onConnected(socket: number): void;
  onData(socket: number, bytes: ArrayBuffer): void;
  onEnded(socket: number): void;
  onFinished(socket: number): void;
  onDrained(socket: number): void;
  onFailed(socket: number, message: string, code: string, syscall: string): void;
  onAccepted(listener: number, socket: number): void;
  onTransformed(task: number, bytes: ArrayBuffer | undefined, problem?: string): void;
  onSignal(signal: number): void;
  onRejection(promise: Promise<unknown>, reason: unknown, isHandled: boolean): void;
  onUncaught(error: unknown): void;
}

declare global {
  const host: HostFunctions;
}
