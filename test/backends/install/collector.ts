// A real OpenTelemetry Collector with one of the configurations of collector-config/, on free loopback ports.
import { spawnSync } from 'node:child_process';
import { freePorts } from '../../free-ports';
import { collectorConfigPath } from './checkout';
import { answersOk } from './http-query';
import { install } from './install';
import { sayOnStderr } from './progress';
import type { BackendOptions } from './progress';
import { startServer } from './server-process';

export interface CollectorOptions extends BackendOptions {
  /** File below collector-config/, e.g. `jaeger/collector.yaml`. */
  readonly config: string;
  /** `otelcol-s3` has the S3 exporter, `otelcol-spanmetrics` the connector; default `otelcol`. */
  readonly distribution?: 'otelcol' | 'otelcol-s3' | 'otelcol-spanmetrics';
  /** Variables that the configuration reads, e.g. `JAEGER_OTLP_URL`. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Collector {
  /** Base URL for OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly otlpUrl: string;
  output(): string;
  stop(): Promise<void>;
}

/** Installs the Collector on first use (minutes). Rejects when Go is missing, the build fails or it does not start. */
export async function startCollector(options: CollectorOptions): Promise<Collector> {
  const binary = await install(options.distribution ?? 'otelcol', options.say ?? sayOnStderr);
  const [otlp = 0, health = 0] = await freePorts(2);
  const server = await startServer({
    name: `otelcol ${options.config}`,
    command: [
      binary,
      '--config',
      collectorConfigPath(options.config),
      // The Collector's own metrics would take port 8888, which another Collector of this machine may have.
      '--config',
      'yaml:service::telemetry::metrics::level: none',
    ],
    env: {
      OTLP_HTTP_ENDPOINT: `127.0.0.1:${otlp}`,
      HEALTH_CHECK_ENDPOINT: `127.0.0.1:${health}`,
      ...options.env,
    },
    isReady: () => answersOk(`http://127.0.0.1:${health}/`),
  });
  return {
    otlpUrl: `http://127.0.0.1:${otlp}`,
    output: () => server.output(),
    stop: () => server.stop(),
  };
}

/** What `otelcol validate` complains of, undefined when the configuration is valid. The Collector must be installed. */
export async function validateCollectorConfig(
  options: CollectorOptions,
): Promise<string | undefined> {
  const binary = await install(options.distribution ?? 'otelcol', options.say ?? sayOnStderr);
  const result = spawnSync(binary, ['validate', '--config', collectorConfigPath(options.config)], {
    encoding: 'utf8',
    env: { ...process.env, ...options.env },
  });
  return result.status === 0 ? undefined : `${result.stdout}${result.stderr}`;
}
