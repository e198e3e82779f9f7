// Where and how each signal is exported: the OTLP exporter variables of the OpenTelemetry specification
// (opentelemetry.io/docs/specs/otel/protocol/exporter), read once. Never throws: an invalid value causes one warning,
// and the default is used.
import type { Environment } from '../../environment';
import type { Secrets } from '../../secrets';
import { EXPORTER_SETTINGS, SIGNAL_NAMES, ofSignal } from '../../settings';
import type { AwsSettings, SigningScope } from './aws-settings';
import { readAwsSettings, readSigning } from './aws-settings';
import type { Signal } from '../delivery';
import { basicCredentials, readEndpoint, warnOfEndpoint } from './endpoint';
import { readHeaders, hasSecretReference } from '../auth/headers';
import { selectProxy } from '../transport/proxy';

export interface TlsFiles {
  readonly certificateFile?: string;
  readonly clientCertificateFile?: string;
  readonly clientKeyFile?: string;
}

export interface SignalConfiguration {
  readonly exporter: 'otlp' | 'console';
  /** Absolute http(s) URL without user information. Its query may contain a token, so print only its `describeUrl`. */
  readonly url: string;
  /** Lower-case names. Values may contain `${secretsmanager:…}` and `${ssm:…}` references. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly compression: 'gzip' | 'none';
  readonly protocol: 'http/protobuf' | 'http/json';
  readonly tls: TlsFiles;
  readonly proxyUrl?: string;
  readonly signing?: SigningScope;
}

export interface ExportConfiguration {
  /** Signals that are not exported (`none`, OTEL_SDK_DISABLED) are absent. */
  readonly signals: Readonly<Partial<Record<Signal, SignalConfiguration>>>;
  readonly bufferBytes: number;
  /** PEM; read only if a URL is https. */
  readonly extraCertificatesFile?: string;
  /** Present if a signal is signed or a header refers to a secret. */
  readonly aws?: AwsSettings;
}

const GRPC_PORT = '4317';
const MIN_PLAUSIBLE_TIMEOUT_MS = 100;

/** Reads every export setting; warns through `environment.reject`. */
export function readExportConfiguration(environment: Environment): ExportConfiguration {
  const bufferBytes = environment.read('LAMBDA_OTLP_BUFFER_BYTES');
  if (environment.read('OTEL_SDK_DISABLED')) return { signals: {}, bufferBytes };

  const signals: Partial<Record<Signal, SignalConfiguration>> = {};
  for (const signal of SIGNAL_NAMES) {
    const configuration = readSignal(environment, signal);
    if (configuration !== undefined) signals[signal] = configuration;
  }
  warnOfEndpoint(environment, otlpSignals(signals));
  warnOfGrpcPort(environment, signals);
  const needsAws = Object.values(signals).some(
    ({ signing, headers }) =>
      signing !== undefined || Object.values(headers).some(hasSecretReference),
  );
  const extraCertificatesFile = environment.read('NODE_EXTRA_CA_CERTS');
  return {
    signals,
    bufferBytes,
    ...(extraCertificatesFile !== undefined && { extraCertificatesFile }),
    ...(needsAws && { aws: readAwsSettings(environment) }),
  };
}

/** Adds all credentials of the configuration to `secrets`. */
export function learnSecrets({ signals, aws }: ExportConfiguration, secrets: Secrets): void {
  for (const { url, proxyUrl, headers } of Object.values(signals)) {
    secrets.addUrl(url);
    if (proxyUrl !== undefined) {
      const { username, password } = new URL(proxyUrl);
      secrets.addUrl(proxyUrl);
      if (password !== '') secrets.addHeader(basicCredentials(username, password));
    }
    for (const value of Object.values(headers)) {
      if (!hasSecretReference(value)) secrets.addHeader(value);
    }
  }
  secrets.add(aws?.secretAccessKey);
  secrets.add(aws?.sessionToken);
  secrets.add(aws?.containerAuthorizationToken);
}

