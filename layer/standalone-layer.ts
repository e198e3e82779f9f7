// The layers for functions without Node.js: the native host as the extension itself, and the same bundle as
// the layer for Node.js, compiled to bytecode by that host.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Bundle } from './bundle';
import { buildHostProgram } from './host-program';
import type { Architecture } from './host-toolchain';
import { formatLayerLicenses } from './licenses';
import type { ZipEntry } from './zip';

/** Of this machine, as Lambda names it; undefined where no host can run. */
function ownArchitecture(): Architecture | undefined {
  if (process.platform !== 'linux') return undefined;
  return process.arch === 'x64' ? 'x86_64' : process.arch === 'arm64' ? 'arm64' : undefined;
}

interface SourceFile {
  /** Without extension. */
  readonly name: string;
  readonly contents: Uint8Array;
}

async function bundleShim(hostFolder: string): Promise<SourceFile> {
  const { outputFiles } = await build({
    entryPoints: [join(hostFolder, 'shim/shim.ts')],
    tsconfig: join(hostFolder, 'tsconfig.json'),
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'neutral',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error('host/shim/shim.ts: expected one output, got none');
  return { name: 'shim', contents: file.contents };
}

/**
 * Bytecode depends on the engine's version, the width of a pointer and the order of bytes only: what one
 * architecture compiles runs on both.
 */
function compile(files: readonly SourceFile[], compiler: string): readonly ZipEntry[] {
  const folder = mkdtempSync(join(tmpdir(), 'lambda-otlp-bytecode-'));
  try {
    return files.map(({ name, contents }) => {
      const source = join(folder, `${name}.js`);
      const target = join(folder, `${name}.qbc`);
      writeFileSync(source, contents);
      execFileSync(compiler, ['compile', source, target]);
      return { path: `lambda-otlp/${name}.qbc`, contents: readFileSync(target) };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface HostPrograms {
  readonly host: string;
  /** Of this machine, of the same engine. */
  readonly compiler: string;
}

/** The host as the extension, and its program as bytecode. */
export async function compileLayer(
  hostFolder: string,
  bundle: Bundle,
  { host, compiler }: HostPrograms,
): Promise<readonly ZipEntry[]> {
  const programs = bundle.files.map(({ name, contents }) => ({
    name: name.replace(/\.js$/, ''),
    contents,
  }));
  return [
    { path: 'extensions/lambda-otlp', contents: readFileSync(host), executable: true },
    ...compile([await bundleShim(hostFolder), ...programs], compiler),
  ];
}

/**
 * The files of the layer for `architecture`.
 * @throws when the host cannot be built, or cannot be run here to compile the program.
 */
export async function buildStandaloneLayer(
  root: string,
  architecture: Architecture,
  bundle: Bundle,
): Promise<readonly ZipEntry[]> {
  const hostFolder = join(root, 'host');
  mkdirSync(join(hostFolder, 'target'), { recursive: true });
  const host = buildHostProgram(hostFolder, architecture);
  const own = ownArchitecture();
  if (own === undefined) {
    throw new Error(
      `bytecode is compiled by the host itself: expected Linux on x86_64 or arm64, got ${process.platform} ${process.arch}`,
    );
  }
  const compiler = own === architecture ? host : buildHostProgram(hostFolder, own);
  return [
    ...(await compileLayer(hostFolder, bundle, { host: host.path, compiler: compiler.path })),
    {
      path: 'lambda-otlp/LICENSES.txt',
      contents: Buffer.from(formatLayerLicenses(root, bundle, host.works)),
    },
  ];
}
