// Runs before `npm pack`: fills dist/ with everything that the commands need, compiled file by file at the same paths,
// so that files next to a source are found as before, together with the built layers and the declarations for CDK.
// Users of the package build nothing, and it contains no workspace links.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';
import { buildPage } from 'local-lambda/page/page-document';

const ROOT = resolve(__dirname, '..');
const DIST = join(ROOT, 'dist');
const BIN = 'cli/main.ts';
/** The Serverless Framework expects the module itself to be the plugin. */
const PLUGIN = 'attach/serverless/plugin.ts';
const ENTRIES = [
  BIN,
  'cdk/lambda-otlp.ts',
  PLUGIN,
  'demo/demo.ts',
  'demo/local.ts',
  'src/replay/main.ts',
  'layer/publish.ts',
];
/** Files that are used as they are and found by their path next to a compiled one. */
const BESIDE = [
  'cli/verify/functions',
  'demo',
  'local-lambda/src/lambda',
  'local-lambda/src/events',
];
const AS_THEY_ARE = /\.(mjs|py|json)$/;
const WORKSPACE = 'local-lambda/';

/** Every source that the entries import, according to esbuild. */
async function findSources(): Promise<readonly string[]> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ENTRIES,
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    outdir: '/dist',
    external: ['@*', ...listPackages()],
    logLevel: 'error',
  });
  return Object.keys(metafile.inputs).filter((path) => path.endsWith('.ts'));
}

function listPackages(): readonly string[] {
  const { dependencies, peerDependencies } = readManifest();
  return Object.keys({ ...dependencies, ...peerDependencies });
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

function readManifest(): Manifest {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
}

/** @throws if a source requires a package that is not among the dependencies. */
function assertDependencies(sources: readonly string[]): void {
  const known = new Set([...listPackages(), ...builtinModules]);
  const required = sources.flatMap((source) => {
    const text = readFileSync(join(DIST, source.replace(/\.ts$/, '.js')), 'utf8');
    return [...text.matchAll(/\brequire\("([^".][^"]*)"\)/g)].map(
      ([, specifier = '']) => specifier,
    );
  });
  const names = required.map((it) => /^(?:node:)?((?:@[^/]+\/)?[^/]+)/.exec(it)?.[1] ?? it);
  const missing = [...new Set(names)].filter((name) => !known.has(name));
  if (missing.length > 0) throw new Error(`expected as dependencies: ${missing.join(', ')}`);
}

async function compile(sources: readonly string[]): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: [...sources],
    outdir: DIST,
    outbase: ROOT,
    format: 'cjs',
    platform: 'node',
    target: 'node20.6',
    // Dynamic imports become require, which finds files without their extension.
    supported: { 'dynamic-import': false },
    logLevel: 'error',
  });
  for (const source of sources) unlinkWorkspace(join(DIST, source.replace(/\.ts$/, '.js')));
}

/** The workspace becomes part of the package, so it is imported by its path instead of its name. */
function unlinkWorkspace(file: string): void {
  const text = readFileSync(file, 'utf8');
  const toPath = (specifier: string): string => {
    const path = relative(
      dirname(file),
      join(DIST, 'local-lambda/src', specifier.slice(WORKSPACE.length)),
    );
    return path.startsWith('.') ? path : `./${path}`;
  };
  const linked = text.replace(
    /require\("(local-lambda\/[^"]+)"\)/g,
    (_, specifier: string) => `require("${toPath(specifier)}")`,
  );
  if (linked !== text) writeFileSync(file, linked);
}

function copyBeside(): void {
  for (const folder of BESIDE) {
    for (const name of readdirSync(join(ROOT, folder)).filter((it) => AS_THEY_ARE.test(it))) {
      mkdirSync(join(DIST, folder), { recursive: true });
      cpSync(join(ROOT, folder, name), join(DIST, folder, name));
    }
  }
}

/** The unpacked layers for `local` and `demo`, the zips for `publish`, `verify` and CDK. */
function copyLayers(): void {
  const names = readdirSync(join(ROOT, 'build')).filter((name) =>
    /^(layer$|lambda-otlp-\w+\.zip$)/.test(name),
  );
  for (const name of names)
    cpSync(join(ROOT, 'build', name), join(DIST, 'build', name), { recursive: true });
  for (const layer of ['node', 'x86_64', 'arm64']) {
    if (!names.includes(`lambda-otlp-${layer}.zip`)) {
      console.error(
        `warning: lambda-otlp-${layer}.zip is not in the package: npm run build -- --standalone (needs Rust and zig), then npm pack again`,
      );
    }
  }
}

function declareTypes(): void {
  const tsc = require.resolve('typescript/bin/tsc');
  const options = [
    '--declaration',
    '--emitDeclarationOnly',
    '--noEmit',
    'false',
    '--incremental',
    'false',
  ];
  execFileSync(
    process.execPath,
    [tsc, '-p', join(ROOT, 'cdk/tsconfig.build.json'), ...options, '--outDir', join(DIST, 'cdk')],
    { stdio: 'inherit' },
  );
}

function exportPlugin(): void {
  const file = join(DIST, PLUGIN.replace(/\.ts$/, '.js'));
  writeFileSync(file, `${readFileSync(file, 'utf8')}module.exports = module.exports.default;\n`);
}

function markExecutable(): void {
  const bin = join(DIST, BIN.replace(/\.ts$/, '.js'));
  // Without `--`, Node 20 would take --env-file as its own option wherever it stands.
  writeFileSync(bin, `#!/usr/bin/env -S node --\n${readFileSync(bin, 'utf8')}`);
  chmodSync(bin, 0o755);
}

async function main(): Promise<void> {
  const { name, version } = readManifest();
  execFileSync('npm', ['run', '--silent', 'build'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  rmSync(DIST, { recursive: true, force: true });
  const sources = await findSources();
  await compile(sources);
  assertDependencies(sources);
  writeFileSync(
    join(DIST, 'package.json'),
    `${JSON.stringify({ name, version, type: 'commonjs' }, null, 2)}\n`,
  );
  writeFileSync(join(DIST, 'local-lambda/src/page/page.html'), await buildPage());
  copyBeside();
  copyLayers();
  exportPlugin();
  markExecutable();
  declareTypes();
  if (!existsSync(join(DIST, 'build/layer/extensions/lambda-otlp')))
    throw new Error('the layer is not in the package');
}

main().catch((error: unknown) => {
  console.error(
    `the package was not built: ${error instanceof Error ? error.message : String(error)}`,
  );
  process.exitCode = 1;
});
