// `npm run test:backends`: the built layer in the local Lambda against real back ends. By default Jaeger and the
// Collector; `-- --all` the rest too; what else is given goes to jest. Without Go it says so loudly and skips.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { hostLayer } from '../host/host-layer';
import requireLayer from '../host/require-layer';
import type { BackendName } from './install/install';
import { BACKENDS, installAll, isInstalled } from './install/install';
import { goVersion } from './install/go-build';

const ROOT = path.resolve(__dirname, '..', '..');
const REPORT = path.join(ROOT, 'build', 'backends-report.md');
const DEFAULT_BACKENDS: readonly BackendName[] = ['otelcol', 'otelcol-spanmetrics', 'jaeger'];
const DEFAULT_SCENARIOS = [
  'beside-collector',
  'configurations',
  'jaeger',
  'own-spans',
  'spanmetrics',
];
const USAGE = `npm run test:backends -- [--all] [--host] [--install] [jest options]
  --all       also Prometheus, Loki, OpenSearch, S3, CloudWatch, X-Ray and SigV4 (first run: an hour of builds)
  --host      the layer with the native host, which \`npm run build -- --standalone\` made, instead of that for Node.js
  --install   only builds what is not in the cache
`;

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Exit status of a command that writes to this terminal. */
function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): number {
  const options = { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ...env } } as const;
  return spawnSync(command, args, options).status ?? 1;
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    say(USAGE);
    return 0;
  }
  const all = args.includes('--all');
  const backends = all ? BACKENDS : DEFAULT_BACKENDS;
  const missing = backends.filter((name) => !isInstalled(name));
  if (missing.length > 0 && goVersion() === undefined) {
    say(`SKIPPED: ${missing.join(', ')} cannot be built, no \`go\` (1.26 or newer) is on PATH.`);
    say('No back end was tested. Install Go from https://go.dev/dl/ and run it again.');
    return 0;
  }
  await installAll(missing, say);
  if (args.includes('--install')) return 0;
  if (args.includes('--host')) requireLayer();
  if (run('npm', ['run', '--silent', 'build']) !== 0) return 1;
  rmSync(REPORT, { force: true });
  const patterns = all ? [] : DEFAULT_SCENARIOS.flatMap((name) => ['--testPathPatterns', name]);
  const rest = args.filter((arg) => arg !== '--all' && arg !== '--host');
  const layer = args.includes('--host') ? { LAMBDA_OTLP_LAYER: hostLayer } : {};
  const status = run(
    path.join(ROOT, 'node_modules', '.bin', 'jest'),
    ['--config', path.join(__dirname, 'jest.config.ts'), ...patterns, ...rest],
    { LAMBDA_OTLP_BACKENDS_REPORT: REPORT, ...layer },
  );
  if (existsSync(REPORT)) process.stdout.write(`\n${readFileSync(REPORT, 'utf8')}`);
  return status;
}

main(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  },
);
