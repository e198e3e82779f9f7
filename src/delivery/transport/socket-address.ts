// Where a URL's connections go, and how their sockets are set up.

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A freeze may outlast any TCP keep-alive; it is there for middle boxes that drop idle connections. */
export const socketOptions = { noDelay: true, keepAlive: true, autoSelectFamily: true } as const;

export function toAddress(url: string): Address {
  const { hostname, port, protocol } = new URL(url);
  const standard = protocol === 'https:' ? 443 : 80;
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? standard : Number(port),
  };
}

/** Less than the keep-alive timeout of common servers (Node 5 s, nginx 75 s, ALB 60 s). */
export const maxIdleMs = 3_000;
