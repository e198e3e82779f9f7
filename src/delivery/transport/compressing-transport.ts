// A decorator that gzips bodies. zlib is loaded when the first body needs it; the inner transport's
// headers must say `content-encoding: gzip`.
import type { Transport } from './transport';

/** Billed CPU buys little beyond the fastest level: OTLP is repetitive. */
const level = 1;

export function createCompressingTransport(inner: Transport): Transport {
  return {
    async send(data, timeoutMillis, cancellation) {
      const body = await gzipBody(data);
      return inner.send(body, timeoutMillis, cancellation);
    },
    shutdown: () => inner.shutdown(),
  };
}

async function gzipBody(data: Uint8Array): Promise<Uint8Array> {
  const { gzip } = await import('node:zlib');
  return new Promise((resolve, reject) => {
    gzip(data, { level }, (error, compressed) => {
      if (error === null) resolve(compressed);
      else reject(error);
    });
  });
}
