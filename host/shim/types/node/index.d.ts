// The globals of this host, for the type check of src: what is not declared here does not exist there.

type Buffer = import('../../node/buffer').Buffer;
declare const Buffer: typeof import('../../node/buffer').Buffer;
type URL = import('../../node/url').URL;
declare const URL: typeof import('../../node/url').URL;
declare const TextDecoder: typeof import('../../node/text-coding').TextDecoder;
declare const TextEncoder: typeof import('../../node/text-coding').TextEncoder;
declare const process: typeof import('../../node/process').process;
declare const setTimeout: typeof import('../../node/timers').setTimeout;
declare const clearTimeout: typeof import('../../node/timers').clearTimeout;
declare const setInterval: typeof import('../../node/timers').setInterval;
declare const clearInterval: typeof import('../../node/timers').clearTimeout;
declare const setImmediate: typeof import('../../node/timers').setImmediate;
declare const clearImmediate: typeof import('../../node/timers').clearImmediate;
declare function queueMicrotask(callback: () => void): void;

declare namespace NodeJS {
  interface ErrnoException extends Error {
    code?: string;
    syscall?: string;
  }
  type Timeout = import('../../node/timers').Timeout;
  type Immediate = import('../../node/timers').Immediate;
}
