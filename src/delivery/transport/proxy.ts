// Which proxy a URL is sent through: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in upper or lower case, with the meaning
// that curl and Go give them. Loopback addresses never go through a proxy.
import type { Environment } from '../../environment';
import { formatHead } from '../../http/message-head';
import { MessageReader } from '../../http/message-reader';
import { BlockList, isIP, openSocket, toAddress } from '../../node/sockets';
import type { Address, Socket, TlsConnector } from '../../node/sockets';
import { basicCredentials } from '../settings/endpoint';

/** The URL of the proxy for `url`, or undefined if requests are sent directly. */
export function selectProxy(url: string, environment: Environment): string | undefined {
  const target = new URL(url);
  const name = target.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const read = (variable: string): string | undefined =>
    environment.text(variable) ?? environment.text(variable.toLowerCase());
  const seen = read(name);
  if (seen === undefined || isExempt(target, read('NO_PROXY') ?? '')) return undefined;
  const proxy = seen.includes('://') ? seen : `http://${seen}`;
  if (URL.canParse(proxy) && /^https?:$/.test(new URL(proxy).protocol)) return proxy;
  environment.reject(name, {
    expected: 'a URL that begins with http:// or https://',
    seen: 'a value that is not shown because it may hold a password',
    using: 'no proxy',
  });
  return undefined;
}

function isExempt(target: URL, noProxy: string): boolean {
  const host = target.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (host === 'localhost' || host === '::1' || host.startsWith('127.')) return true;
  const port = target.port === '' ? (target.protocol === 'https:' ? '443' : '80') : target.port;
  return noProxy.split(/[\s,]+/).some((entry) => {
    const rule = entry.trim().toLowerCase();
    if (rule === '') return false;
    if (rule === '*') return true;
    return matchesAddress(host, rule) || matchesName(host, port, rule);
  });
}

function matchesName(host: string, port: string, rule: string): boolean {
  const [, name = '', rulePort] = /^(.*?)(?::(\d+))?$/.exec(rule) ?? [];
  if (rulePort !== undefined && rulePort !== port) return false;
  const suffix = name.replace(/^\*?\./, '');
  return host === suffix || host.endsWith(`.${suffix}`);
}

function matchesAddress(host: string, rule: string): boolean {
  const family = isIP(host);
  const [network = '', prefix] = rule.replace(/^\[|\]$/g, '').split('/');
  if (family === 0 || isIP(network) !== family) return false;
  if (prefix === undefined) return host === network;
  const bits = Number(prefix);
  if (!Number.isInteger(bits) || bits < 0 || bits > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  const type = family === 4 ? 'ipv4' : 'ipv6';
  list.addSubnet(network, bits, type);
  return list.check(host, type);
}

const CONNECT_TIMEOUT_MS = 10_000;

export interface Proxy {
  readonly url: string;
  /** Used if the URL of the proxy is https. */
  readonly connectTls: TlsConnector;
}

/**
 * Reaches an https endpoint through an HTTP proxy with CONNECT (RFC 9110 §9.3.6), and resolves to a socket that is
 * connected to it. TLS runs end to end inside the tunnel, so the target's name and certificate are checked as usual.
 * Rejects if the proxy refuses or cannot be reached.
 */
export function openTunnel(target: Address, proxy: Proxy): Promise<Socket> {
  const socket = connectTo(proxy);
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  const authority = `${host}:${target.port}`;
  const fields = { host: authority, ...proxyAuthorization(new URL(proxy.url)) };
  socket.write(formatHead({ method: 'CONNECT', target: authority, fields }), 'latin1');
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail('the proxy did not answer CONNECT'), CONNECT_TIMEOUT_MS);
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
        // What follows the head belongs to the tunnel (RFC 9110 §9.3.6), where the target does not speak first because
        // TLS clients begin. Errors are reported by the TLS socket, which ends together with this one.
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
  return url.startsWith('https:') ? connectTls(address) : openSocket(address);
}

function failure(message: string): Error {
  return Object.assign(new Error(message), { code: 'proxy_error' });
}

/** Credentials in the URL of a proxy become a Proxy-Authorization header (RFC 9110 §11.7.2). */
export function proxyAuthorization({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  return { 'proxy-authorization': basicCredentials(username, password) };
}
