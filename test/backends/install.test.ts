// How back ends are installed, without installing any: what is written for Go, and that a build leaves all or nothing.
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../free-ports';
import { backendsCacheDir, cachedFile, cachedOrBuilt, isCached } from './install/cache';
import { collectorCacheVersion, collectorManifest } from './install/collector-build';
import { COLLECTOR, COLLECTOR_S3 } from './install/distributions';
import { GoMissingError, assertGo, wrapperGoMod } from './install/go-build';
import { runCommand } from './install/run-command';
import { startServer } from './install/server-process';

const dir = mkdtempSync(path.join(tmpdir(), 'install-'));
const environment = { ...process.env };

beforeEach(() => {
  process.env['XDG_CACHE_HOME'] = dir;
});

afterEach(() => {
  process.env = { ...environment };
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

it.each([
  [{ XDG_CACHE_HOME: '/var/cache/me', HOME: '/home/me' }, '/var/cache/me/lambda-otlp/backends'],
  [{ XDG_CACHE_HOME: 'not/absolute' }, path.join('.cache', 'lambda-otlp', 'backends')],
  [{}, path.join('.cache', 'lambda-otlp', 'backends')],
])('the cache with %j is at …%s', (env, expected) => {
  expect(backendsCacheDir(env).endsWith(expected)).toBe(true);
});

const entry = (name: string) => ({ name, version: '1', file: 'bin/tool' });
const make = async (scratch: string): Promise<void> => {
  await runCommand(['mkdir', 'bin'], { cwd: scratch, logFile: path.join(scratch, 'build.log') });
  writeFileSync(path.join(scratch, 'bin', 'tool'), '');
};

it('the cache builds once, and has the file where it says', async () => {
  let builds = 0;
  const build = (scratch: string): Promise<void> => {
    builds += 1;
    return make(scratch);
  };
  const file = await cachedOrBuilt(entry('once'), build);
  expect(await cachedOrBuilt(entry('once'), build)).toBe(file);
  expect(builds).toBe(1);
  expect(existsSync(file)).toBe(true);
  expect(file).toBe(cachedFile(entry('once')));
});

it('the cache leaves nothing of a build that failed, or that made no file', async () => {
  const failing = cachedOrBuilt(entry('failed'), async (scratch) => {
    await make(scratch);
    throw new Error('no space');
  });
  await expect(failing).rejects.toThrow('no space');
  await expect(cachedOrBuilt(entry('empty'), () => Promise.resolve())).rejects.toThrow(
    'empty: the build ended without an error but made no bin/tool',
  );
  expect(isCached(entry('failed'))).toBe(false);
  expect(readdirSync(backendsCacheDir()).filter((name) => /failed|empty/.test(name))).toEqual([]);
});

it('two builds at once both end with the one entry', async () => {
  const files = await Promise.all([
    cachedOrBuilt(entry('twice'), make),
    cachedOrBuilt(entry('twice'), make),
  ]);
  expect(new Set(files).size).toBe(1);
  expect(readdirSync(backendsCacheDir()).filter((name) => name.startsWith('twice'))).toEqual([
    'twice-1',
  ]);
});

describe('for Go', () => {
  it('the wrapper takes over everything of a go.mod but its name and what points into its repository', () => {
    const goMod = `module github.com/grafana/loki/v3

go 1.25.0

ignore ./tools

ignore (
\t./docs
\t./examples
)

require (
\tgithub.com/grafana/loki/pkg/push v0.1.0
\tgithub.com/prometheus/prometheus v0.305.0 // indirect
)

replace github.com/grafana/loki/pkg/push => ./pkg/push

replace (
\tgithub.com/hashicorp/memberlist => github.com/grafana/memberlist v0.3.1
\texample.com/here v1.0.0 => ../here
)
`;
    const wrapper = wrapperGoMod(goMod, { binary: 'loki' });
    expect(wrapper).toMatch(/^module lambda-otlp.invalid\/loki\n/);
    expect(wrapper).toContain('github.com/prometheus/prometheus v0.305.0 // indirect');
    expect(wrapper).toContain(
      'github.com/hashicorp/memberlist => github.com/grafana/memberlist v0.3.1',
    );
    expect(wrapper).not.toMatch(/ignore|\.\/pkg|\.\.\/here|\.\/docs/);
  });

  it('a machine without Go is told what is missing and that nothing was installed', () => {
    const env = { PATH: dir };
    expect(() => assertGo('jaeger', env)).toThrow(GoMissingError);
    expect(() => assertGo('jaeger', env)).toThrow(/jaeger .*Go 1\.26.*Nothing was installed/);
  });
});

it('a Collector is described to its builder with one version for everything', () => {
  const manifest = collectorManifest(COLLECTOR);
  expect(manifest).toContain(
    '  - gomod: go.opentelemetry.io/collector/receiver/otlpreceiver v0.159.0\n',
  );
  expect(manifest).toContain('/extension/storage/filestorage v0.159.0\n');
  const versions = new Set(manifest.match(/ v[\d.]+$/gm));
  expect([...versions].sort()).toEqual([' v0.159.0', ' v1.65.0']);
});

it('a Collector with other components is another cache entry', () => {
  const smaller = { ...COLLECTOR, contrib: COLLECTOR_S3.contrib };
  expect(collectorCacheVersion(smaller)).not.toBe(collectorCacheVersion(COLLECTOR));
});

it('a server that ends before it is ready fails with its exit code and its output', async () => {
  const server = startServer({
    name: 'broken',
    command: [process.execPath, '-e', 'console.log("no licence"); process.exit(3)'],
    isReady: () => Promise.resolve(false),
  });
  await expect(server).rejects.toThrow(
    /^broken: ended with exit code 3 before it was ready; its output:\nno licence/,
  );
});

it('a server that does not exist fails too', async () => {
  const server = startServer({
    name: 'absent',
    command: [path.join(dir, 'absent')],
    isReady: () => Promise.resolve(false),
  });
  await expect(server).rejects.toThrow(/^absent: could not be started: .*ENOENT/);
});

it('a server that is up answers until it is stopped, also when stopped twice', async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const script = `require("http").createServer((_, r) => r.end()).listen(${port}, "127.0.0.1")`;
  const server = await startServer({
    name: 'echo',
    command: [process.execPath, '-e', script],
    isReady: async () => (await fetch(url)).ok,
  });
  await Promise.all([server.stop(), server.stop()]);
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});
