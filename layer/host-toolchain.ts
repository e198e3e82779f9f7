// What builds the native host: cargo, the pinned rustc, and cargo-zigbuild, which links static binaries for
// both architectures. rustup brings the standard library ready-made; a distribution's rustc builds it.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

export type Architecture = 'x86_64' | 'arm64';

/** As Lambda names them. */
export const ARCHITECTURES: readonly Architecture[] = ['x86_64', 'arm64'];

export const RUST_TARGETS: Readonly<Record<Architecture, string>> = {
  x86_64: 'x86_64-unknown-linux-musl',
  arm64: 'aarch64-unknown-linux-musl',
};

export interface Toolchain {
  /** The folder of a cargo and a rustc that are not those of PATH. */
  readonly folder?: string;
  /** Compile the standard library too: from the sources that came with rustc. */
  readonly buildsStandardLibrary: boolean;
  /** Versions of all that shapes the binary. */
  readonly versions: readonly string[];
}

/** Where distributions install. */
const SYSTEM_FOLDER = '/usr/bin';

/** Trimmed standard output, undefined when the command cannot be run or fails. */
function run(command: string, args: readonly string[], folder: string): string | undefined {
  const result = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/** The version in rust-toolchain.toml. @throws when there is none. */
function pinnedRustVersion(hostFolder: string): string {
  const text = readFileSync(join(hostFolder, 'rust-toolchain.toml'), 'utf8');
  const version = /^channel = "([\d.]+)"$/m.exec(text)?.[1];
  if (version !== undefined) return version;
  throw new Error('host/rust-toolchain.toml: expected channel = "VERSION", found none');
}

function hasStandardLibrary(sysroot: string, target: string): boolean {
  return existsSync(join(sysroot, 'lib/rustlib', target, 'lib'));
}

function hasLibrarySources(sysroot: string): boolean {
  return existsSync(join(sysroot, 'lib/rustlib/src/rust/library/std/Cargo.toml'));
}

type Compiler = Pick<Toolchain, 'folder' | 'buildsStandardLibrary'>;

/** A distribution's compiler first: rustup would begin to download what it lacks. */
function findCompiler(hostFolder: string, targets: readonly string[]): Compiler | undefined {
  const isPinned = (text: string | undefined): boolean =>
    text?.startsWith(`rustc ${pinnedRustVersion(hostFolder)} `) === true;
  for (const folder of [SYSTEM_FOLDER, undefined]) {
    const rustc = folder === undefined ? 'rustc' : join(folder, 'rustc');
    if (folder !== undefined && !existsSync(join(folder, 'cargo'))) continue;
    if (!isPinned(run(rustc, ['--version'], hostFolder))) continue;
    const sysroot = run(rustc, ['--print', 'sysroot'], hostFolder) ?? '';
    const found = folder === undefined ? {} : { folder };
    if (targets.every((target) => hasStandardLibrary(sysroot, target))) {
      return { ...found, buildsStandardLibrary: false };
    }
    if (hasLibrarySources(sysroot)) return { ...found, buildsStandardLibrary: true };
  }
  return undefined;
}

/** @throws with everything that is missing to build for `targets`. */
export function findToolchain(hostFolder: string, targets: readonly string[]): Toolchain {
  const version = pinnedRustVersion(hostFolder);
  const compiler = findCompiler(hostFolder, targets);
  const zigbuild = run('cargo-zigbuild', ['--version'], hostFolder);
  const zig =
    run('python3', ['-m', 'ziglang', 'version'], hostFolder) ?? run('zig', ['version'], hostFolder);
  const missing = [
    compiler === undefined &&
      `cargo and rustc ${version} with the standard library of ${targets.join(' and ')} or its sources ` +
        `(rustup toolchain install ${version} --target ${targets.join(',')}; Debian: rustc-web cargo-web rust-web-src)`,
    zigbuild === undefined && 'cargo-zigbuild (pip install cargo-zigbuild==0.24.1)',
    zig === undefined && 'zig (pip install ziglang==0.17.1)',
  ].filter((what) => what !== false);
  if (compiler !== undefined && zigbuild !== undefined && zig !== undefined) {
    return { ...compiler, versions: [`rustc ${version}`, zigbuild, `zig ${zig}`] };
  }
  throw new Error(
    `the layers without Node.js need tools that are missing:\n  ${missing.join('\n  ')}`,
  );
}

/** A folder with cargo and rustc alone: the rest of theirs must not hide what PATH has, such as python3. */
function linkTools(folder: string, hostFolder: string): string {
  const links = join(hostFolder, 'target/toolchain');
  rmSync(links, { recursive: true, force: true });
  mkdirSync(links, { recursive: true });
  for (const tool of ['cargo', 'rustc', 'rustdoc']) {
    symlinkSync(join(folder, tool), join(links, tool));
  }
  return links;
}

/** Variables by which cargo, and what it calls, use this toolchain and build into host/target. */
export function cargoEnvironment(hostFolder: string, { folder }: Toolchain): NodeJS.ProcessEnv {
  return {
    ...process.env,
    CARGO_TARGET_DIR: join(hostFolder, 'target'),
    ...(folder !== undefined && {
      PATH: `${linkTools(folder, hostFolder)}:${process.env['PATH'] ?? ''}`,
      RUSTC: join(folder, 'rustc'),
    }),
  };
}
