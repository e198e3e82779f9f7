// Installs pinned back ends into the cache, each once. As a command: `node -r esbuild-register
// test/backends/install/install.ts [name…]`, by default those that plain `npm run test:backends` needs.
import { cachedFile, cachedOrBuilt, isCached } from './cache';
import type { CacheEntry } from './cache';
import { buildCollector, collectorCacheVersion } from './collector-build';
import type { CollectorDistribution } from './collector-build';
import {
  COLLECTOR,
  COLLECTOR_S3,
  COLLECTOR_SPANMETRICS,
  JAEGER,
  LOKI,
  PROMETHEUS,
  VERSITYGW,
} from './distributions';
import { assertGo, buildWrapped, goInstall } from './go-build';
import type { GoModule } from './go-build';
import { OPENSEARCH, installOpenSearch } from './opensearch-install';
import { MOTO, PYTHON_RUNTIME, installPyPi } from './pypi-install';

export const BACKENDS = [
  'jaeger',
  'otelcol',
  'otelcol-s3',
  'otelcol-spanmetrics',
  'prometheus',
  'loki',
  'versitygw',
  'opensearch',
  'moto',
  'awslambdaric',
] as const;
export type BackendName = (typeof BACKENDS)[number];

interface Installer {
  readonly entry: CacheEntry;
  readonly build: (dir: string) => Promise<void>;
  readonly needsGo: boolean;
}

function wrapped(source: GoModule): Installer {
  const entry = { name: source.binary, version: source.version, file: source.binary };
  return { entry, build: (dir) => buildWrapped(source, dir), needsGo: true };
}

function collector(distribution: CollectorDistribution): Installer {
  const { name } = distribution;
  return {
    entry: { name, version: collectorCacheVersion(distribution), file: name },
    build: (dir) => buildCollector(distribution, dir),
    needsGo: true,
  };
}

const INSTALLERS: Readonly<Record<BackendName, Installer>> = {
  jaeger: wrapped(JAEGER),
  otelcol: collector(COLLECTOR),
  'otelcol-s3': collector(COLLECTOR_S3),
  'otelcol-spanmetrics': collector(COLLECTOR_SPANMETRICS),
  prometheus: wrapped(PROMETHEUS),
  loki: wrapped(LOKI),
  versitygw: {
    entry: { name: VERSITYGW.binary, version: VERSITYGW.version, file: VERSITYGW.binary },
    build: (dir) => goInstall(VERSITYGW, dir),
    needsGo: true,
  },
  opensearch: { entry: OPENSEARCH, build: installOpenSearch, needsGo: false },
  moto: {
    entry: MOTO,
    build: (dir) => installPyPi(`moto[server]==${MOTO.version}`, dir),
    needsGo: false,
  },
  awslambdaric: {
    entry: PYTHON_RUNTIME,
    build: (dir) => installPyPi(`awslambdaric==${PYTHON_RUNTIME.version}`, dir),
    needsGo: false,
  },
};

/** Whether the back end is in the cache already. */
export function isInstalled(name: BackendName): boolean {
  return isCached(INSTALLERS[name].entry);
}

/**
 * The path of the back end's executable (OpenSearch: its folder of jars), built on first use, which takes minutes.
 * Rejects with a GoMissingError where Go is needed and missing, else with the build's own error.
 */
export async function install(name: BackendName, say: (line: string) => void): Promise<string> {
  const { entry, build, needsGo } = INSTALLERS[name];
  if (isCached(entry)) return cachedFile(entry);
  if (needsGo) assertGo(name);
  say(`${name} ${entry.version}: building into ${cachedFile(entry)} (some minutes, once)`);
  const startedMs = Date.now();
  const file = await cachedOrBuilt(entry, build);
  say(`${name} ${entry.version}: installed in ${Math.round((Date.now() - startedMs) / 1000)} s`);
  return file;
}

/** Installs one after another: two Go builds at once only take each other's processors. */
export async function installAll(
  names: readonly BackendName[],
  say: (line: string) => void,
): Promise<void> {
  for (const name of names) await install(name, say);
}

function isBackendName(name: string): name is BackendName {
  return (BACKENDS as readonly string[]).includes(name);
}

async function main(args: readonly string[]): Promise<void> {
  const names =
    args.length === 0
      ? ['jaeger', 'otelcol', 'otelcol-spanmetrics']
      : args.includes('--all')
        ? BACKENDS
        : args;
  const unknown = names.find((name) => !isBackendName(name));
  if (unknown !== undefined) {
    throw new Error(
      `unknown back end '${unknown}'; expected --all or some of ${BACKENDS.join(', ')}`,
    );
  }
  await installAll(names.filter(isBackendName), (line) => console.error(line));
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
