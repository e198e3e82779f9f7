// A real Jaeger v2 with collector-config/jaeger/jaeger.yaml: OTLP in, traces in memory, its query APIs out.
import { freePorts } from '../../free-ports';
import { collectorConfigPath } from './checkout';
import { answersOk, getJson } from './http-query';
import { install } from './install';
import { sayOnStderr } from './progress';
import type { BackendOptions } from './progress';
import type { ServerProcess } from './server-process';
import { startServer } from './server-process';

export interface JaegerOptions extends BackendOptions {
  /** Port of UI and query API; default: a free one. */
  readonly uiPort?: number;
}

/** One span as `/api/traces` gives it (Jaeger's own JSON, times in microseconds). */
export interface JaegerSpan {
  readonly traceID: string;
  readonly spanID: string;
  readonly operationName: string;
  readonly references: readonly { readonly refType: string; readonly spanID: string }[];
  readonly startTime: number;
  readonly duration: number;
  readonly tags: readonly { readonly key: string; readonly value: unknown }[];
  readonly logs: readonly {
    readonly fields: readonly { readonly key: string; readonly value: unknown }[];
  }[];
  readonly processID: string;
  /** Jaeger's complaints, e.g. of clock skew or a missing parent. */
  readonly warnings: readonly string[] | null;
}

export interface JaegerTrace {
  readonly traceID: string;
  readonly spans: readonly JaegerSpan[];
  readonly processes: Readonly<
    Record<string, { readonly serviceName: string; readonly tags: JaegerSpan['tags'] }>
  >;
}

export interface Jaeger {
  /** Base URL for OTEL_EXPORTER_OTLP_ENDPOINT; takes traces only, 404 for metrics and logs. */
  readonly otlpUrl: string;
  readonly uiUrl: string;
  /** The trace, or undefined while Jaeger has none of that id. */
  trace(traceId: string): Promise<JaegerTrace | undefined>;
  /** What Jaeger's current query API complains of in a trace: clock skew, missing parents, duplicate ids. */
  warnings(traceId: string): Promise<readonly string[]>;
  /** Newest traces of a service, at most 1000. */
  traces(service: string): Promise<readonly JaegerTrace[]>;
  /** Page that shows the trace to a person. */
  traceUrl(traceId: string): string;
  output(): string;
  stop(): Promise<void>;
}

/** Installs Jaeger on first use (minutes). Rejects when Go is missing, the build fails or it does not start. */
export async function startJaeger(options: JaegerOptions = {}): Promise<Jaeger> {
  const binary = await install('jaeger', options.say ?? sayOnStderr);
  const [otlp = 0, grpc = 0, query = 0, queryGrpc = 0, health = 0] = await freePorts(5);
  const uiPort = options.uiPort ?? query;
  const server = await startServer({
    name: 'jaeger',
    command: [binary, '--config', collectorConfigPath('jaeger/jaeger.yaml')],
    env: {
      JAEGER_OTLP_HTTP_ENDPOINT: `127.0.0.1:${otlp}`,
      JAEGER_OTLP_GRPC_ENDPOINT: `127.0.0.1:${grpc}`,
      JAEGER_QUERY_ENDPOINT: `127.0.0.1:${uiPort}`,
      JAEGER_QUERY_GRPC_ENDPOINT: `127.0.0.1:${queryGrpc}`,
      JAEGER_HEALTH_ENDPOINT: `127.0.0.1:${health}`,
    },
    isReady: () => answersOk(`http://127.0.0.1:${health}/status`),
  });
  return toJaeger(server, `http://127.0.0.1:${otlp}`, `http://127.0.0.1:${uiPort}`);
}

function toJaeger(server: ServerProcess, otlpUrl: string, uiUrl: string): Jaeger {
  const ask = async (query: string): Promise<readonly JaegerTrace[]> => {
    const answer = await getJson(`${uiUrl}/api/traces${query}`);
    return (answer as { data: readonly JaegerTrace[] | null } | undefined)?.data ?? [];
  };
  return {
    otlpUrl,
    uiUrl,
    trace: async (traceId) => (await ask(`/${traceId}`))[0],
    warnings: async (traceId) => warningsIn(await getJson(`${uiUrl}/api/v3/traces/${traceId}`)),
    traces: (service) => ask(`?service=${encodeURIComponent(service)}&limit=1000`),
    traceUrl: (traceId) => `${uiUrl}/trace/${traceId}`,
    output: () => server.output(),
    stop: () => server.stop(),
  };
}

interface TraceV3 {
  readonly result: {
    readonly resourceSpans: readonly {
      readonly scopeSpans: readonly {
        readonly spans: readonly {
          readonly name: string;
          readonly attributes?: readonly { readonly key: string; readonly value: unknown }[];
        }[];
      }[];
    }[];
  };
}

function warningsIn(answer: unknown): readonly string[] {
  const { resourceSpans } = (answer as TraceV3).result;
  return resourceSpans
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
    .flatMap(({ name, attributes = [] }) =>
      attributes
        .filter(({ key }) => key === '@jaeger@warnings')
        .map(({ value }) => `${name}: ${JSON.stringify(value)}`),
    );
}
