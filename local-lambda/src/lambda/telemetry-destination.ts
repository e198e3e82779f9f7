// Sends one batch to a subscriber's listener over HTTP or TCP. sandbox.localdomain is 127.0.0.1 here.
// An outcome is a value: a refused, reset or silent listener is expected.
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Destination } from './telemetry-subscription';

export type DeliveryOutcome =
  { readonly ok: true } | { readonly ok: false; readonly reason: string };

export interface Batch {
  /** The events as JSON texts. */
  readonly items: readonly string[];
  readonly sequenceId: string;
}

export interface TelemetryDestination {
  /** `onSent`: called when the last byte was handed to the kernel. */
  send(batch: Batch, onSent: () => void): Promise<DeliveryOutcome>;
  /** Gives up the batch in flight; send() then settles with a failure. */
  close(): void;
}

const LOOPBACK = '127.0.0.1';
// The address under which the service names the sandbox in Host (captures).
const SANDBOX_ADDRESS = '169.254.100.6';

export interface DestinationOptions {
  /** RIE drops the URI's path and posts to `/`. */
  readonly stripPath: boolean;
}

function createHttpDestination(
  destination: Extract<Destination, { protocol: 'HTTP' }>,
  { stripPath }: DestinationOptions,
): TelemetryDestination {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const { port } = destination;
  return {
    send: ({ items, sequenceId }, onSent) =>
      new Promise((resolve) => {
        const body = Buffer.from(`[${items.join(',')}]`);
        const call = request(
          {
            agent,
            host: LOOPBACK,
            port,
            method: stripPath ? 'POST' : destination.method,
            path: stripPath ? '/' : destination.path,
            headers: {
              'content-type': 'application/json',
              'sequence-id': sequenceId,
              host: stripPath ? `${LOOPBACK}:${port}` : `${SANDBOX_ADDRESS}:${port}`,
              'user-agent': stripPath ? 'Go-http-client/1.1' : 'awslambda-worker/1.0',
              'content-length': body.length,
            },
          },
          (response) => {
            const status = response.statusCode ?? 0;
            const ok = status >= 200 && status < (stripPath ? 400 : 300);
            response.resume();
            response.on('error', () => undefined);
            response.on('close', () =>
              resolve(ok ? { ok } : { ok, reason: `http request failed with status ${status}` }),
            );
          },
        );
        call.on('error', (error) => resolve({ ok: false, reason: error.message }));
        call.on('finish', onSent);
        call.end(body);
      }),
    close: () => agent.destroy(),
  };
}

function createTcpDestination(port: number): TelemetryDestination {
  let socket: Socket | undefined;
  const opened = (): Socket => {
    if (socket !== undefined && !socket.destroyed) return socket;
    socket = connect(port, LOOPBACK);
    socket.unref();
    socket.on('error', () => undefined);
    socket.resume();
    return socket;
  };
  return {
    send: ({ items }, onSent) =>
      new Promise((resolve) => {
        const current = opened();
        const fail = (): void => resolve({ ok: false, reason: 'connection closed' });
        current.once('close', fail);
        current.write(items.map((item) => `${item}\n`).join(''), (error) => {
          current.off('close', fail);
          if (!error) onSent();
          resolve(error ? { ok: false, reason: error.message } : { ok: true });
        });
      }),
    close: () => socket?.destroy(),
  };
}

export function createDestination(
  destination: Destination,
  options: DestinationOptions,
): TelemetryDestination {
  return destination.protocol === 'HTTP'
    ? createHttpDestination(destination, options)
    : createTcpDestination(destination.port);
}
