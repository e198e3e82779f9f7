// The SDKs as users install them, from the registries, once per version in a cache outside of the checkout. What cannot
// be installed says why, and its tests are skipped.
import { join } from 'node:path';
import type { CacheEntry } from '../backends/install/cache';
import { cachedOrBuilt } from '../backends/install/cache';
import { runCommand } from '../backends/install/run-command';

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

const PYTHON: CacheEntry = {
  name: 'opentelemetry-python',
  version: OTEL,
  file: 'venv/bin/python',
};
const NODE: CacheEntry = {
  name: 'opentelemetry-node',
  version: NODE_VERSION,
  file: join('node_modules', NODE_PACKAGE, 'build/src/register.js'),
};

async function installPython(cwd: string): Promise<void> {
  const options = { cwd, logFile: join(cwd, 'build.log') };
  await runCommand(['python3', '-m', 'venv', 'venv'], options);
  // Scripts of a moved environment keep its old path: it is used as `python -m`.
  const python = join(cwd, PYTHON.file);
  await runCommand([python, '-m', 'pip', 'install', '--quiet', ...PYTHON_PACKAGES], options);
}

async function installNode(cwd: string): Promise<void> {
  const options = { cwd, logFile: join(cwd, 'build.log') };
  const flags = ['--silent', '--no-audit', '--no-fund', '--prefix', cwd];
  await runCommand(['npm', 'install', ...flags, `${NODE_PACKAGE}@${NODE_VERSION}`], options);
}

async function installOrSay(
  variable: string,
  entry: CacheEntry,
  build: (folder: string) => Promise<void>,
): Promise<void> {
  try {
    process.env[variable] = await cachedOrBuilt(entry, build);
  } catch (error) {
    console.error(
      `SKIPPED ${entry.name}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Sets a variable for each that is there, to its file. */
export async function installSdks(): Promise<void> {
  await Promise.all([
    installOrSay('SDK_PYTHON', PYTHON, installPython),
    installOrSay('SDK_NODE', NODE, installNode),
  ]);
}
