// Sends one request to the endpoint of a signal as the extension would, and returns the outcome as data.
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { Agent, Pool, ProxyAgent, request, type Dispatcher } from 'undici';
import type { SignalConfiguration } from '../../src/delivery/settings/configuration';
import type { TestItem } from './test-items';

export type ProbeOutcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly contentType: string;
      readonly body: Uint8Array;
      readonly location?: string;
      readonly durationMs: number;
    }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'file'; readonly message: string };

/** A person is waiting, so an endpoint that is silent for this long counts as unreachable. */
const MAX_WAIT_MS = 10_000;
/** The start of an answer tells what it is. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** The contents of the files that the TLS variables name, under the names of node:tls. */
type TlsFiles = Partial<Record<'ca' | 'cert' | 'key', Buffer>>;

/** Never rejects. `headers` have no references left in them. */
export async function probe(
  settings: SignalConfiguration,
  item: TestItem,
  headers: Readonly<Record<string, string>>,
): Promise<ProbeOutcome> {
  const tls = await readTls(settings);
  if ('message' in tls) return { kind: 'file', message: tls.message };
  const dispatcher = createDispatcher(settings, tls.options);
  const startMs = performance.now();
  // Only for a silent proxy: undici's own timeouts, which are shorter, cover the endpoint.
  const alarm = setTimeout(() => void dispatcher.destroy(), 1.5 * MAX_WAIT_MS);
  try {
    const isGzip = settings.compression === 'gzip';
    const {
      statusCode,
      headers: answered,
      body,
    } = await request(settings.url, {
      method: 'POST',
      dispatcher,
      headers: {
        ...headers,
        'content-type':
          settings.protocol === 'http/json' ? 'application/json' : 'application/x-protobuf',
        'user-agent': 'lambda-otlp-doctor',
        ...(isGzip && { 'content-encoding': 'gzip' }),
      },
      body: isGzip ? gzipSync(item.body) : item.body,
      headersTimeout: MAX_WAIT_MS,
      bodyTimeout: MAX_WAIT_MS,
    });
    const bytes = new Uint8Array(await body.arrayBuffer()).subarray(0, MAX_ANSWER_BYTES);
    const { location } = answered;
    return {
      kind: 'answered',
      status: statusCode,
      contentType: String(answered['content-type'] ?? ''),
      body: bytes,
      durationMs: performance.now() - startMs,
      ...(typeof location === 'string' && { location }),
    };
  } catch (error) {
    return toFailure(error);
  } finally {
    clearTimeout(alarm);
    void dispatcher.destroy();
  }
}

function createDispatcher({ proxyUrl }: SignalConfiguration, options: TlsFiles): Dispatcher {
  const connect = { ...options, timeout: MAX_WAIT_MS };
  if (proxyUrl === undefined) return new Agent({ connect });
  const { username, password } = new URL(proxyUrl);
  const credentials = Buffer.from(
    `${decodeURIComponent(username)}:${decodeURIComponent(password)}`,
  ).toString('base64');
  return new ProxyAgent({
    uri: proxyUrl,
    requestTls: options,
    proxyTls: options,
    factory: (origin, given) => new Pool(origin, refuseOnce(given)),
    ...(username !== '' && { token: `Basic ${credentials}` }),
  });
}

/** undici retries after a socket error, so it would ask a proxy that closes each connection again and again. */
function refuseOnce(options: Pool.Options): Pool.Options {
  const { connect } = options;
  if (typeof connect !== 'function') return options;
  return {
    ...options,
    connect: (target, done) =>
      connect(target, (...result) => {
        const [error] = result;
        if (error !== null && 'code' in error && error.code === 'UND_ERR_SOCKET')
          done(Object.assign(new Error(error.message), { code: 'ECONNRESET' }), null);
        else done(...result);
      }),
  };
}

async function readTls({
  tls,
}: SignalConfiguration): Promise<{ readonly options: TlsFiles } | { readonly message: string }> {
  const files = [
    ['ca', tls.certificateFile],
    ['cert', tls.clientCertificateFile],
    ['key', tls.clientKeyFile],
  ] as const;
  const options: TlsFiles = {};
  for (const [member, file] of files) {
    if (file === undefined) continue;
    try {
      options[member] = await readFile(file);
    } catch (error) {
      return {
        message: `${file}: ${(error as NodeJS.ErrnoException).code ?? 'unreadable'} on this machine`,
      };
    }
  }
  return { options };
}

/** undici wraps what the socket said once or twice, and tries several addresses. */
function toFailure(error: unknown): ProbeOutcome {
  let inner: unknown = error;
  for (;;) {
    if (inner instanceof AggregateError) inner = inner.errors[0];
    else if (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
    else break;
  }
  const { code = '', message } = inner as Error & { readonly code?: string };
  return { kind: 'failed', code, message };
}
