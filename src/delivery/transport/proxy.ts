// Which proxy a URL goes through: HTTPS_PROXY, HTTP_PROXY and NO_PROXY in either case, read as curl
// and Go read them. Loopback addresses never go through a proxy.
import { BlockList, isIP } from 'node:net';
import type { Environment } from '../../environment';

/** The proxy's URL for `url`, or undefined when the request goes out directly. */
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
    seen: 'a value not shown, it may hold a password',
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
