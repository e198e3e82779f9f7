// The floor of every comparison: the smallest extension that Node can run. It registers, binds a
// listener, subscribes and polls; it takes telemetry and converts nothing.
'use strict';
const http = require('node:http');

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true });

function call(method, path, headers, body) {
  return new Promise((resolve, reject) => {
    const options = { agent, host, port, method, path: `/${path}`, headers };
    const request = http.request(options, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }),
      );
    });
    request.on('error', reject);
    request.end(body && JSON.stringify(body));
  });
}

function listen() {
  const server = http.createServer((request, response) => {
    request.resume();
    request.on('end', () => response.end());
  });
  return new Promise((resolve) => server.listen(0, () => resolve(server.address().port)));
}

async function main() {
  const registered = await call(
    'POST',
    '2020-01-01/extension/register',
    { 'Lambda-Extension-Name': 'minimal-extension' },
    { events: ['INVOKE', 'SHUTDOWN'] },
  );
  const identity = {
    'Lambda-Extension-Identifier': registered.headers['lambda-extension-identifier'],
  };
  await call('PUT', '2022-07-01/telemetry', identity, {
    schemaVersion: '2022-12-13',
    types: ['platform', 'function'],
    buffering: { timeoutMs: 25, maxItems: 10000, maxBytes: 1048576 },
    destination: { protocol: 'HTTP', URI: `http://sandbox.localdomain:${await listen()}` },
  });
  for (;;) {
    const { body } = await call('GET', '2020-01-01/extension/event/next', identity);
    if (JSON.parse(body).eventType === 'SHUTDOWN') process.exit(0);
  }
}

main();
