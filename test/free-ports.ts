// Ports of 127.0.0.1 that nobody listens at: for servers that cannot be told to choose one and say which, and for
// clients that shall find nobody. Free a moment ago; nothing keeps them.
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

// Below the range that systems give to clients and to servers that ask for any port (from 32768 on Linux, from 49152 on
// macOS): there, another test's socket may take a port between here and its use.
const FIRST_PORT = 10_000;
const PORTS = 22_000;
const ATTEMPTS = 50;

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const listening = once(server, 'listening').then(
    () => true,
    () => false,
  );
  server.listen(port, '127.0.0.1');
  if (!(await listening)) return false;
  server.close();
  await once(server, 'close');
  return true;
}

/** @throws Error if fifty ports in a row are taken. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = FIRST_PORT + randomInt(PORTS);
    if (await isFree(port)) return port;
  }
  throw new Error(`expected a free port, got ${ATTEMPTS} that are taken`);
}

/** All different. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}
