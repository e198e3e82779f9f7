// Reaches an https endpoint through an HTTP proxy with CONNECT (RFC 9110 §9.3.6). TLS runs end to end
// inside the tunnel: the target's name and certificate are checked as ever.
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { formatHead } from '../../http/message-head';
import { MessageReader } from '../../http/message-reader';
import { socketOptions, toAddress } from './socket-address';
import type { Address } from './socket-address';
import { loadTlsConnector } from './tls-connector';
import { proxyAuthorization } from './proxy-authorization';

const connectTimeoutMs = 10_000;

/** A socket whose other end is the target. Rejects when the proxy refuses or cannot be reached. */
export async function openTunnel(target: Address, proxyUrl: string): Promise<Socket> {
  const socket = await connectToProxy(proxyUrl);
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  const authority = `${host}:${target.port}`;
  const fields = { host: authority, ...proxyAuthorization(new URL(proxyUrl)) };
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
        // What follows the head is the tunnel's (RFC 9110 §9.3.6), and the target speaks second in TLS.
        for (const event of ['data', 'error', 'close']) socket.removeAllListeners(event);
        socket.pause();
        resolve(socket);
      },
      onData: () => undefined,
      onEnd: () => undefined,
      onMalformed: (problem) => fail(`the proxy answered CONNECT with ${problem}`),
    });
    socket.on('data', (bytes: Buffer) => reader.push(bytes));
    socket.on('error', fail);
    socket.on('close', () => fail('the proxy closed the connection'));
  });
}

async function connectToProxy(proxyUrl: string): Promise<Socket> {
  const address = toAddress(proxyUrl);
  if (!proxyUrl.startsWith('https:')) return connect({ ...address, ...socketOptions });
  const connectTls = await loadTlsConnector({});
  return connectTls(address);
}

function failure(message: string): Error {
  return Object.assign(new Error(message), { code: 'proxy_error' });
}
