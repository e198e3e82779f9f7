// A server for HTTP/1.1 requests that are answered with a status and no body, each after its end.
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { HeaderFields } from './header-fields';
import type { MessageHead } from './message-reader';
import { MessageReader } from './message-reader';

export interface HttpServerOptions {
  /** The body's bytes go to what this returns. */
  readonly onRequest: (request: IncomingRequest) => RequestListener;
  readonly onError: (error: Error) => void;
}

export interface IncomingRequest {
  readonly method: string;
  readonly fields: HeaderFields;
  /** Answers with this status and no body, once, after the request's end. `fields`: lines with their CRLF. */
  answer(status: number, fields?: string): void;
  /** Destroys the connection. */
  cut(): void;
}

export interface RequestListener {
  onData(bytes: Buffer): void;
  onEnd(): void;
  /** The client went away before the end; nothing follows. */
  onAborted(): void;
}

export interface HttpServer {
  readonly port: number;
  close(): void;
}

/** Reason phrases are optional (RFC 9112 §4), but some clients want one. */
const REASONS: Readonly<Record<number, string>> = { 200: 'OK', 405: 'Method Not Allowed' };

/** Binds a free port other than `reservedPort` on every address. Rejects when nothing can be bound. */
export async function startHttpServer(
  options: HttpServerOptions,
  reservedPort: number,
): Promise<HttpServer> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    new ServedConnection(socket, options.onRequest);
  });
  let port = await listen(server);
  if (port === reservedPort) {
    await new Promise<void>((resolve) => void server.close(() => resolve()));
    port = await listen(server);
  }
  server.on('error', options.onError);
  return {
    port,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, () => {
      server.removeListener('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

class ServedConnection {
  private readonly reader: MessageReader;
  private listener: RequestListener | undefined;
  /** One for each request that is not answered yet, in order; with its text once the answer is known. */
  private readonly answers: { text?: string }[] = [];
  private isLast = false;

  constructor(
    private readonly socket: Socket,
    private readonly onRequest: HttpServerOptions['onRequest'],
  ) {
    this.reader = new MessageReader('request', {
      onHead: (head) => this.begin(head),
      onData: (bytes) => this.listener?.onData(bytes),
      onEnd: (reusable) => this.endRequest(reusable),
      onMalformed: () => void socket.destroy(),
    });
    socket.on('data', (bytes: Buffer) => {
      if (!this.isLast) this.reader.push(bytes);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => this.abort());
  }

  private begin({ startLine, fields }: MessageHead): void {
    // What follows the last request in the same bytes is not taken, as it will not be answered.
    if (this.isLast || this.socket.destroyed) return;
    const [method = ''] = startLine.split(' ', 1);
    if (/^100-continue$/i.test(fields.get('expect') ?? '')) {
      this.socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1');
    }
    const answer: { text?: string } = {};
    this.answers.push(answer);
    this.listener = this.onRequest({
      method,
      fields,
      answer: (status, answerFields = '') => {
        const connection = this.isLast ? 'Connection: close\r\n' : '';
        const reason = REASONS[status] ?? '';
        answer.text = `HTTP/1.1 ${status} ${reason}\r\n${answerFields}${connection}Content-Length: 0\r\n\r\n`;
        this.writeAnswers();
      },
      cut: () => void this.socket.destroy(),
    });
  }

  private endRequest(reusable: boolean): void {
    this.isLast = !reusable;
    const { listener } = this;
    this.listener = undefined;
    listener?.onEnd();
  }

  /** In the order of the requests, whichever was answered first. */
  private writeAnswers(): void {
    for (;;) {
      const text = this.answers[0]?.text;
      if (text === undefined) return;
      this.answers.shift();
      this.socket.write(text, 'latin1');
      if (this.isLast && this.answers.length === 0) this.socket.end();
    }
  }

  private abort(): void {
    const { listener } = this;
    this.listener = undefined;
    listener?.onAborted();
  }
}
