// Keep-alive connections that know about freeze and thaw: a connection that idled longer than a few
// seconds of wall-clock time is discarded, because its peer has probably closed it meanwhile.
// Signals with the same endpoint, credentials and proxy share their connections.
import type { Agent, AgentOptions, request } from 'node:http';
import type { Duplex } from 'node:stream';
import type { SignalConfiguration } from './configuration';
import { loadTlsOptions } from './tls-options';
import type { Clock } from './transport';
import type { Diagnostics } from '../diagnostics/diagnostics';

export interface Connections {
  readonly agent: Agent;
  /** `request` of node:http or node:https. */
  readonly request: typeof request;
  /** Destroys idle connections that are too old to be trusted. */
  discardStale(): void;
}

type ConnectionTarget = Pick<SignalConfiguration, 'url' | 'tls' | 'proxyUrl'>;

export interface ConnectionPool {
  /** Loads what the endpoint needs (TLS only for https) on first use. */
  connect(target: ConnectionTarget): Promise<Connections>;
  close(): void;
}

/** Less than the keep-alive timeout of common servers (Node 5 s, nginx 75 s, ALB 60 s). */
const maxIdleMs = 3_000;

export function createConnectionPool(clock: Clock, diagnostics: Diagnostics): ConnectionPool {
  const pool = new Map<string, Promise<Connections>>();
  const agents = new Set<Agent>();
  let closed = false;
  return {
    connect(configuration) {
      const { url, tls, proxyUrl } = configuration;
      const key = JSON.stringify([new URL(url).origin, tls, proxyUrl]);
      let connections = pool.get(key);
      if (connections === undefined) {
        connections = openConnections(configuration, { clock, diagnostics });
        pool.set(key, connections);
        connections.then(
          ({ agent }) => (closed ? agent.destroy() : agents.add(agent)),
          () => pool.delete(key),
        );
      }
      return connections;
    },
    close() {
      closed = true;
      for (const agent of agents) agent.destroy();
    },
  };
}

interface Surroundings {
  readonly clock: Clock;
  readonly diagnostics: Diagnostics;
}

async function openConnections(
  configuration: ConnectionTarget,
  { clock, diagnostics }: Surroundings,
): Promise<Connections> {
  const options: AgentOptions = {
    keepAlive: true,
    maxFreeSockets: 4,
    scheduling: 'lifo',
    autoSelectFamily: true,
  };
  const { url, proxyUrl } = configuration;
  const isTunnelled = url.startsWith('https:') && proxyUrl !== undefined;
  if (url.startsWith('http:') && proxyUrl?.startsWith('https:') !== true) {
    const http = await import('node:http');
    const agent = new http.Agent(options);
    return { agent, request: http.request, discardStale: trackIdleTime(agent, clock) };
  }
  const https = await import('node:https');
  const tls = await loadTlsOptions(configuration.tls, diagnostics);
  const agent = new https.Agent({ ...options, ...tls });
  if (isTunnelled) {
    const { tunnelThrough } = await import('./proxy-tunnel');
    tunnelThrough(agent, proxyUrl);
  }
  return { agent, request: https.request, discardStale: trackIdleTime(agent, clock) };
}

function trackIdleTime(agent: Agent, clock: Clock): () => void {
  const idleSinceMs = new WeakMap<Duplex, number>();
  agent.on('free', (socket: Duplex) => void idleSinceMs.set(socket, clock.now()));
  return () => {
    for (const sockets of Object.values(agent.freeSockets)) {
      for (const socket of sockets ?? []) {
        const idleMs = clock.now() - (idleSinceMs.get(socket) ?? -Infinity);
        if (idleMs > maxIdleMs || idleMs < 0) socket.destroy();
      }
    }
  };
}
