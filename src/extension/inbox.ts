// Acknowledged bodies on their way to the pipeline: they are kept until it is loaded and has room, inflated when their
// turn comes, and read in parts, so that nothing else has to wait long. At the end, what cannot be read in time is
// dropped and counted.
import type { ByteBudget } from '../http/byte-budget';
import type { TelemetryBody } from '../lambda/telemetry-api';
import { MAX_BODY_BYTES } from '../lambda/telemetry-api';
import { turn } from '../node/clock';
import type { Clock } from '../node/clock';
import { inflate } from '../node/compression';
import { countRecords, splitBatch } from '../telemetry/batch-parts';
import type { OtlpBody } from '../lambda/received-otlp';

/** The reader is the pipeline. */
export interface TelemetryReader {
  /** True for a body that came before. */
  isDuplicate(body: TelemetryBody): boolean;
  /** Takes the text of a body, which should be a JSON array of events. Never throws. */
  accept(text: string): void;
  /** Called if a body inflates to more than the listener accepts. */
  rejectTooLarge(): void;
  /** Asks for an export if the buffer is more than half full. True if one is under way, which may make room. */
  makeRoom(): boolean;
  /** Called when an endpoint has accepted something (`isDelivered`) and when an export has ended. */
  onProgress: ((isDelivered: boolean) => void) | undefined;
}

/** What the lifecycle knows about the telemetry stream. */
export interface TelemetryStream {
  /** True if runtimeDone can be expected: the subscription was accepted, or telemetry came anyway. */
  readonly isActive: boolean;
  readonly hasArrived: boolean;
  /** When the latest body arrived (steady clock). */
  readonly latestBatchMs: number;
  /** The same for bodies of the function's SDK, which say nothing about runtimeDone. */
  readonly latestOtlpMs?: number;
  /** When part of a still incomplete request last arrived (steady clock); -Infinity if no request is incomplete. */
  readonly unfinishedMs: number;
  /** True while acknowledged bodies wait and there is time to read them. */
  readonly isBehind: boolean;
  /** From now on, a body is read only if that will be done by `untilMs` (steady clock). */
  stopReading(untilMs: number): void;
  /** Ends the stream: bodies that were not read are dropped, and counted until `untilMs`. */
  close(untilMs: number): Promise<Unread>;
}

/** Bodies that were dropped unread, wholly or in part. */
export interface Unread {
  readonly bodies: number;
  /** As they arrived, perhaps compressed; of a body that was read in part, only the rest. */
  readonly bytes: number;
  /** Counted in the text, or estimated from the bytes if there was no time to count. */
  readonly records: number;
}

/** The assumed size of a record (a log line of a hundred characters) if none was counted. */
const TYPICAL_RECORD_BYTES = 200;
/** The memory that a body takes in addition to its bytes. */
const BODY_COST_BYTES = 512;
/** In characters: one or two milliseconds of work. */
const PART_LENGTH = 65_536;
/** `partMs` is a maximum that decays: each shorter part reduces it by this factor. */
const DECAY = 0.9;
/** A part that seems to take longer was interrupted by a freeze. */
const MAX_PART_MS = 500;
/** Waiting for room ends if nothing is delivered for this long: the default of the flush budget. */
const FIRST_PATIENCE_MS = 500;
/** The same while an endpoint accepts data, since a request of a megabyte may take a while. */
const PATIENCE_MS = 2_000;

export class Inbox implements TelemetryStream {
  isSubscribed = false;
  latestBatchMs = Number.NEGATIVE_INFINITY;
  /** When the function's SDK last handed something over. */
  latestOtlpMs = Number.NEGATIVE_INFINITY;
  /** Called after each part that was read. */
  onRead: (() => void) | undefined;
  /** Called when the stream ends. */
  onClose: (() => void) | undefined;
  private waiting: TelemetryBody[] = [];
  private reader: TelemetryReader | undefined;
  private readUntilMs = Number.POSITIVE_INFINITY;
  private partMs = 50;
  private isClosed = false;
  private isReading = false;
  private isStalled = false;
  private patienceMs = FIRST_PATIENCE_MS;
  /** How much of the first one has been read. */
  private current: { readonly text: string; start: number } | undefined;
  private wake: () => void = () => undefined;

  constructor(
    private readonly budget: ByteBudget,
    private readonly clock: Clock,
  ) {}

  get hasArrived(): boolean {
    return this.latestBatchMs > Number.NEGATIVE_INFINITY;
  }

  get isActive(): boolean {
    return this.isSubscribed || this.hasArrived;
  }

  get unfinishedMs(): number {
    return this.budget.unfinishedMs;
  }

  get isBehind(): boolean {
    return this.waiting.length > 0 && this.hasTime;
  }

  accept(body: TelemetryBody): void {
    this.latestBatchMs = this.clock.steadyMs();
    if (this.isClosed) return;
    this.budget.keep(costOf(body));
    this.waiting.push(body);
    if (this.reader !== undefined) void this.readAll(this.reader);
  }

  /** From now on bodies are read, in the order of arrival. */
  attach(reader: TelemetryReader): void {
    this.reader = reader;
    reader.onProgress = (isDelivered) => {
      if (isDelivered) {
        this.isStalled = false;
        this.patienceMs = PATIENCE_MS;
      }
      this.wake();
    };
    void this.readAll(reader);
  }

  stopReading(untilMs: number): void {
    this.readUntilMs = untilMs;
    this.wake();
  }

