// The native host for one architecture: built by cargo, once for each state of its sources and tools.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import { readHostWorks } from './host-licenses';
import { cargoEnvironment, findToolchain, RUST_TARGETS } from './host-toolchain';
import type { Architecture, Toolchain } from './host-toolchain';
import type { LicensedWork } from './licenses';

export interface HostProgram {
  /** The executable's path. */
  readonly path: string;
  /** Everything that is linked into it. */
  readonly works: readonly LicensedWork[];
}

/** What the binary and its licences are made of, relative to host/. */
const INPUTS = [
  'Cargo.toml',
  'Cargo.lock',
  'rust-toolchain.toml',
  'src',
  '../layer/host-licenses.ts',
  '../layer/host-program.ts',
];

function listFiles(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => listFiles(join(path, name)));
}

function fingerprint(hostFolder: string, target: string, versions: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify([target, versions]));
  for (const file of INPUTS.flatMap((input) => listFiles(join(hostFolder, input)))) {
    hash.update(`\0${relative(hostFolder, file)}\0`).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 16);
}

/** So that no path of this machine gets into the binary. */
function remappedPaths(hostFolder: string): readonly (readonly [string, string])[] {
  const cargoHome = process.env['CARGO_HOME'] ?? join(homedir(), '.cargo');
  return [
    [cargoHome, '/cargo'],
    [hostFolder, '/host'],
    ['/usr/lib/rustlib/src/rust', '/rust'],
  ];
}

function environmentFor(
  target: string,
  hostFolder: string,
  toolchain: Toolchain,
): NodeJS.ProcessEnv {
  const { buildsStandardLibrary } = toolchain;
  const paths = remappedPaths(hostFolder);
  const rustFlags = paths.map(([from, to]) => `--remap-path-prefix=${from}=${to}`);
  const cFlags = paths.map(([from, to]) => `-ffile-prefix-map=${from}=${to}`);
  return {
    ...cargoEnvironment(hostFolder, toolchain),
    // zig brings the start files and the C library; so does a standard library that was built elsewhere.
    RUSTFLAGS: [...rustFlags, '-C link-self-contained=no'].join(' '),
    [`CFLAGS_${target.replaceAll('-', '_')}`]: cFlags.join(' '),
    // -Zbuild-std is not stable yet; the sources are those of this compiler.
    ...(buildsStandardLibrary && { RUSTC_BOOTSTRAP: '1' }),
  };
}

function runCargo(target: string, hostFolder: string, toolchain: Toolchain): void {
  const standardLibrary = toolchain.buildsStandardLibrary ? ['-Zbuild-std=std,panic_abort'] : [];
  const args = ['zigbuild', '--release', '--locked', '--target', target, ...standardLibrary];
  execFileSync('cargo-zigbuild', args, {
    cwd: hostFolder,
    env: environmentFor(target, hostFolder, toolchain),
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

/**
 * Builds it, unless that was done before for the same sources and tools.
 * @throws when a tool is missing, naming it, or the sources do not build.
 */
export function buildHostProgram(hostFolder: string, architecture: Architecture): HostProgram {
  const target = RUST_TARGETS[architecture];
  const toolchain = findToolchain(hostFolder, [target]);
  const name = `${architecture}-${fingerprint(hostFolder, target, toolchain.versions)}`;
  const folder = join(hostFolder, 'target/layers', name);
  const path = join(folder, 'lambda-otlp');
  const worksPath = join(folder, 'works.json');
  if (!existsSync(worksPath)) {
    runCargo(target, hostFolder, toolchain);
    mkdirSync(folder, { recursive: true });
    copyFileSync(join(hostFolder, 'target', target, 'release/lambda-otlp'), path);
    chmodSync(path, 0o755);
    const works = readHostWorks(hostFolder, target, toolchain);
    writeFileSync(`${worksPath}.${process.pid}`, JSON.stringify(works));
    renameSync(`${worksPath}.${process.pid}`, worksPath);
  }
  return { path, works: JSON.parse(readFileSync(worksPath, 'utf8')) as readonly LicensedWork[] };
}
