// HTTP/2 frames as bytes, and header blocks for writing, which use no compression.
// Source: RFC 9113 §4, §6; RFC 7541 §6.2.2

export const FRAME = {
  data: 0,
  headers: 1,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const FLAG = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

export const ERROR = {
  none: 0,
  protocol: 1,
  flowControl: 3,
  frameSize: 6,
  refusedStream: 7,
  compression: 9,
} as const;

export const FRAME_HEAD_BYTES = 9;
/** The default of SETTINGS_MAX_FRAME_SIZE, which is not changed. */
export const MAX_FRAME_BYTES = 16_384;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  /** 0 means the connection itself. */
  readonly id: number;
  readonly payload: Buffer;
}

/** A view for reading and writing numbers in network byte order. */
export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

export function formatFrame({ type, flags, id, payload }: Frame): Buffer {
  const frame = Buffer.alloc(FRAME_HEAD_BYTES + payload.length);
  const view = viewOf(frame);
  view.setUint32(0, payload.length * 256 + type);
  frame[4] = flags;
  view.setUint32(5, id);
  frame.set(payload, FRAME_HEAD_BYTES);
  return frame;
}

/** The payload without padding and priority; undefined if there is more padding than payload. */
export function contentOf({ type, flags, payload }: Frame): Buffer | undefined {
  const isPadded = (flags & FLAG.padded) !== 0;
  const hasPriority = type === FRAME.headers && (flags & FLAG.priority) !== 0;
  const start = (isPadded ? 1 : 0) + (hasPriority ? 5 : 0);
  const end = payload.length - (isPadded ? (payload[0] ?? 0) : 0);
  return start <= end ? payload.subarray(start, end) : undefined;
}

export function toUInt32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  viewOf(bytes).setUint32(0, value);
  return bytes;
}

export const SETTING = { maxStreams: 3, window: 4, maxFields: 6 } as const;
export const SETTING_BYTES = 6;

/** Takes pairs of a setting's number and its value. */
export function formatSettings(settings: readonly (readonly [number, number])[]): Buffer {
  const bytes = Buffer.alloc(settings.length * SETTING_BYTES);
  for (const [index, [name, value]] of settings.entries()) {
    viewOf(bytes).setUint16(index * SETTING_BYTES, name);
    viewOf(bytes).setUint32(index * SETTING_BYTES + 2, value);
  }
  return bytes;
}

/** Names must be in lower case, with the pseudo-header fields first; everything must be ASCII. */
export function formatFields(fields: Readonly<Record<string, string>>): Buffer {
  const bytes: number[] = [];
  const write = (text: string): void => {
    writeLength(bytes, text.length);
    bytes.push(...Buffer.from(text, 'latin1'));
  };
  for (const [name, value] of Object.entries(fields)) {
    // A literal field without indexing, which enters no table.
    bytes.push(0);
    write(name);
    write(value);
  }
  return Buffer.from(bytes);
}

const MAX_PREFIX = 127;

function writeLength(bytes: number[], length: number): void {
  if (length < MAX_PREFIX) {
    bytes.push(length);
    return;
  }
  bytes.push(MAX_PREFIX);
  let rest = length - MAX_PREFIX;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
}