  async close(untilMs: number): Promise<Unread> {
    const { waiting, current } = this;
    this.isClosed = true;
    this.onClose?.();
    this.waiting = [];
    this.wake();
    let [bytes, countedBytes, countedRecords] = [0, 0, 0];
    for (const [index, body] of waiting.entries()) {
      const { text, start } = (index === 0 ? current : undefined) ?? { text: '', start: 0 };
      const ownBytes = start > 0 ? Buffer.byteLength(text.slice(start)) : body.bytes.length;
      bytes += ownBytes;
      this.budget.release(costOf(body));
      if (this.clock.steadyMs() >= untilMs) continue;
      countedRecords += countRecords(start > 0 ? text : ((await toText(body)) ?? ''), start);
      countedBytes += ownBytes;
    }
    // What there was no time to count is estimated by its size, with the records of the others.
    const bytesEach = countedRecords === 0 ? TYPICAL_RECORD_BYTES : countedBytes / countedRecords;
    const records = countedRecords + Math.round((bytes - countedBytes) / bytesEach);
    return { bodies: waiting.length, bytes, records };
  }

  /** Begins when the answers have been sent; between two bodies, everything else gets a turn. */
  private async readAll(reader: TelemetryReader): Promise<void> {
    if (this.isReading) return;
    this.isReading = true;
    await turn();
    while (this.isBehind) {
      await this.whenRoom(reader);
      await this.readFirst(reader);
      await turn();
    }
    this.isReading = false;
  }

  private async readFirst(reader: TelemetryReader): Promise<void> {
    const [body] = this.waiting;
    if (body === undefined || !this.hasTime) return;
    const text = await toText(body);
    if (this.isClosed) return;
    if (!reader.isDuplicate(body)) {
      if (text === undefined) reader.rejectTooLarge();
      else if (!(await this.readParts(text, reader))) return;
    }
    this.current = undefined;
    this.waiting.shift();
    this.budget.release(costOf(body));
  }

  /** False if the time was over before the end of the text. */
  private async readParts(text: string, reader: TelemetryReader): Promise<boolean> {
    const current = { text, start: 0 };
    this.current = current;
    for (const [part, rest] of splitBatch(text, PART_LENGTH)) {
      this.readPart(part, reader);
      current.start = rest;
      if (rest === text.length) break;
      await turn();
      if (!this.isBehind) return false;
    }
    return true;
  }

  private readPart(part: string, reader: TelemetryReader): void {
    const startMs = this.clock.steadyMs();
    reader.accept(part);
    const tookMs = Math.min(Math.max(this.clock.steadyMs() - startMs, 0), MAX_PART_MS);
    this.partMs = Math.max(tookMs, this.partMs * DECAY);
    this.onRead?.();
  }

  private get hasTime(): boolean {
    return this.clock.steadyMs() + this.partMs <= this.readUntilMs;
  }

  /**
   * An unread body takes less memory than its items, which would push others out of a full buffer. So it waits for
   * room as long as exports make some.
   */
  private async whenRoom(reader: TelemetryReader): Promise<void> {
    while (this.isBehind && !this.isStalled && reader.makeRoom()) {
      if (await this.progressWithin(this.patienceMs)) continue;
      this.isStalled = true;
      this.patienceMs = FIRST_PATIENCE_MS;
    }
  }

  private progressWithin(patienceMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = this.clock.schedule(() => resolve(false), patienceMs);
      this.wake = () => {
        cancel();
        resolve(true);
      };
    });
  }
}

function costOf({ bytes }: TelemetryBody | OtlpBody): number {
  return bytes.length + BODY_COST_BYTES;
}

/** A body that is not gzip is read as it is. Undefined if it inflates to too much. */
async function toText({ bytes, isGzip }: TelemetryBody): Promise<string | undefined> {
  const plain = isGzip ? await inflate(bytes, { maxBytes: MAX_BODY_BYTES }) : bytes;
  if (plain === 'too large') return undefined;
  return (plain === 'no gzip' ? bytes : plain).toString('utf8');
}

/** The reader is the pipeline. */
export interface OtlpReader {
  /**
   * `onRead` is called once the original bytes of the body are no longer needed. Returns how many of its items were
   * dropped at once, as far as that is known. Never throws.
   */
  acceptOtlp(body: OtlpBody, onRead: () => void): number;
  /** Called when a request was refused. */
  refusedOtlp(): void;
}

/**
 * Bodies of the function's SDK on their way to the pipeline: they are kept until it is loaded, within the same budget
 * as everything else that was received.
 */
export class OtlpInbox {
  private reader: OtlpReader | undefined;
  private waiting: OtlpBody[] = [];
  private refused = 0;
  private isClosed = false;

  constructor(private readonly budget: ByteBudget) {}

  /** Returns how many of its items were dropped at once. */
  accept(body: OtlpBody): number {
    if (this.isClosed) return 0;
    this.budget.keep(costOf(body));
    if (this.reader !== undefined) return this.read(body, this.reader);
    this.waiting.push(body);
    return 0;
  }

  refuse(): void {
    if (this.reader === undefined) this.refused += 1;
    else this.reader.refusedOtlp();
  }

  /** From now on bodies are read, in the order of arrival. */
  attach(reader: OtlpReader): void {
    this.reader = reader;
    for (const body of this.waiting) this.read(body, reader);
    this.waiting = [];
    for (; this.refused > 0; this.refused -= 1) reader.refusedOtlp();
  }

  /** Called if there is no pipeline: bodies are dropped on arrival, so that the function never waits for room. */
  close(): void {
    this.isClosed = true;
    for (const body of this.waiting) this.budget.release(costOf(body));
    this.waiting = [];
  }

  private read(body: OtlpBody, reader: OtlpReader): number {
    return reader.acceptOtlp(body, () => this.budget.release(costOf(body)));
  }
}
