// The built layer over TLS: private authorities, client certificates, proxies. What the delivery's tests show of
// Node's TLS holds for the host that brings its own.
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import { once } from 'node:events';
import type { TLSSocket } from 'node:tls';
import type { ScriptedEndpoint } from '../delivery/scripted-endpoint';
import { certificateFile, createTlsServer, startTlsEndpoint } from '../delivery/tls-endpoint';
import type { TlsEndpointOptions } from '../delivery/tls-endpoint';
import { endRuns, finish, startLayer } from './layer-run';

const echo = { action: 'log', lines: ['over TLS'] };
const closers: (() => unknown)[] = [];

afterEach(async () => {
  await endRuns();
  for (const close of closers.splice(0)) await close();
});

async function openEndpoint(options: TlsEndpointOptions = {}): Promise<ScriptedEndpoint> {
  const endpoint = await startTlsEndpoint(options);
  closers.push(() => endpoint.close());
  return endpoint;
}

/** One invocation with these settings; the signals that arrived at the endpoint, and the extension's output. */
async function runOnce(
  { requests }: ScriptedEndpoint,
  settings: Readonly<Record<string, string>>,
): Promise<{ readonly paths: readonly string[]; readonly output: string }> {
  const run = await startLayer({ settings: { LAMBDA_OTLP_FLUSH: 'end', ...settings } });
  expect(await run.lambda.invoke(echo)).toMatchObject({ status: 'success' });
  await finish(run);
  return { paths: [...new Set(requests.map(({ path }) => path))].sort(), output: run.output() };
}

const all = ['/v1/logs', '/v1/metrics', '/v1/traces'];

it('the extension trusts the private authority of OTEL_EXPORTER_OTLP_CERTIFICATE', async () => {
  const endpoint = await openEndpoint();
  const { paths } = await runOnce(endpoint, {
    OTEL_EXPORTER_OTLP_ENDPOINT: `https://localhost:${endpoint.port}`,
    OTEL_EXPORTER_OTLP_CERTIFICATE: certificateFile('ca.pem'),
  });
  expect(paths).toEqual(all);
});

it('the extension adds the authority of NODE_EXTRA_CA_CERTS', async () => {
  const endpoint = await openEndpoint();
  const { paths } = await runOnce(endpoint, {
    OTEL_EXPORTER_OTLP_ENDPOINT: `https://localhost:${endpoint.port}`,
    NODE_EXTRA_CA_CERTS: certificateFile('ca.pem'),
  });
  expect(paths).toEqual(all);
});

it('the extension sends nothing to a server whose authority it does not know, says why, and the function goes on', async () => {
  const endpoint = await openEndpoint();
  const { paths, output } = await runOnce(endpoint, {
    OTEL_EXPORTER_OTLP_ENDPOINT: `https://localhost:${endpoint.port}`,
  });
  expect(paths).toEqual([]);
  expect(output).toContain('OTEL_EXPORTER_OTLP_CERTIFICATE');
});

it('the extension shows its client certificate to a server that asks for one', async () => {
  const endpoint = await openEndpoint({ asksForClient: true });
  const subjects = new Set<unknown>();
  endpoint.server.on('secureConnection', (socket: TLSSocket) => {
    subjects.add(socket.getPeerCertificate().subject.CN);
  });
  const { paths } = await runOnce(endpoint, {
    OTEL_EXPORTER_OTLP_ENDPOINT: `https://localhost:${endpoint.port}`,
    OTEL_EXPORTER_OTLP_CERTIFICATE: certificateFile('ca.pem'),
    OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: certificateFile('client.pem'),
    OTEL_EXPORTER_OTLP_CLIENT_KEY: certificateFile('client.key.pem'),
  });
  expect(paths).toEqual(all);
  expect([...subjects]).toEqual(['lambda-otlp test client']);
});

it('says where the certificate that a server asks for in vain would be set', async () => {
  const endpoint = await openEndpoint({ asksForClient: true });
  const { paths, output } = await runOnce(endpoint, {
    OTEL_EXPORTER_OTLP_ENDPOINT: `https://localhost:${endpoint.port}`,
    OTEL_EXPORTER_OTLP_CERTIFICATE: certificateFile('ca.pem'),
  });
  expect(paths).toEqual([]);
  expect(output).toContain('see OTEL_EXPORTER_OTLP_CERTIFICATE');
});

/** Sends every tunnel to one loopback port, whatever name was asked for. */
async function startProxy(
  port: number,
  create: (listener: RequestListener) => Server,
): Promise<{ readonly port: number; readonly tunnels: Set<string> }> {
  const tunnels = new Set<string>();
  const sockets = new Set<Socket>();
  const server = create((_, response) => void response.writeHead(400).end());
  server.on('connect', (incoming: IncomingMessage, socket: Socket) => {
    sockets.add(socket);
    const { 'proxy-authorization': authorization = '' } = incoming.headers;
    tunnels.add(`${incoming.url ?? ''} ${authorization}`);
    const upstream = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    for (const end of [upstream, socket]) {
      end.on('error', () => {
        upstream.destroy();
        socket.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, tunnels };
}

it.each([
  ['a proxy', 'http', createHttpServer],
  [
    'a proxy over TLS, of an authority of its own',
    'https',
    (listener: RequestListener) => createTlsServer('proxy', listener),
  ],
] as const)('tunnels through %s, and checks the target end to end', async (_, scheme, create) => {
  const endpoint = await openEndpoint();
  const proxy = await startProxy(endpoint.port, create);
  const { paths } = await runOnce(endpoint, {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.test',
    OTEL_EXPORTER_OTLP_CERTIFICATE: certificateFile('ca.pem'),
    NODE_EXTRA_CA_CERTS: certificateFile('proxy-ca.pem'),
    HTTPS_PROXY: `${scheme}://user:p%40ss@localhost:${proxy.port}`,
  });
  expect(paths).toEqual(all);
  const basic = Buffer.from('user:p@ss').toString('base64');
  expect([...proxy.tunnels]).toEqual([`collector.test:443 Basic ${basic}`]);
});

it('the extension sends nothing to a server of another name, whoever stands between', async () => {
  const endpoint = await openEndpoint();
  const proxy = await startProxy(endpoint.port, createHttpServer);
  const { paths, output } = await runOnce(endpoint, {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://other.test',
    OTEL_EXPORTER_OTLP_CERTIFICATE: certificateFile('ca.pem'),
    HTTPS_PROXY: `http://localhost:${proxy.port}`,
  });
  expect([...proxy.tunnels]).toEqual(['other.test:443 ']);
  expect(paths).toEqual([]);
  expect(output).toContain('other.test');
});
