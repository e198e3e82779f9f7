// TLS connections to one endpoint. The last session is kept: after a thaw the handshake is resumed, which
// saves a round trip and the server's certificate.
import { isIP } from 'node:net';
import type { Socket } from 'node:net';
import { socketOptions } from './socket-address';
import type { Address } from './socket-address';
import type { TlsOptions } from './tls-options';

/** `socket`: an open tunnel to use instead of a connection of its own. */
type TlsTarget = Address & { readonly socket?: Socket };

type TlsConnector = (target: TlsTarget) => Socket;

/** Loads node:tls, which costs milliseconds, for the first https endpoint. */
export async function loadTlsConnector(options: TlsOptions): Promise<TlsConnector> {
  const { connect } = await import('node:tls');
  let session: Buffer | undefined;
  return ({ host, port, socket }) => {
    const secure = connect({
      ...socketOptions,
      ...options,
      host,
      ...(socket === undefined ? { port } : { socket }),
      ALPNProtocols: ['http/1.1'],
      ...(isIP(host) === 0 && { servername: host }),
      ...(session !== undefined && { session }),
    });
    // As an option it has no effect on a TLS socket: each flush would wait for a delayed acknowledgement.
    secure.setNoDelay(true);
    secure.on('session', (latest: Buffer) => (session = latest));
    // A session that the server does not take any more must not break the next connection too.
    secure.on('error', () => (session = undefined));
    return secure;
  };
}
