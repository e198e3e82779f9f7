// Names the parts of each signal's way out: headers, HTTP, reconnecting, compression; or the console.
import type { Diagnostics } from '../../diagnostics';
import type { Secrets } from '../../secrets';
import { deflate } from '../../node/compression';
import { maxIdleMs } from './socket-address';
import type { RequestEncoding } from '../codec/request-body';
import { loadJsonEncoding, protobufEncoding } from '../codec/request-body';
import { createCompressingTransport } from './compressing-transport';
import type { ExportConfiguration, SignalConfiguration } from '../settings/configuration';
import { createConnectionPool } from './connection-pool';
import { createConsoleTransport } from './console-transport';
import type { Signal } from '../delivery';
import type { HeaderContext } from '../auth/header-source';
import { createHeaderSource, createSecretLoader } from '../auth/header-source';
import { createHttpTransport } from './http-transport';
import { createReconnectingTransport } from './reconnecting-transport';
import type { Clock, Transport } from './transport';

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
  readonly clock: Clock;
}

/** Loads TLS, where an endpoint needs it, ahead of the first request. */
export function createTransportFactory(options: TransportFactoryOptions): TransportFactory {
  const { clock, diagnostics, secrets, configuration } = options;
  const pool = createConnectionPool({ ...configuration, clock, diagnostics });
  const shared = {
    pool,
    clock,
    diagnostics,
    secrets,
    ...(configuration.aws && { aws: configuration.aws }),
  };
  const context: HeaderContext = { ...shared, loadSecrets: createSecretLoader(shared) };
  return {
    create(signal, settings) {
      if (settings.exporter === 'console') {
        const transport = createConsoleTransport((line) => process.stdout.write(line));
        const loadEncoding = () => loadJsonEncoding(signal);
        const prepare = async (): Promise<void> => {
          await loadEncoding();
        };
        return { transport, loadEncoding, prepare, refresh: () => undefined };
      }
      // A failure is told to the first request.
      Promise.resolve(pool.connect(settings)).catch(() => undefined);
      const { headers, renewSecrets } = createHeaderSource(settings, context);
      const http = createHttpTransport({
        configuration: settings,
        headers,
        connect: () => pool.connect(settings),
        clock,
        once: signal === 'metrics',
      });
      const reconnecting = createReconnectingTransport(http, {
        resendable: signal !== 'metrics',
        renewSecrets,
      });
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
          const connections = await pool.connect(settings);
          if (connect) await connections.prepare();
        },
        refresh(longestMs = maxIdleMs) {
          const connections = pool.connect(settings);
          if (!(connections instanceof Promise)) connections.refresh(longestMs);
        },
      };
    },
    close: () => pool.close(),
  };
}