function readSignal(environment: Environment, signal: Signal): SignalConfiguration | undefined {
  const exporter = readExporter(environment, signal);
  if (exporter === 'none') return undefined;
  const endpoint = readEndpoint(environment, signal);
  const headers = { ...endpoint.authorization, ...readHeaders(environment, signal) };
  // CloudWatch accepts bearer tokens as well, so a header set by the user wins.
  const signing =
    headers['authorization'] === undefined
      ? readSigning(environment, { signal, url: endpoint.url })
      : undefined;
  const proxyUrl = selectProxy(endpoint.url, environment);
  return {
    exporter,
    url: endpoint.url,
    headers,
    timeoutMs: readTimeoutMs(environment, signal),
    compression: environment.readFor('OTEL_EXPORTER_OTLP_COMPRESSION', signal),
    protocol: environment.readFor('OTEL_EXPORTER_OTLP_PROTOCOL', signal),
    tls: readTlsFiles(environment, signal),
    ...(proxyUrl !== undefined && { proxyUrl }),
    ...(signing !== undefined && { signing }),
  };
}

/** Other exporters of OpenTelemetry take seconds, so a value that looks like seconds causes a hint. */
function readTimeoutMs(environment: Environment, signal: Signal): number {
  const name = 'OTEL_EXPORTER_OTLP_TIMEOUT';
  const timeoutMs = environment.readFor(name, signal);
  if (timeoutMs < MIN_PLAUSIBLE_TIMEOUT_MS) {
    const set =
      environment.text(ofSignal(name, signal)) === undefined ? name : ofSignal(name, signal);
    environment.reject(set, {
      expected: 'a number of milliseconds',
      seen: String(timeoutMs),
      using: `${timeoutMs} ms, in which few endpoints answer`,
    });
  }
  return timeoutMs;
}

/** Reads OTEL_{TRACES,METRICS,LOGS}_EXPORTER; if it is a list, the first known name counts. */
function readExporter(environment: Environment, signal: Signal): 'otlp' | 'console' | 'none' {
  const name = EXPORTER_SETTINGS[signal];
  const names = environment.read(name).map((word) => word.toLowerCase());
  const known = (['otlp', 'console', 'none'] as const).find((choice) => names.includes(choice));
  if (known === undefined || names.length > 1) {
    const using = known ?? 'otlp';
    const seen = environment.text(name) ?? '';
    environment.reject(name, { expected: 'one of otlp, console, none', seen, using });
  }
  return known ?? 'otlp';
}

function readTlsFiles(environment: Environment, signal: Signal): TlsFiles {
  const certificateFile = environment.readFor('OTEL_EXPORTER_OTLP_CERTIFICATE', signal);
  const clientCertificateFile = environment.readFor(
    'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE',
    signal,
  );
  const clientKeyFile = environment.readFor('OTEL_EXPORTER_OTLP_CLIENT_KEY', signal);
  return {
    ...(certificateFile !== undefined && { certificateFile }),
    ...(clientCertificateFile !== undefined && { clientCertificateFile }),
    ...(clientKeyFile !== undefined && { clientKeyFile }),
  };
}

type Signals = ExportConfiguration['signals'];

function otlpSignals(signals: Signals): Signal[] {
  return SIGNAL_NAMES.filter((signal) => signals[signal]?.exporter === 'otlp');
}

function warnOfGrpcPort(environment: Environment, signals: Signals): void {
  const warned = new Set<string>();
  for (const signal of otlpSignals(signals)) {
    const url = signals[signal]?.url;
    if (url === undefined || new URL(url).port !== GRPC_PORT) continue;
    const own = ofSignal('OTEL_EXPORTER_OTLP_ENDPOINT', signal);
    const name = environment.text(own) === undefined ? 'OTEL_EXPORTER_OTLP_ENDPOINT' : own;
    if (warned.has(name)) continue;
    warned.add(name);
    environment.reject(name, {
      expected: 'an OTLP/HTTP port (usually 4318)',
      seen: `port ${GRPC_PORT}, the OTLP/gRPC port`,
      using: 'it with HTTP anyway',
    });
  }
}
