// A way that takes time, in a process of its own: what is written at one end arrives at the other so much later,
// and a connection is there after a round trip. argv: milliseconds one way, the port to lead to, and milliseconds
// of silence after which a connection is ended, as servers do (0: never).
import { connect, createServer } from 'node:net';

const [oneWayMs, port, idleMs] = process.argv.slice(2).map(Number);

function pass(from, to, firstMs) {
  let delayMs = firstMs;
  from.on('data', (chunk) => {
    setTimeout(() => to.write(chunk), delayMs);
    delayMs = oneWayMs;
  });
  from.on('end', () => setTimeout(() => to.end(), oneWayMs));
  from.on('close', () => setTimeout(() => to.destroy(), oneWayMs));
  from.on('error', () => undefined);
}

const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
  const far = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  // The client is connected at once: its first bytes come as late as if it were not.
  pass(near, far, 3 * oneWayMs);
  pass(far, near, oneWayMs);
  if (idleMs > 0) near.setTimeout(idleMs, () => near.end());
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('disconnect', () => process.exit());
