// A Collector extension as far as others notice it: takes OTLP on localhost while it lives, passes each request
// on before it answers, and closes its port as soon as it hears of SHUTDOWN.
import { createServer, request } from 'node:http';

const { AWS_LAMBDA_RUNTIME_API: api, COLLECTOR_PORT: port, COLLECTOR_TARGET: target } = process.env;

const server = createServer((incoming, response) => {
  const { method, headers } = incoming;
  const onward = request(new URL(incoming.url, target), { method, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  incoming.pipe(onward);
});
await new Promise((resolve) => server.listen(Number(port), '127.0.0.1', resolve));

const registered = await fetch(`http://${api}/2020-01-01/extension/register`, {
  method: 'POST',
  headers: { 'Lambda-Extension-Name': 'collector', 'Content-Type': 'application/json' },
  body: JSON.stringify({ events: ['INVOKE', 'SHUTDOWN'] }),
});
const identifier = registered.headers.get('lambda-extension-identifier');
for (;;) {
  const next = await fetch(`http://${api}/2020-01-01/extension/event/next`, {
    headers: { 'Lambda-Extension-Identifier': identifier },
  });
  const { eventType } = await next.json();
  if (eventType === 'SHUTDOWN') break;
}
server.close();
server.closeAllConnections();
process.exit(0);
