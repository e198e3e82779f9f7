// Reaches an https endpoint through an HTTP proxy with CONNECT (RFC 9110 §9.3.6). TLS runs end to end
// inside the tunnel: the target's name and certificate are checked as ever.
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { formatHead } from '../../http/message-head';
import { MessageReader } from '../../http/message-reader';
import { socketOptions, toAddress } from './socket-address';
import type { Address } from './socket-address';
import type { TlsConnector } from './tls-connector';
import { proxyAuthorization } from './proxy-authorization';

const connectTimeoutMs = 10_000;

export interface Proxy {
  readonly url: string;
  /** For a proxy whose URL is https. */
  readonly connectTls: TlsConnector;
}

/** A socket whose other end is the target. Rejects when the proxy refuses or cannot be reached. */
export function openTunnel(target: Address, proxy: Proxy): Promise<Socket> {
  const socket = connectTo(proxy);
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  const authority = `${host}:${target.port}`;
  const fields = { host: authority, ...proxyAuthorization(new URL(proxy.url)) };
  socket.write(formatHead({ method: 'CONNECT', target: authority, fields }), 'latin1');
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail('the proxy did not answer CONNECT'), connectTimeoutMs);
    const fail = (problem: Error | string): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(typeof problem === 'string' ? failure(problem) : problem);
    };
    const reader = new MessageReader('response', {
      onHead: ({ startLine }) => {
        const status = startLine.slice(9, 12);
        if (!status.startsWith('2')) {
          fail(`the proxy refused CONNECT with HTTP ${status}`);
          return;
        }
        clearTimeout(timer);
        // What follows the head is the tunnel's (RFC 9110 §9.3.6), and the target speaks second in TLS. An
        // error is told by the TLS socket, which ends with this one.
        socket.removeListener('data', read);
        socket.pause();
        resolve(socket);
      },
      onData: () => undefined,
      onEnd: () => undefined,
      onMalformed: (problem) => fail(`the proxy answered CONNECT with ${problem}`),
    });
    const read = (bytes: Buffer): void => reader.push(bytes);
    socket.on('data', read);
    socket.on('error', fail);
    socket.on('close', () => fail('the proxy closed the connection'));
  });
}

function connectTo({ url, connectTls }: Proxy): Socket {
  const address = toAddress(url);
  return url.startsWith('https:') ? connectTls(address) : connect({ ...address, ...socketOptions });
}

function failure(message: string): Error {
  return Object.assign(new Error(message), { code: 'proxy_error' });
}
