// OTLP/HTTP of the function's own OpenTelemetry SDK, on the two loopback addresses only; connections that begin with
// gRPC are passed to grpc-receiver.ts. A request is answered in the turn of the event loop that completes its body,
// once the handlers are loaded and the body is inflated, and never waits for the OTLP endpoint.
// Source: OTLP specification 1.11, "OTLP/HTTP"
import type { Diagnostics } from '../diagnostics';
import { ConnectionGroup, MAX_CONNECTIONS, startHttpServer } from '../http/server';
import type { HttpServerOptions, ReceivedRequest } from '../http/served-connection';
import type { HttpServer, ServerAddress } from '../http/server';
import type * as Grpc from './grpc-receiver';
import type * as Requests from './otlp-requests';
import type { OtlpReceiverOptions } from './received-otlp';
import { MAX_BODY_BYTES } from './telemetry-api';

export interface OtlpReceiver {
  /** True if at least one address is bound. */
  readonly isServing: boolean;
  close(): void;
}

const HOSTS = ['127.0.0.1', '::1'] as const;
/** The machine has no such address, for example because IPv6 is off. */
const NO_ADDRESS = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

/** Loads the handlers of HTTP requests; may be called before the first request. */
export async function loadOtlpRequests(): Promise<typeof Requests> {
  return import('./otlp-requests');
}

/** Loads the gRPC server; may be called before the first connection that needs it. */
export async function loadGrpc(): Promise<typeof Grpc> {
  return import('./grpc-receiver');
}

/** Never rejects: addresses that are taken cost one warning, and the others serve. */
export async function startOtlpReceiver(options: OtlpReceiverOptions): Promise<OtlpReceiver> {
  const { ports, diagnostics } = options;
  const server = toServerOptions(options);
  const addresses = ports.flatMap((port) => HOSTS.map((host) => ({ host, port })));
  const group = new ConnectionGroup();
  const bound = await Promise.allSettled(
    addresses.map((address) => startHttpServer(server, address, group)),
  );
  const isServing = bound.some(({ status }) => status === 'fulfilled');
  warnOfTaken({ addresses, bound, isServing }, diagnostics);
  return {
    isServing,
    close: () => {
      for (const one of bound) if (one.status === 'fulfilled') one.value.close();
    },
  };
}

/** The options of all addresses. If a handler cannot be loaded, its connections are closed with one warning. */
function toServerOptions(options: OtlpReceiverOptions): HttpServerOptions {
  const { budget, diagnostics } = options;
  const giveUp = createWarning(diagnostics);
  const onCut = countCuts(options);
  let requests: typeof Requests | undefined;
  const serve = (request: ReceivedRequest, how: 'receive' | 'receiveOversize'): void => {
    if (requests !== undefined) {
      requests[how](request, options);
      return;
    }
    loadOtlpRequests().then(
      (loaded) => {
        requests = loaded;
        loaded[how](request, options);
      },
      (error: unknown) => {
        request.cut();
        giveUp('HTTP', error);
      },
    );
  };
  return {
    maxBodyBytes: MAX_BODY_BYTES,
    budget,
    usesReserve: true,
    onRequest: (request) => serve(request, 'receive'),
    onOversize: (request) => serve(request, 'receiveOversize'),
    onMalformed: options.onRefused,
    onCut,
    onHttp2: (socket, first) => {
      const fail = (error: unknown): void => {
        socket.destroy();
        giveUp('gRPC', error);
      };
      loadGrpc().then(({ serveGrpc }) => serveGrpc(socket, first, { ...options, onCut }), fail);
    },
    onError: ({ message }) =>
      diagnostics.error(`OTLP receiver: ${message}; the function's own telemetry may be missing`),
  };
}

/** What is cut is counted, and the first of it costs a warning. */
function countCuts({ budget, diagnostics, onRefused }: OtlpReceiverOptions): () => void {
  let hasWarned = false;
  return () => {
    onRefused();
    if (hasWarned) return;
    hasWarned = true;
    diagnostics.warn(
      `OTLP receiver: expected at most ${budget.limitBytes} bytes of unfinished requests and ${MAX_CONNECTIONS} connections, got more; unfinished requests are cut and counted, and lost unless the SDK sends them again (LAMBDA_OTLP_BUFFER_BYTES gives more room)`,
    );
  };
}

function createWarning(diagnostics: Diagnostics): (what: string, error: unknown) => void {
  const warned = new Set<string>();
  return (what, error) => {
    if (warned.has(what)) return;
    warned.add(what);
    diagnostics.warn(
      `OTLP receiver: ${what} could not be loaded (${String(error)}); its connections are closed`,
    );
  };
}

interface Binding {
  readonly addresses: readonly ServerAddress[];
  /** The outcome for each address. */
  readonly bound: readonly PromiseSettledResult<HttpServer>[];
  readonly isServing: boolean;
}

function warnOfTaken({ addresses, bound, isServing }: Binding, diagnostics: Diagnostics): void {
  const problems = addresses.flatMap(({ host = '', port = 0 }, index) => {
    const one = bound[index];
    if (one?.status !== 'rejected') return [];
    const { code = '', message } = one.reason as NodeJS.ErrnoException;
    if (NO_ADDRESS.has(code)) return [];
    return [`${code === '' ? message : code} at ${host === '::1' ? '[::1]' : host}:${port}`];
  });
  if (problems.length === 0) return;
  const consequence = isServing
    ? 'the other addresses serve'
    : "the function's own telemetry is not received";
  diagnostics.warn(
    `OTLP receiver: expected free ports, got ${problems.join(', ')}; ${consequence}`,
  );
}
