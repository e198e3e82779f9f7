// Decodes the framed log stream that runtimes write to _LAMBDA_TELEMETRY_LOG_FD: type (4 bytes,
// 0xa55a0003 text or 0xa55a0002 JSON, level in bits 2-4), length (4), microseconds (8), message; big-endian.
// Older clients write 0xa55a0001, which has no time.
// Source: the contract in aws-lambda-nodejs-runtime-interface-client, LogPatch.js. A frame is one
// event, whatever newlines are in it.

export interface LogFrame {
  readonly message: string;
  /** Undefined: now. */
  readonly epochMs: number | undefined;
}

export interface LogFrames {
  write(chunk: Buffer): void;
}

const HEADER_BYTES = 16;
const UNTIMED_HEADER_BYTES = 8;
const UNTIMED = 0xa55a0001;
const MAGIC = 0xa55a;
const MAX_FRAME_BYTES = 16 * 1024 * 1024;

/** Bytes that are not part of a frame are skipped one by one until a frame begins. */
export function createLogFrames(onFrame: (frame: LogFrame) => void): LogFrames {
  let rest: Buffer = Buffer.alloc(0);
  return {
    write(chunk) {
      let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      while (bytes.length >= UNTIMED_HEADER_BYTES) {
        const length = bytes.readUInt32BE(4);
        const untimed = bytes.readUInt32BE(0) === UNTIMED;
        const headerBytes = untimed ? UNTIMED_HEADER_BYTES : HEADER_BYTES;
        if (bytes.readUInt16BE(0) !== MAGIC || length > MAX_FRAME_BYTES) {
          bytes = bytes.subarray(1);
          continue;
        }
        if (bytes.length < headerBytes + length) break;
        const epochMs = untimed ? undefined : Number(bytes.readBigInt64BE(8) / 1000n);
        const message = bytes.toString('utf8', headerBytes, headerBytes + length);
        bytes = bytes.subarray(headerBytes + length);
        onFrame({ message, epochMs });
      }
      rest = Buffer.from(bytes);
    },
  };
}
