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
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
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

/** Numbers of the host by the certificates they were made of. */
const configs = new Map<string, number>();

function configOf({ ca, cert, key }: ConnectionOptions): number {
  const texts = [ca, cert, key].map((pem) => pem?.toString() ?? '');
  const name = JSON.stringify(texts);
  const known = configs.get(name);
  if (known !== undefined) return known;
  const [authorities = '', certificate = '', privateKey = ''] = texts;
  const made = host.sockets.tlsConfig(authorities, certificate, privateKey);
  configs.set(name, made);
  return made;
}

/** @throws when the certificates or the key are none, as Node does. */
export function connect(options: ConnectionOptions): TLSSocket {
  const { host: name, port, keepAlive = false, servername = name, socket } = options;
  let config: number;
  try {
    config = configOf(options);
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
