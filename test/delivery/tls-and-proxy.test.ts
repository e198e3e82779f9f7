// TLS with a private CA and client certificates, and proxies, on real sockets.
import { once } from 'node:events';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer as createHttpServer, request as httpRequest } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { FixtureOptions } from './delivery-fixture';
import { createFixture, eventually } from './delivery-fixture';
import type { ScriptedEndpoint } from './scripted-endpoint';
import { startEndpoint } from './scripted-endpoint';
import { makeLogRecord, makeSpan } from './signal-items';
import { certificateFile, createTlsServer, startTlsEndpoint } from './tls-endpoint';
import type { TlsEndpointOptions } from './tls-endpoint';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function openTlsEndpoint(options: TlsEndpointOptions = {}): Promise<ScriptedEndpoint> {
  const endpoint = await startTlsEndpoint(options);
  closers.push(() => endpoint.close());
  return endpoint;
}

async function exportOneSpan(
  url: string,
  signal: FixtureOptions['signal'],
  others: Partial<FixtureOptions> = {},
): Promise<{ outcomes: string[]; warnings: string[]; exported: number }> {
  const fixture = createFixture({ url, signals: ['traces'], ...(signal && { signal }), ...others });
  closers.push(() => fixture.delivery.close());
  fixture.delivery.addSpans([makeSpan(0)]);
  await fixture.flush(5_000);
  const { observed, warnings } = fixture;
  return { outcomes: observed.outcomes, warnings, exported: observed.exported.traces };
}

it('TLS trusts the private CA of OTEL_EXPORTER_OTLP_CERTIFICATE', async () => {
  const { port } = await openTlsEndpoint();
  const tls = { certificateFile: certificateFile('ca.pem') };
  const { exported } = await exportOneSpan(`https://localhost:${port}`, { tls });
  expect(exported).toBe(1);
});

it('TLS refuses a server whose CA it does not know, says so, and keeps the items', async () => {
  const { port, requests } = await openTlsEndpoint();
  const { exported, warnings } = await exportOneSpan(`https://localhost:${port}`, {});
  expect(exported).toBe(0);
  expect(requests).toHaveLength(0);
  expect(warnings.join()).toContain('OTEL_EXPORTER_OTLP_CERTIFICATE');
});

it('TLS refuses a server that is trusted but has another name', async () => {
  const { port, requests } = await openTlsEndpoint({ owner: 'elsewhere' });
  const tls = { certificateFile: certificateFile('elsewhere.pem') };
  const { outcomes } = await exportOneSpan(`https://localhost:${port}`, { tls });
  expect(new Set(outcomes)).toEqual(new Set(['ERR_TLS_CERT_ALTNAME_INVALID']));
  expect(requests).toHaveLength(0);
});

it('TLS shows its client certificate', async () => {
  const endpoint = await openTlsEndpoint({ asksForClient: true });
  const subjects: unknown[] = [];
  endpoint.server.on('secureConnection', (socket: TLSSocket) => {
    subjects.push(socket.getPeerCertificate().subject.CN);
  });
  const tls = {
    certificateFile: certificateFile('ca.pem'),
    clientCertificateFile: certificateFile('client.pem'),
    clientKeyFile: certificateFile('client.key.pem'),
  };
  const { exported } = await exportOneSpan(`https://localhost:${endpoint.port}`, { tls });
  expect(exported).toBe(1);
  expect(subjects).toEqual(['lambda-otlp test client']);
});

it('TLS fails without a client certificate where one is asked for, and keeps the items', async () => {
  const { port } = await openTlsEndpoint({ asksForClient: true });
  const tls = { certificateFile: certificateFile('ca.pem') };
  const { exported } = await exportOneSpan(`https://localhost:${port}`, { tls });
  expect(exported).toBe(0);
});

it('TLS goes on without a certificate file that cannot be read, with one warning', async () => {
  const { port } = await openTlsEndpoint();
  const tls = { certificateFile: certificateFile('missing.pem') };
  const { warnings } = await exportOneSpan(`https://localhost:${port}`, { tls });
  expect(warnings.filter((line) => line.includes('missing.pem'))).toHaveLength(1);
});

const extra = { extraCertificatesFile: certificateFile('ca.pem') };

it('NODE_EXTRA_CA_CERTS adds an authority to the public ones', async () => {
  const { port } = await openTlsEndpoint();
  const { exported } = await exportOneSpan(`https://localhost:${port}`, {}, extra);
  expect(exported).toBe(1);
});

it('NODE_EXTRA_CA_CERTS adds one to that of OTEL_EXPORTER_OTLP_CERTIFICATE, which stays trusted', async () => {
  const { port } = await openTlsEndpoint();
  const url = `https://localhost:${port}`;
  const other = { tls: { certificateFile: certificateFile('proxy-ca.pem') } };
  expect(await exportOneSpan(url, other)).toMatchObject({ exported: 0 });
  expect(await exportOneSpan(url, other, extra)).toMatchObject({ exported: 1 });
  const own = { tls: { certificateFile: certificateFile('ca.pem') } };
  const more = { extraCertificatesFile: certificateFile('proxy-ca.pem') };
  expect(await exportOneSpan(url, own, more)).toMatchObject({ exported: 1 });
});

