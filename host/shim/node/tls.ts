// node:tls: a client with the certificates given, the system's or else Mozilla's. Sessions are kept and
// resumed by the native host, so no 'session' is emitted.
import type { Buffer } from './buffer';
import { Socket, failure } from './socket';

export interface ConnectionOptions {
  readonly host: string;
  readonly port?: number;
  readonly keepAlive?: boolean;
  readonly noDelay?: boolean;
  /** The name that the certificate must be for; without one, the host. */
  readonly servername?: string;
  /** An open connection to use. */
  readonly socket?: Socket;
  readonly secureContext: SecureContext;
  /** HTTP/1.1 is what the host offers. */
  readonly ALPNProtocols?: readonly string[];
  /** Resumption is the host's. */
  readonly session?: Buffer;
}

export class TLSSocket extends Socket {
  readonly encrypted = true;
  secureConnecting = true;

  override onConnected(): void {
    this.secureConnecting = false;
    this.connecting = false;
    this.emit('connect');
    this.emit('secureConnect');
  }
}

interface Identity {
  readonly ca?: Buffer | undefined;
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
}

const textOf = (pem: Buffer | undefined): string => pem?.toString() ?? '';

export class SecureContext {
  readonly context = this;
  private more = '';
  private made: number | undefined;

  constructor(private readonly identity: Identity) {}

  addCACert(pem: Buffer): void {
    this.more += `${textOf(pem)}\n`;
  }

  /** Its number. @throws when the texts are no PEM. */
  get number(): number {
    const { ca, cert, key } = this.identity;
    this.made ??= host.sockets.tlsConfig(textOf(ca), this.more, textOf(cert), textOf(key));
    return this.made;
  }
}

export function createSecureContext(identity: Identity): SecureContext {
  return new SecureContext(identity);
}

/** @throws if the certificates or the key are invalid, as Node does. */
export function connect(options: ConnectionOptions): TLSSocket {
  const { host: name, port, keepAlive = false, servername = name, socket } = options;
  let config: number;
  try {
    config = options.secureContext.number;
  } catch (error) {
    throw failure('ERR_OSSL_PEM_NO_START_LINE', String(error));
  }
  if (socket === undefined) {
    const id = host.sockets.connectTls(name, port ?? 443, keepAlive, config, servername);
    return new TLSSocket(id, true);
  }
  const id = socket.release();
  host.sockets.startTls(id, config, servername);
  return new TLSSocket(id, true);
}
