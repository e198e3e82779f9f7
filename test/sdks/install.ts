// The SDKs as users install them, from the registries, once per version in a cache outside of the checkout; Go's and
// Java's with their function, once per state of its sources. What cannot be had says why, and its tests are skipped.
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { CacheEntry } from '../backends/install/cache';
import { cachedOrBuilt } from '../backends/install/cache';
import { assertGo, GO_ENVIRONMENT } from '../backends/install/go-build';
import { runCommand } from '../backends/install/run-command';

const FUNCTIONS = join(__dirname, 'functions');

interface Sdk {
  /** The variable that tests find its file by. */
  readonly variable: string;
  readonly entry: CacheEntry;
  readonly build: (folder: string) => Promise<void>;
}

const OTEL = '1.45.1';
const OTEL_CONTRIB = '0.66b1';
const PYTHON_PACKAGES = [
  'awslambdaric==4.2.2',
  `opentelemetry-sdk==${OTEL}`,
  `opentelemetry-distro==${OTEL_CONTRIB}`,
  `opentelemetry-exporter-otlp-proto-http==${OTEL}`,
  `opentelemetry-exporter-otlp-proto-grpc==${OTEL}`,
  `opentelemetry-instrumentation-aws-lambda==${OTEL_CONTRIB}`,
  'opentelemetry-propagator-aws-xray==1.0.2',
];
const NODE_PACKAGE = '@opentelemetry/auto-instrumentations-node';
const NODE_VERSION = '0.81.2';

const PYTHON: Sdk = {
  variable: 'SDK_PYTHON',
  entry: { name: 'opentelemetry-python', version: OTEL, file: 'venv/bin/python' },
  async build(folder) {
    await run(folder, 'python3', '-m', 'venv', 'venv');
    // Scripts of a moved environment keep its old path: it is used as `python -m`.
    const python = join(folder, PYTHON.entry.file);
    await run(folder, python, '-m', 'pip', 'install', '--quiet', ...PYTHON_PACKAGES);
  },
};

const NODE: Sdk = {
  variable: 'SDK_NODE',
  entry: {
    name: 'opentelemetry-node',
    version: NODE_VERSION,
    file: join('node_modules', NODE_PACKAGE, 'build/src/register.js'),
  },
  async build(folder) {
    const flags = ['--silent', '--no-audit', '--no-fund', '--prefix', folder];
    await run(folder, 'npm', 'install', ...flags, `${NODE_PACKAGE}@${NODE_VERSION}`);
  },
};

const GO: Sdk = {
  variable: 'SDK_GO',
  entry: { name: 'opentelemetry-go', version: digestOf('go'), file: 'bootstrap' },
  async build(folder) {
    assertGo('the function in Go');
    cpSync(join(FUNCTIONS, 'go'), folder, { recursive: true });
    await run(folder, 'go', 'build', '-trimpath', '-o', 'bootstrap', '.');
  },
};

const JAVA: Sdk = {
  variable: 'SDK_JAVA',
  entry: {
    name: 'opentelemetry-java',
    version: digestOf('java'),
    file: 'target/layer/opentelemetry-javaagent.jar',
  },
  async build(folder) {
    cpSync(join(FUNCTIONS, 'java'), folder, { recursive: true });
    await run(folder, 'mvn', '-q', '-B', 'process-classes');
  },
};

/** Sets a variable for each that is there, to its file. */
export async function installSdks(): Promise<void> {
  const fromPackages = Promise.all([PYTHON, NODE].map(installOrSay));
  // Compilers would only take each other's processors.
  for (const sdk of [GO, JAVA]) await installOrSay(sdk);
  await fromPackages;
}

async function installOrSay({ variable, entry, build }: Sdk): Promise<void> {
  try {
    process.env[variable] = await cachedOrBuilt(entry, build);
  } catch (error) {
    console.error(
      `SKIPPED ${entry.name}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

async function run(cwd: string, ...command: readonly [string, ...string[]]): Promise<void> {
  await runCommand(command, { cwd, env: GO_ENVIRONMENT, logFile: join(cwd, 'build.log') });
}

/** Of everything in a function's folder. */
function digestOf(name: string): string {
  const folder = join(FUNCTIONS, name);
  const digest = createHash('sha256');
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const file = join(folder, path);
    if (statSync(file).isFile()) digest.update(readFileSync(file));
  }
  return digest.digest('hex').slice(0, 8);
}
