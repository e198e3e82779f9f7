// Cuts the oldest waiting items of a signal into one encoded request that is small enough. The limit
// shrinks when the endpoint answers 413 and grows back slowly. Items that cannot be encoded are found
// by halving, so that one bad item costs one item.
import type { Buffer, SignalValues } from '../queue/buffer';
import type { Codec } from './codec';
import type { Signal } from '../delivery';
import type { Batch } from '../queue/signal-queue';

export interface BuiltRequest<S extends Signal> {
  readonly batch: Batch<SignalValues[S]>;
  readonly body: Uint8Array;
}

/** CloudWatch Logs' OTLP endpoint takes 1 MB uncompressed; the other bound is X-Ray's 10 000 spans. */
const maxRequestBytes = 1_000_000;
const maxRequestValues = 10_000;
/** Estimates may be low (non-ASCII text); what turns out too large after encoding is halved. */
const estimateMargin = 0.8;
const regrowthDivisor = 64;
/** Smaller requests cost more in round trips than a refused one costs in bytes: they regrow sooner. */
const smallRequestBytes = 64 * 1024;
const smallRegrowthDivisor = 8;

export class RequestBuilder<S extends Signal> {
  private readonly signal: S;
  private readonly buffer: Buffer;
  private readonly onUnencodable: (batch: Batch<SignalValues[S]>) => void;
  private limitBytes = maxRequestBytes;

  constructor(signal: S, buffer: Buffer, onUnencodable: (batch: Batch<SignalValues[S]>) => void) {
    this.signal = signal;
    this.buffer = buffer;
    this.onUnencodable = onUnencodable;
  }

  /** Undefined when nothing waits. The batch is out of the buffer's queue until put back or released. */
  build(codec: Codec<S>): BuiltRequest<S> | undefined {
    for (;;) {
      const batch = this.buffer.take(this.signal, {
        maxBytes: this.limitBytes * estimateMargin,
        maxValues: this.signal === 'metrics' ? 1 : maxRequestValues,
      });
      if (batch === undefined) return undefined;
      const request = this.fit(batch, codec);
      if (request !== undefined) return request;
    }
  }

  /** The endpoint found a request too large: true when its items wait to be sent in smaller ones. */
  shrink({ batch, body }: BuiltRequest<S>): boolean {
    const half = this.buffer.halve(this.signal, batch);
    if (half === undefined) return false;
    this.buffer.putBack(this.signal, half);
    this.limitBytes = Math.max(Math.floor(Math.min(body.length, this.limitBytes) / 2), 1);
    return true;
  }

  /** A request was accepted. */
  regrow(): void {
    const isSmall = this.limitBytes < smallRequestBytes;
    const divisor = isSmall ? smallRegrowthDivisor : regrowthDivisor;
    const grown = this.limitBytes + Math.ceil(this.limitBytes / divisor);
    this.limitBytes = Math.min(grown, maxRequestBytes);
  }

  private fit(taken: Batch<SignalValues[S]>, codec: Codec<S>): BuiltRequest<S> | undefined {
    let batch = taken;
    for (;;) {
      const body = tryEncode(codec, batch.values);
      if (body !== undefined && body.length <= this.limitBytes) return { batch, body };
      const half = this.buffer.halve(this.signal, batch);
      if (half !== undefined) {
        batch = half;
      } else if (body === undefined) {
        this.onUnencodable(batch);
        return undefined;
      } else {
        return { batch, body };
      }
    }
  }
}

function tryEncode<S extends Signal>(
  codec: Codec<S>,
  values: readonly SignalValues[S][],
): Uint8Array | undefined {
  try {
    return codec.encode(values);
  } catch {
    return undefined;
  }
}
