// Makes an https agent reach its targets through an HTTP proxy with CONNECT (RFC 9110 §9.3.6). TLS
// runs end to end inside the tunnel: the target's name and certificate are checked as ever.
import type { IncomingMessage, RequestOptions } from 'node:http';
import { request as httpRequest } from 'node:http';
import type { Agent } from 'node:https';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { connect as connectTls } from 'node:tls';
import { proxyAuthorization } from './proxy-authorization';

type OnConnection = (error: Error | null, socket?: Duplex) => void;
type Target = ConnectionOptions & { readonly host: string; readonly port: number };

const connectTimeoutMs = 10_000;

/** `agent` opens every new connection through the proxy from now on. */
export function tunnelThrough(agent: Agent, proxyUrl: string): void {
  const createConnection = (target: Target, onConnection: OnConnection): undefined => {
    openTunnel(target, proxyUrl, onConnection);
    return undefined;
  };
  Object.assign(agent, { createConnection });
}

function openTunnel(target: Target, proxyUrl: string, onConnection: OnConnection): void {
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  const authority = `${host}:${target.port}`;
  const proxy = new URL(proxyUrl);
  const options: RequestOptions = {
    method: 'CONNECT',
    hostname: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port === '' ? (proxy.protocol === 'https:' ? 443 : 80) : proxy.port,
    path: authority,
    headers: { host: authority, ...proxyAuthorization(proxy) },
    agent: false,
    timeout: connectTimeoutMs,
  };
  const connect = (proxy.protocol === 'https:' ? httpsRequest : httpRequest)(options);
  connect.on('timeout', () => connect.destroy(failure('the proxy did not answer CONNECT')));
  connect.on('error', (error) => onConnection(error));
  connect.on('connect', (response: IncomingMessage, socket: Duplex) => {
    if (response.statusCode !== 200) {
      socket.destroy();
      onConnection(failure(`the proxy refused CONNECT with HTTP ${response.statusCode ?? 0}`));
      return;
    }
    startTls({ ...target, socket }, onConnection);
  });
  connect.end();
}

function startTls(options: ConnectionOptions, onConnection: OnConnection): void {
  const secure = connectTls(options);
  const onError = (error: Error): void => onConnection(error);
  secure.once('error', onError);
  secure.once('secureConnect', () => {
    secure.removeListener('error', onError);
    onConnection(null, secure);
  });
}

function failure(message: string): Error {
  return Object.assign(new Error(message), { code: 'proxy_error' });
}