it.each([
  ['is not there', 'missing.pem', 'ENOENT'],
  ['is none', 'make.sh', 'no PEM'],
])(
  'NODE_EXTRA_CA_CERTS costs one warning where the file %s, however many signals there are',
  async (_, name, said) => {
    const { port } = await openTlsEndpoint();
    const fixture = createFixture({
      url: `https://localhost:${port}`,
      signal: { tls: { certificateFile: certificateFile('ca.pem') } },
      perSignal: { logs: { url: `https://127.0.0.1:${port}/v1/logs` } },
      extraCertificatesFile: certificateFile(name),
    });
    closers.push(() => fixture.delivery.close());
    fixture.delivery.addSpans([makeSpan(0)]);
    fixture.delivery.addLogRecords([makeLogRecord(0)]);
    await fixture.flush();
    expect(fixture.observed.exported).toMatchObject({ traces: 1, logs: 1 });
    expect(fixture.warnings).toHaveLength(1);
    expect(fixture.warnings[0]).toContain(`${certificateFile(name)}' (${said})`);
  },
);

it.each(['-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG\n', 'MIGHAgEAMBMG/yqGSM49AgEG'])(
  'NODE_EXTRA_CA_CERTS is not shown where a key is set in place of its file',
  async (key) => {
    const { port } = await openTlsEndpoint();
    const tls = { certificateFile: certificateFile('ca.pem'), clientKeyFile: key };
    const { warnings } = await exportOneSpan(`https://localhost:${port}`, { tls });
    expect(warnings.join()).toContain('OTEL_EXPORTER_OTLP_CLIENT_KEY: expected a readable PEM');
    expect(warnings.join()).not.toContain('MIGH');
  },
);

it('NODE_EXTRA_CA_CERTS is not read if nothing is https', async () => {
  const endpoint = await startEndpoint();
  closers.push(() => endpoint.close());
  const more = { extraCertificatesFile: certificateFile('missing.pem') };
  const { exported, warnings } = await exportOneSpan(endpoint.url, {}, more);
  expect({ exported, warnings }).toEqual({ exported: 1, warnings: [] });
});

interface SeenByProxy {
  readonly method: string;
  readonly target: string;
  readonly authorization: string | undefined;
}

interface ProxyOptions {
  /** Of its answer to CONNECT. */
  readonly status?: number;
  readonly create?: (listener: RequestListener) => Server;
}

const createHttpsProxy = (listener: RequestListener): Server => createTlsServer('proxy', listener);

