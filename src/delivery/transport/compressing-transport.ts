// A decorator that gzips bodies; the inner transport's headers must say `content-encoding: gzip`.
import { deflate } from '../../node/compression';
import type { Transport } from './transport';

export function createCompressingTransport(inner: Transport): Transport {
  return {
    async send(data, timeoutMillis, cancellation) {
      const body = await deflate(data);
      return inner.send(body, timeoutMillis, cancellation);
    },
    shutdown: () => inner.shutdown(),
  };
}
