// Splits the bytes of an HTTP/2 connection into frames; header blocks are put together and decoded. A frame is read
// once it is complete. No frame and no block is larger than 16 KB.
// Source: RFC 9113 §3.4, §4, §6.2, §6.10
import { HeaderDecoder } from './header-decoder';
import {
  ERROR,
  FLAG,
  FRAME,
  FRAME_HEAD_BYTES,
  MAX_FRAME_BYTES,
  contentOf,
  viewOf,
} from './http2-frames';
import type { Frame } from './http2-frames';
import { PendingBytes } from './pending-bytes';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
/** Includes the frame header of each part, so that empty parts cannot go on without end. */
export const MAX_BLOCK_BYTES = 16_384;

/** A complete block of header fields. */
export interface FieldsFrame {
  readonly id: number;
  readonly isLast: boolean;
  readonly fields: ReadonlyMap<string, string>;
  /** The encoded size. */
  readonly bytes: number;
}

interface Block {
  readonly id: number;
  readonly isLast: boolean;
  readonly parts: Buffer[];
  bytes: number;
}

/** A block that is too large to be read. No later block of the connection can be, so their frames come as they are. */
export interface UnreadFields {
  readonly unreadId: number;
}

/** A number is a connection error; undefined means that more bytes are needed. */
export type ReadFrame = Frame | FieldsFrame | UnreadFields | number | undefined;

export class Http2Reader {
  private readonly pending = new PendingBytes();
  private readonly decoder = new HeaderDecoder();
  private block: Block | undefined;
  private canDecode = true;
  private hasBegun = false;

  get heldBytes(): number {
    return this.pending.length + (this.block?.bytes ?? 0);
  }

  push(bytes: Buffer): void {
    this.pending.push(bytes);
  }

  clear(): void {
    this.pending.clear();
    this.block = undefined;
  }

  next(): ReadFrame {
    if (!this.hasBegun) {
      if (this.pending.length < PREFACE.length) return undefined;
      if (this.pending.peek(PREFACE.length) !== PREFACE) return ERROR.protocol;
      this.pending.skip(PREFACE.length);
      this.hasBegun = true;
    }
    for (;;) {
      const frame = this.readFrame();
      if (frame === undefined || typeof frame === 'number' || !this.canDecode) return frame;
      const { block } = this;
      if (frame.type === FRAME.headers && block === undefined) {
        const content = contentOf(frame);
        if (frame.id % 2 === 0 || content === undefined) return ERROR.protocol;
        const isLast = (frame.flags & FLAG.endStream) !== 0;
        const read = this.addTo({ id: frame.id, isLast, parts: [], bytes: 0 }, frame, content);
        if (read !== undefined) return read;
      } else if (frame.type === FRAME.continuation && frame.id === block?.id) {
        const read = this.addTo(block, frame, frame.payload);
        if (read !== undefined) return read;
      } else {
        // No other frame may come between the parts of a block.
        return block === undefined && frame.type !== FRAME.continuation ? frame : ERROR.protocol;
      }
    }
  }

  private readFrame(): Frame | number | undefined {
    const { pending } = this;
    if (pending.length < FRAME_HEAD_BYTES) return undefined;
    const [high = 0, middle = 0, low = 0] = [pending.at(0), pending.at(1), pending.at(2)];
    const length = high * 65_536 + middle * 256 + low;
    if (length > MAX_FRAME_BYTES) return ERROR.frameSize;
    if (pending.length < FRAME_HEAD_BYTES + length) return undefined;
    const head = pending.take(FRAME_HEAD_BYTES);
    const [type = 0, flags = 0] = head.subarray(3);
    return { type, flags, id: viewOf(head).getUint32(5) % 2 ** 31, payload: pending.take(length) };
  }

  private addTo(
    block: Block,
    { flags }: Frame,
    content: Buffer,
  ): FieldsFrame | UnreadFields | number | undefined {
    this.block = block;
    block.parts.push(content);
    block.bytes += content.length + FRAME_HEAD_BYTES;
    if (block.bytes > MAX_BLOCK_BYTES + FRAME_HEAD_BYTES) {
      this.canDecode = false;
      this.block = undefined;
      return { unreadId: block.id };
    }
    if ((flags & FLAG.endHeaders) === 0) return undefined;
    this.block = undefined;
    const fields = this.decoder.decode(Buffer.concat(block.parts));
    return fields === undefined ? ERROR.compression : { ...block, fields };
  }
}
