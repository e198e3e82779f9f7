// An OTLP/HTTP endpoint in a process of its own, as fast as a healthy collector: answers at once and
// counts a text in what came. argv: the text, how to answer (ok, 503, reset or hang), and the folder of a
// certificate for https.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const [, , text, mode, certificates] = process.argv;
const bodies = [];

function answer(request, response) {
  switch (mode) {
    case 'ok':
      response.writeHead(200, { 'content-type': request.headers['content-type'] }).end();
      return;
    case '503':
      response.writeHead(503).end();
      return;
    case 'reset':
      request.socket.resetAndDestroy();
      return;
    default:
  }
}

function countText() {
  let found = 0;
  for (const { body, gzip } of bodies) {
    const plain = gzip ? gunzipSync(body) : body;
    for (let at = plain.indexOf(text); at >= 0; at = plain.indexOf(text, at + 1)) found += 1;
  }
  return found;
}

function create(onRequest) {
  if (certificates === undefined) return createServer(onRequest);
  const read = (name) => readFileSync(join(certificates, name));
  return createTlsServer({ key: read('server.key.pem'), cert: read('server.pem') }, onRequest);
}

const server = create((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('error', () => undefined);
  request.on('end', () => {
    answer(request, response);
    if (mode !== 'ok' || !request.url.endsWith('/v1/logs')) return;
    bodies.push({
      body: Buffer.concat(chunks),
      gzip: request.headers['content-encoding'] === 'gzip',
    });
  });
});
server.keepAliveTimeout = 0;
server.on('connection', (socket) => socket.on('error', () => undefined));
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('message', () => {
  process.send({ found: countText() });
  bodies.length = 0;
});
process.on('disconnect', () => process.exit());
