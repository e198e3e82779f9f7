// Jaeger from docker, against a stand-in for its client: a client alone is no engine.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { openDestination } from '../../demo/destination';
import { findEngineProblem, startJaeger } from '../../demo/jaeger';

let folder: string;
const path = process.env['PATH'];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'docker-'));
  process.env['PATH'] = `${folder}${delimiter}${path ?? ''}`;
});

afterEach(() => {
  process.env['PATH'] = path;
  rmSync(folder, { recursive: true, force: true });
});

function standIn(script: string): void {
  const file = join(folder, 'docker');
  writeFileSync(file, `#!/bin/sh\necho "$@" >> ${folder}/calls\n${script}\n`);
  chmodSync(file, 0o755);
}

const calls = (): readonly string[] =>
  readFileSync(join(folder, 'calls'), 'utf8').trimEnd().split('\n');

test('without an engine the demo says why, builds nothing and shows its own page', async () => {
  standIn('echo "Cannot connect to the Docker daemon" >&2; exit 1');
  const said: string[] = [];
  const asked = { jaeger: true, uiPort: undefined, skipBuild: false };
  const destination = await openDestination(asked, {}, (line) => said.push(line));
  const page = destination.kind === 'receiver' ? destination.page : undefined;
  expect(await (await fetch(page?.url ?? '')).text()).toContain('<title>Local Lambda</title>');
  await destination.stop();
  expect(said.join('\n')).toContain('Cannot connect to the Docker daemon');
  expect(calls()).toEqual(['version --format {{.Server.Version}}']);
});

test('an engine that answers is no problem', async () => {
  standIn('echo 28.0.1');
  expect(await findEngineProblem()).toBeUndefined();
});

test('Jaeger runs pinned and on loopback, and is removed at the end', async () => {
  const server: Server = createServer((_request, response) => response.end('{"data":[]}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  standIn(`case $1 in run) echo abc123 ;; port) echo 127.0.0.1:${port} ;; esac`);
  const jaeger = await startJaeger(() => undefined);
  expect(jaeger.traceUrl('f00')).toBe(`http://127.0.0.1:${port}/trace/f00`);
  expect(await jaeger.trace('f00')).toBeUndefined();
  await jaeger.stop();
  server.close();
  expect(calls()[0]).toMatch(
    /^run --detach --rm -p 127\.0\.0\.1::16686 -p 127\.0\.0\.1::4318 jaegertracing\/jaeger:\d+\.\d+\.\d+$/,
  );
  expect(calls().at(-1)).toBe('rm --force abc123');
});
