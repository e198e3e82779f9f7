// The shim: Node's globals and modules, as far as the extension uses them, over the native host's functions.
// The host runs it first and keeps `handlers`, by which it runs everything else.
import type { NativeHost } from '../../src/node/native-host';
import type { Handlers } from './host';
import { toLinearPattern } from './linear-pattern';
import { require } from './modules';
import { Buffer } from './node/buffer';
import { findServer } from './node/net';
import { emitRejections, emitSignal, emitUncaught, noteRejection, process } from './node/process';
import { failure, findSocket } from './node/socket';
import { TextDecoder, TextEncoder } from './node/text-coding';
import {
  clearImmediate,
  clearTimeout,
  runDueTimer,
  runImmediate,
  setImmediate,
  setInterval,
  setTimeout,
} from './node/timers';
import { URL } from './node/url';
import { onTransformed } from './node/zlib';

/** Users' patterns in linear time: `find` gives begin and end of each match, one after the other. */
function compilePattern(source: string): (text: string) => Uint32Array {
  const pattern = host.patterns.compile(toLinearPattern(source));
  return (text) => host.patterns.findAll(pattern, text);
}

const lambdaOtlpHost: NativeHost = { protobuf: host.protobuf, compilePattern };

Object.assign(globalThis, {
  lambdaOtlpHost,
  Buffer,
  URL,
  TextDecoder,
  TextEncoder,
  process,
  setTimeout,
  clearTimeout,
  setInterval,
  clearInterval: clearTimeout,
  setImmediate,
  clearImmediate,
});

export const handlers: Handlers = {
  start: (entry) => void require(`./${entry}.js`),
  onTimers: runDueTimer,
  onImmediate: runImmediate,
  onTurn: emitRejections,
  onConnected: (socket) => findSocket(socket)?.onConnected(),
  onData: (socket, bytes) => findSocket(socket)?.onData(bytes),
  onEnded: (socket) => findSocket(socket)?.onEnded(),
  onFinished: (socket) => findSocket(socket)?.onFinished(),
  onDrained: (socket) => findSocket(socket)?.onDrained(),
  onFailed: (socket, message, code, syscall) =>
    findSocket(socket)?.onFailed(Object.assign(failure(code, message), { syscall })),
  onAccepted: (listener, socket) => findServer(listener)?.onAccepted(socket),
  onTransformed,
  onSignal: emitSignal,
  onRejection: noteRejection,
  onUncaught: emitUncaught,
};
