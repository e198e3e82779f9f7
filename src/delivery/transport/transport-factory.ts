// Puts together how each signal is sent: headers, HTTP, reconnecting and compression, or the console.
import type { Diagnostics } from '../../diagnostics';
import type { Secrets } from '../../secrets';
import type { WallClock } from '../../node/clock';
import { deflate } from '../../node/compression';
import type { RequestEncoding } from '../codec/request-builder';
import { loadJsonEncoding, protobufEncoding } from '../codec/request-builder';
import type { ExportConfiguration, SignalConfiguration } from '../settings/configuration';
import { createConnectionPool, MAX_IDLE_MS } from './connection-pool';
import type { Signal } from '../delivery';
import type { HeaderContext } from '../auth/header-source';
import { createHeaderSource, createSecretLoader } from '../auth/header-source';
import { createHttpTransport } from './http-transport';
import type { Failure, Transport } from './transport';

export interface WayOut {
  readonly transport: Transport;
  readonly loadEncoding: () => Promise<RequestEncoding> | RequestEncoding;
  /** Loads what requests need, and opens a connection if asked to. Rejects if one of them fails. */
  readonly prepare: (connect: boolean) => Promise<void>;
  /** Replaces connections that have gone stale or have been idle for longer than `maxIdleMs`. */
  readonly refresh: (maxIdleMs?: number) => void;
}

export interface TransportFactory {
  create(signal: Signal, configuration: SignalConfiguration): WayOut;
  /** Destroys every connection. */
  close(): void;
}

export interface TransportFactoryOptions {
  readonly configuration: Pick<ExportConfiguration, 'aws' | 'extraCertificatesFile'>;
  readonly diagnostics: Diagnostics;
  readonly secrets: Secrets;
  readonly clock: WallClock;
}

/** Loads TLS ahead of the first request if an endpoint needs it. */
export function createTransportFactory(options: TransportFactoryOptions): TransportFactory {
  const { clock, diagnostics, secrets, configuration } = options;
  const pool = createConnectionPool({ ...configuration, clock, diagnostics });
  const { aws } = configuration;
  const shared = { pool, clock, diagnostics, secrets, ...(aws && { aws }) };
  const context: HeaderContext = { ...shared, loadSecrets: createSecretLoader(shared) };
  return {
    create: (signal, settings) =>
      settings.exporter === 'console'
        ? createConsoleWayOut(signal)
        : createHttpWayOut(signal, settings, context),
    close: () => pool.close(),
  };
}

function createConsoleWayOut(signal: Signal): WayOut {
  const transport = createConsoleTransport((line) => process.stdout.write(line));
  const loadEncoding = () => loadJsonEncoding(signal);
  const prepare = async (): Promise<void> => {
    await loadEncoding();
  };
  return { transport, loadEncoding, prepare, refresh: () => undefined };
}

function createHttpWayOut(
  signal: Signal,
  settings: SignalConfiguration,
  context: HeaderContext,
): WayOut {
  const { pool, clock, secrets } = context;
  // A failure is reported by the first request.
  Promise.resolve(pool.connectionsOf(settings)).catch(() => undefined);
  const { headers, renewSecrets } = createHeaderSource(settings, context);
  const http = createHttpTransport({
    configuration: settings,
    headers,
    connect: () => pool.connectionsOf(settings),
    clock,
    secrets,
    once: signal === 'metrics',
  });
  const resendable = signal !== 'metrics';
  const reconnecting = createReconnectingTransport(http, { resendable, renewSecrets });
  const isCompressed = settings.compression === 'gzip';
  const loadEncoding =
    settings.protocol === 'http/json' ? () => loadJsonEncoding(signal) : () => protobufEncoding;
  return {
    transport: isCompressed ? createCompressingTransport(reconnecting) : reconnecting,
    loadEncoding,
    async prepare(connect) {
      await loadEncoding();
      if (isCompressed) await deflate(new Uint8Array());
      if (settings.signing !== undefined) await import('../auth/sigv4');
      const connections = await pool.connectionsOf(settings);
      if (connect) await connections.prepare();
    },
    refresh(longestMs = MAX_IDLE_MS) {
      const connections = pool.connectionsOf(settings);
      if (!(connections instanceof Promise)) connections.refresh(longestMs);
    },
  };
}

/** More than the idle connections that are kept for an endpoint, so that the last attempt uses a new one. */
const MAX_RECONNECTS = 5;

interface ReconnectingOptions {
  /**
   * False for metrics, whose delta points must not be counted twice: they are sent again only if the server cannot have
   * acted on them.
   */
  readonly resendable: boolean;
  /** Resolves to true if the credentials were read again. */
  readonly renewSecrets: () => Promise<boolean>;
}

/**
 * A decorator that sends a request again at once, without back-off, if its failure was not its own fault: the server
 * ended a reused connection without answering (RFC 9110 §9.2.2), or said so with 408. Once, it also repeats a request
 * that was refused for credentials that have been rotated.
 */
export function createReconnectingTransport(
  inner: Transport,
  { resendable, renewSecrets }: ReconnectingOptions,
): Transport {
  const mayReconnect = ({ staleConnection, bodyWritten, outcome }: Failure): boolean => {
    const isUnsure = bodyWritten && typeof outcome === 'string';
    return staleConnection === true && (resendable || !isUnsure);
  };
  return {
    async send(body, timeoutMs, cancellation) {
      let isRenewed = false;
      for (let reconnects = 0; ; reconnects += 1) {
        const result = await inner.send(body, timeoutMs, cancellation);
        if (result.status === 'success' || cancellation?.isCancelled === true) return result;
        const { failure } = result;
        const isRefused = failure.outcome === 401 || failure.outcome === 403;
        if (isRefused && !isRenewed) {
          isRenewed = true;
          if (!(await renewSecrets())) return result;
        } else if (reconnects >= MAX_RECONNECTS || !mayReconnect(failure)) {
          return result;
        }
      }
    },
  };
}

/** A decorator that gzips bodies; the inner transport's headers must say `content-encoding: gzip`. */
function createCompressingTransport(inner: Transport): Transport {
  return {
    async send(body, timeoutMs, cancellation) {
      return inner.send(await deflate(body), timeoutMs, cancellation);
    },
  };
}

/**
 * OTEL_*_EXPORTER=console, for local debugging: writes each request to stdout as one line of OTLP/JSON. `write` is
 * called with whole lines, e.g. `process.stdout.write`.
 */
export function createConsoleTransport(write: (line: string) => void): Transport {
  const decoder = new TextDecoder();
  return {
    send(body) {
      write(`${decoder.decode(body)}\n`);
      return Promise.resolve({ status: 'success' });
    },
  };
}
