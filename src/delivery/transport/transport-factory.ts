// Names the parts of each signal's way out: headers, HTTP, reconnecting, compression; or the console.
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
  /** Loads what requests need, and opens a connection if asked to. Rejects when one of them fails. */
  readonly prepare: (connect: boolean) => Promise<void>;
  /** Replaces connections that went stale, or that idled longer than told. */
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

/** Loads TLS, where an endpoint needs it, ahead of the first request. */
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
  // A failure is told to the first request.
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

// A decorator that sends again at once, without back-off, what was no fault of the request: a reused connection that
// the server ended before it answered (RFC 9110 §9.2.2), or said so with 408; and, once, what was refused for
// credentials that have been rotated meanwhile.

/** More than the idle connections one endpoint may keep, so that the last try is a fresh one. */
const MAX_RECONNECTS = 5;

interface ReconnectingOptions {
  /**
   * False for metrics, whose delta points must not be counted twice. They are sent again only if the server cannot
   * have acted on them.
   */
  readonly resendable: boolean;
  /** True: the credentials were read again. */
  readonly renewSecrets: () => Promise<boolean>;
}

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
        const response = await inner.send(body, timeoutMs, cancellation);
        if (response.status === 'success' || cancellation?.isCancelled === true) return response;
        const { failure } = response;
        const isRefused = failure.outcome === 401 || failure.outcome === 403;
        if (isRefused && !isRenewed) {
          isRenewed = true;
          if (!(await renewSecrets())) return response;
        } else if (reconnects >= MAX_RECONNECTS || !mayReconnect(failure)) {
          return response;
        }
      }
    },
  };
}

// A decorator that gzips bodies; the inner transport's headers must say `content-encoding: gzip`.

function createCompressingTransport(inner: Transport): Transport {
  return {
    async send(body, timeoutMs, cancellation) {
      return inner.send(await deflate(body), timeoutMs, cancellation);
    },
  };
}

// OTEL_*_EXPORTER=console, for local debugging: each request is one line of OTLP/JSON on stdout.

/** `write` gets whole lines, e.g. `process.stdout.write`. */
export function createConsoleTransport(write: (line: string) => void): Transport {
  const decoder = new TextDecoder();
  return {
    send(body) {
      write(`${decoder.decode(body)}\n`);
      return Promise.resolve({ status: 'success' });
    },
  };
}
