// The Collector with the life of opentelemetry-lambda's extension: it runs before the first /event/next, and SHUTDOWN
// stops it as SIGTERM does, receivers first. It is of this process's group, and so is frozen with it.
// Source: opentelemetry-lambda, collector/internal/lifecycle/manager.go
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';

const { AWS_LAMBDA_RUNTIME_API: api, COLLECTOR, COLLECTOR_CONFIG, COLLECTOR_PORT } = process.env;
const HEADERS = { 'Lambda-Extension-Name': 'collector', 'Content-Type': 'application/json' };

const registered = await fetch(`http://${api}/2020-01-01/extension/register`, {
  method: 'POST',
  headers: HEADERS,
  body: JSON.stringify({ events: ['INVOKE', 'SHUTDOWN'] }),
});
const identifier = registered.headers.get('lambda-extension-identifier');

const collector = spawn(COLLECTOR, ['--config', COLLECTOR_CONFIG], { stdio: 'inherit' });
const ended = once(collector, 'exit');
const isListening = () =>
  fetch(`http://127.0.0.1:${COLLECTOR_PORT}/`).then(
    () => true,
    () => false,
  );
while (collector.exitCode === null && !(await isListening())) await wait(20);

for (;;) {
  const next = await fetch(`http://${api}/2020-01-01/extension/event/next`, {
    headers: { 'Lambda-Extension-Identifier': identifier },
  });
  const { eventType } = await next.json();
  if (eventType === 'SHUTDOWN') break;
}
collector.kill('SIGTERM');
const [exitCode] = await ended;
process.exit(exitCode ?? 1);
