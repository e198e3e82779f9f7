// `npm run test:sanitizer`: the native host, the C of its engine included, under AddressSanitizer, through the tests
// that give it hostile input. Needs rustup's nightly compiler; without it says so loudly and skips.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { buildNodeLayer } from './layer-files';
import { compileLayer } from './standalone-layer';

const ROOT = resolve(__dirname, '..');
const HOST = join(ROOT, 'host');
const LAYER = join(ROOT, 'build/sanitizer');
const TARGET = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-unknown-linux-gnu`;
const RUNTIME = 'librustc-nightly_rt.asan.a';
/** Tests of input that reaches the engine and the host's functions from outside; the others need too much memory. */
const TESTS = ['functions', 'log-lines', 'patterns', 'protobuf', 'compression', 'golden'];

/** Why it cannot be done here. */
function findHindrance(): string | undefined {
  if (process.platform !== 'linux') return 'it needs Linux';
  const args = ['+nightly', '--print', 'target-libdir', '--target', TARGET];
  const { status, stdout } = spawnSync('rustc', args, { cwd: HOST, encoding: 'utf8' });
  if (status !== 0) return 'there is no nightly compiler (rustup toolchain install nightly)';
  const runtime = join(stdout.trim(), RUNTIME);
  return existsSync(runtime) ? undefined : `${runtime} is missing`;
}

/** The engine's own build script compiles its C with the sanitizer when Rust is. */
function buildHost(): string {
  const folder = join(HOST, 'target/sanitizer');
  const args = ['+nightly', 'build', '--locked', '--features', 'sanitizer', '--target', TARGET];
  execFileSync('cargo', args, {
    cwd: HOST,
    env: { ...process.env, RUSTFLAGS: '-Zsanitizer=address', CARGO_TARGET_DIR: folder },
    stdio: 'inherit',
  });
  return join(folder, TARGET, 'debug/lambda-otlp');
}

async function buildLayer(): Promise<void> {
  const host = buildHost();
  const { bundle } = await buildNodeLayer(ROOT);
  rmSync(LAYER, { recursive: true, force: true });
  for (const { path, contents } of await compileLayer(HOST, bundle, { host, compiler: host })) {
    mkdirSync(dirname(join(LAYER, path)), { recursive: true });
    writeFileSync(join(LAYER, path), contents);
  }
  chmodSync(join(LAYER, 'extensions/lambda-otlp'), 0o755);
}

async function main(): Promise<number> {
  const hindrance = findHindrance();
  if (hindrance !== undefined) {
    console.error(`SKIPPED: nothing ran under AddressSanitizer because ${hindrance}.`);
    return 0;
  }
  await buildLayer();
  const patterns = `test/host/(${TESTS.join('|')})\\.test`;
  const args = ['--config', join(ROOT, 'test/host/jest.config.ts'), '--testPathPatterns', patterns];
  const { status } = spawnSync(join(ROOT, 'node_modules/.bin/jest'), args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, LAMBDA_OTLP_HOST_LAYER: LAYER, LAMBDA_OTLP_LAYER: LAYER },
  });
  return status ?? 1;
}

main().then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  },
);
