// Decodes the framed log stream that runtimes write to _LAMBDA_TELEMETRY_LOG_FD: type (4 bytes,
// 0xa55a0003 text or 0xa55a0002 JSON, level in bits 2-4), length (4), microseconds (8), message; big-endian.
// Source: the contract in aws-lambda-nodejs-runtime-interface-client, LogPatch.js. A frame is one
// event, whatever newlines are in it.

export interface LogFrame {
  readonly message: string;
  readonly epochMs: number;
}

export interface LogFrames {
  write(chunk: Buffer): void;
}

const HEADER_BYTES = 16;
const MAGIC = 0xa55a;
const MAX_FRAME_BYTES = 16 * 1024 * 1024;

/** What is no frame is skipped byte by byte until one begins. */
export function createLogFrames(onFrame: (frame: LogFrame) => void): LogFrames {
  let rest: Buffer = Buffer.alloc(0);
  return {
    write(chunk) {
      let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      while (bytes.length >= HEADER_BYTES) {
        const length = bytes.readUInt32BE(4);
        if (bytes.readUInt16BE(0) !== MAGIC || length > MAX_FRAME_BYTES) {
          bytes = bytes.subarray(1);
          continue;
        }
        if (bytes.length < HEADER_BYTES + length) break;
        const epochMs = Number(bytes.readBigInt64BE(8) / 1000n);
        const message = bytes.toString('utf8', HEADER_BYTES, HEADER_BYTES + length);
        bytes = bytes.subarray(HEADER_BYTES + length);
        onFrame({ message, epochMs });
      }
      rest = Buffer.from(bytes);
    },
  };
}