/** A proxy that sends every tunnel and request to one loopback port, whatever name was asked for. */
async function startProxy(
  port: number,
  { status = 200, create = createHttpServer }: ProxyOptions = {},
): Promise<{ url: string; seen: SeenByProxy[] }> {
  const seen: SeenByProxy[] = [];
  const note = ({ method = '', url = '', headers }: IncomingMessage): void =>
    void seen.push({ method, target: url, authorization: headers['proxy-authorization'] });
  const server = create((incoming, outgoing) => {
    note(incoming);
    const { method, headers } = incoming;
    const { pathname } = new URL(incoming.url ?? '');
    const options = { port, host: '127.0.0.1', method, headers, path: pathname };
    incoming.pipe(httpRequest(options, (response) => response.pipe(outgoing)));
  });
  server.on('connect', (incoming: IncomingMessage, socket: Socket) => {
    note(incoming);
    socket.on('error', () => undefined);
    if (status !== 200) return void socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    const upstream = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    return undefined;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

it('a proxy tunnels https by CONNECT, with the target checked end to end', async () => {
  const endpoint = await openTlsEndpoint();
  const proxy = await startProxy(endpoint.port);
  const { exported } = await exportOneSpan('https://collector.test', {
    proxyUrl: `http://user:p%40ss@${proxy.url}`,
    tls: { certificateFile: certificateFile('ca.pem') },
  });
  expect(exported).toBe(1);
  expect(proxy.seen).toEqual([
    {
      method: 'CONNECT',
      target: 'collector.test:443',
      authorization: `Basic ${Buffer.from('user:p@ss').toString('base64')}`,
    },
  ]);
  expect(endpoint.requests[0]?.headers['proxy-authorization']).toBeUndefined();
});

it('a proxy in between does not weaken the check of the name', async () => {
  const endpoint = await openTlsEndpoint();
  const proxy = await startProxy(endpoint.port);
  const { outcomes } = await exportOneSpan('https://other.test', {
    proxyUrl: `http://${proxy.url}`,
    tls: { certificateFile: certificateFile('ca.pem') },
  });
  expect(outcomes).not.toContain('success');
  expect(endpoint.requests).toHaveLength(0);
});

it('a proxy gets plain http in absolute form', async () => {
  const endpoint = await startEndpoint();
  closers.push(() => endpoint.close());
  const proxy = await startProxy(endpoint.port);
  const { exported } = await exportOneSpan('http://collector.test:4318', {
    proxyUrl: `http://${proxy.url}`,
  });
  expect(exported).toBe(1);
  expect(proxy.seen[0]?.target).toBe('http://collector.test:4318/v1/traces');
  expect(endpoint.requests[0]?.headers.host).toBe('collector.test:4318');
});

it('a proxy that refuses the tunnel keeps the items', async () => {
  const endpoint = await openTlsEndpoint();
  const proxy = await startProxy(endpoint.port, { status: 407 });
  const { exported, warnings } = await exportOneSpan('https://collector.test', {
    proxyUrl: `http://${proxy.url}`,
  });
  expect(exported).toBe(0);
  expect(warnings.join()).toContain('HTTP 407');
});

it('a proxy that cannot be reached keeps the items', async () => {
  const endpoint = await startEndpoint();
  await endpoint.close();
  const { outcomes } = await exportOneSpan('https://collector.test', { proxyUrl: endpoint.url });
  expect(outcomes).toContain('ECONNREFUSED');
});

const both = { tls: { certificateFile: certificateFile('ca.pem') } };

it('a proxy over TLS of a private authority tunnels https, each checked by itself, request after request', async () => {
  const endpoint = await openTlsEndpoint();
  const proxy = await startProxy(endpoint.port, { create: createHttpsProxy });
  const { delivery, flush, observed, warnings } = createFixture({
    url: 'https://collector.test',
    signal: { ...both, proxyUrl: `https://user:pass@${proxy.url}` },
    extraCertificatesFile: certificateFile('proxy-ca.pem'),
  });
  closers.push(() => delivery.close());
  for (const index of [0, 1, 2]) {
    delivery.addSpans([makeSpan(index)]);
    delivery.addLogRecords([makeLogRecord(index)]);
    await flush();
  }
  expect(warnings).toEqual([]);
  expect(observed.exported).toMatchObject({ traces: 3, logs: 3 });
  // One for each signal that may be sent first.
  expect(proxy.seen).toHaveLength(2);
  expect(proxy.seen[0]).toEqual({
    method: 'CONNECT',
    target: 'collector.test:443',
    authorization: `Basic ${Buffer.from('user:pass').toString('base64')}`,
  });
});

it('a proxy over TLS may have the authority of the endpoint', async () => {
  const endpoint = await openTlsEndpoint();
  const create = (listener: RequestListener): Server => createTlsServer('server', listener);
  const proxy = await startProxy(endpoint.port, { create });
  const signal = { ...both, proxyUrl: `https://${proxy.url}` };
  expect(await exportOneSpan('https://collector.test', signal)).toMatchObject({ exported: 1 });
});

it('a proxy over TLS of an unknown authority sees nothing of the request', async () => {
  const endpoint = await openTlsEndpoint();
  const proxy = await startProxy(endpoint.port, { create: createHttpsProxy });
  const signal = { ...both, proxyUrl: `https://user:pass@${proxy.url}` };
  const { exported, warnings } = await exportOneSpan('https://collector.test', signal);
  expect({ exported, seen: proxy.seen }).toEqual({ exported: 0, seen: [] });
  expect(warnings.join()).toContain('NODE_EXTRA_CA_CERTS');
});

it('a proxy over TLS gets plain http in absolute form', async () => {
  const endpoint = await startEndpoint();
  closers.push(() => endpoint.close());
  const proxy = await startProxy(endpoint.port, { create: createHttpsProxy });
  const extra = { extraCertificatesFile: certificateFile('proxy-ca.pem') };
  const signal = { proxyUrl: `https://${proxy.url}` };
  const { exported } = await exportOneSpan('http://collector.test:4318', signal, extra);
  expect(exported).toBe(1);
  expect(proxy.seen[0]?.target).toBe('http://collector.test:4318/v1/traces');
});

it('a proxy over TLS that ends the tunnel costs no item and causes no fault in the extension', async () => {
  const endpoint = await openTlsEndpoint();
  const proxy = await startProxy(endpoint.port, { create: createHttpsProxy });
  const { delivery, flush, observed } = createFixture({
    url: 'https://collector.test',
    signals: ['traces'],
    signal: { ...both, proxyUrl: `https://${proxy.url}` },
    extraCertificatesFile: certificateFile('proxy-ca.pem'),
  });
  closers.push(() => delivery.close());
  delivery.addSpans([makeSpan(0)]);
  await flush();
  for (const socket of endpoint.sockets) socket.destroy();
  await eventually(() => endpoint.sockets.size === 0);
  delivery.addSpans([makeSpan(1)]);
  await flush();
  expect(observed.exported.traces).toBe(2);
  expect(endpoint.accepted).toHaveLength(2);
});
