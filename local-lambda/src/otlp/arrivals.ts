// What a receiver got, in order of arrival, and waiting for it by condition instead of by time.
import type { IncomingHttpHeaders } from 'node:http';
import type { Signal } from './signal';
import type { BodyEncoding, Outcome } from './answer';
import type { LogsRequest, MetricsRequest, OtlpRequests, TraceRequest } from './model';

interface Received {
  /** Epoch milliseconds when the body had been read. */
  readonly arrivedAtMs: number;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** As on the wire. */
  readonly rawBody: Buffer;
  /** Decompressed. */
  readonly body: Buffer;
  readonly encoding: BodyEncoding;
  /** Fields that OTLP does not know. */
  readonly unknownFields: readonly string[];
  readonly outcome: Outcome;
  /** Counts connections from 1: equal numbers came over one socket. */
  readonly connection: number;
}

type ReceivedOf<S extends Signal> = Received & {
  readonly signal: S;
  readonly otlp: OtlpRequests[S];
};

/** One decoded export request, whatever it was answered with. */
export type ReceivedRequest = ReceivedOf<'traces'> | ReceivedOf<'metrics'> | ReceivedOf<'logs'>;

/** Anything that is not an export request: wrong path, method, type or bytes. */
export interface RefusedRequest {
  readonly arrivedAtMs: number;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** What it was answered with; 0 when the client went away before the end of its body. */
  readonly status: number;
  readonly reason: string;
}

/** OTLP requests that were answered with success, by signal. */
export interface AcceptedRequests {
  readonly traces: readonly TraceRequest[];
  readonly metrics: readonly MetricsRequest[];
  readonly logs: readonly LogsRequest[];
}

export class Arrivals {
  readonly requests: ReceivedRequest[] = [];
  readonly refused: RefusedRequest[] = [];
  readonly #watchers = new Set<() => void>();

  add(request: ReceivedRequest): void {
    this.requests.push(request);
    this.#notify();
  }

  refuse(request: RefusedRequest): void {
    this.refused.push(request);
    this.#notify();
  }

  get accepted(): AcceptedRequests {
    const taken = this.requests.filter(({ outcome }) => outcome === 200);
    return {
      traces: taken.flatMap((request) => (request.signal === 'traces' ? [request.otlp] : [])),
      metrics: taken.flatMap((request) => (request.signal === 'metrics' ? [request.otlp] : [])),
      logs: taken.flatMap((request) => (request.signal === 'logs' ? [request.otlp] : [])),
    };
  }

  /** Resolves once `holds` says so, at once or after an arrival; rejects after `timeoutMs`. */
  waitFor(holds: () => boolean, timeoutMs: number): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#watchers.delete(check);
      };
      const check = (): void => {
        try {
          if (!holds()) return;
          settle();
          resolve();
        } catch (error) {
          settle();
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      const timer = setTimeout(() => {
        settle();
        reject(new Error(`waited ${timeoutMs} ms in vain; arrived: ${this.#summary()}`));
      }, timeoutMs);
      this.#watchers.add(check);
    });
  }

  #notify(): void {
    for (const check of [...this.#watchers]) check();
  }

  #summary(): string {
    const requests = this.requests.map(({ signal, outcome }) => `${signal} (${outcome})`);
    const refused = this.refused.map(({ path, reason }) => `refused ${path}: ${reason}`);
    return [...requests, ...refused].join(', ') || 'nothing';
  }
}
