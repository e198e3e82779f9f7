// Builds an OpenTelemetry Collector of exactly the components the configurations in collector-config/ use, with the
// Collector's own builder (https://opentelemetry.io/docs/collector/extend/ocb/).
import { createHash } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GO_ENVIRONMENT, goInstall } from './go-build';
import { runCommand } from './run-command';

export interface CollectorDistribution {
  /** Executable's name, also the cache entry's. */
  readonly name: string;
  readonly version: string;
  /** Version of the stable modules (confmap providers) that belongs to `version`. */
  readonly stableVersion: string;
  readonly core: Components;
  readonly contrib: Components;
}

type Components = Readonly<Partial<Record<ComponentKind, readonly string[]>>>;
type ComponentKind = 'receiver' | 'processor' | 'connector' | 'exporter' | 'extension';

const KINDS = ['receiver', 'processor', 'connector', 'exporter', 'extension'] as const;
const PROVIDERS = ['envprovider', 'fileprovider', 'yamlprovider'] as const;

/** The builder's manifest; one module per line, e.g. `exporter/debugexporter` → `…/exporter/debugexporter v0.159.0`. */
export function collectorManifest(distribution: CollectorDistribution): string {
  const { name, version, stableVersion, core, contrib } = distribution;
  const component = (root: string, kind: ComponentKind) => (module: string) =>
    `  - gomod: ${root}/${kind}/${module} v${version}`;
  const lines = ['dist:', `  name: ${name}`, `  version: ${version}`, '  output_path: ./source'];
  for (const kind of KINDS) {
    const modules = [
      ...(core[kind] ?? []).map(component('go.opentelemetry.io/collector', kind)),
      ...(contrib[kind] ?? []).map(
        component('github.com/open-telemetry/opentelemetry-collector-contrib', kind),
      ),
    ];
    if (modules.length > 0) lines.push(`${kind}s:`, ...modules);
  }
  const provider = (module: string) =>
    `  - gomod: go.opentelemetry.io/collector/confmap/provider/${module} v${stableVersion}`;
  lines.push('providers:', ...PROVIDERS.map(provider));
  return `${lines.join('\n')}\n`;
}

/** Tells two builds of one version with other components apart in the cache. */
export function collectorCacheVersion(distribution: CollectorDistribution): string {
  const manifest = createHash('sha256').update(collectorManifest(distribution)).digest('hex');
  return `${distribution.version}-${manifest.slice(0, 8)}`;
}

/** Builds the executable `<outDir>/<name>`. */
export async function buildCollector(
  distribution: CollectorDistribution,
  outDir: string,
): Promise<void> {
  const { name, version } = distribution;
  await goInstall(
    { mainPackage: 'go.opentelemetry.io/collector/cmd/builder', version: `v${version}` },
    outDir,
  );
  const builder = path.join(outDir, 'builder');
  const source = path.join(outDir, 'source');
  await writeFile(path.join(outDir, 'manifest.yaml'), collectorManifest(distribution));
  await runCommand([builder, '--config', 'manifest.yaml'], {
    cwd: outDir,
    env: GO_ENVIRONMENT,
    logFile: path.join(outDir, 'build.log'),
  });
  await rename(path.join(source, name), path.join(outDir, name));
  await Promise.all([rm(source, { recursive: true }), rm(builder)]);
}
