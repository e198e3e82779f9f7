// The licences of everything that is linked into the native host: crates by cargo's own account, and what
// the compilers add: the standard library of Rust, and the C library.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cargoEnvironment } from './host-toolchain';
import type { Toolchain } from './host-toolchain';
import type { LicensedWork } from './licenses';

interface CargoPackage {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly license: string | null;
  readonly manifest_path: string;
}

interface CargoMetadata {
  readonly packages: readonly CargoPackage[];
  readonly resolve: {
    readonly root: string;
    readonly nodes: readonly {
      readonly id: string;
      readonly deps: readonly {
        readonly pkg: string;
        readonly dep_kinds: readonly { readonly kind: string | null }[];
      }[];
    }[];
  };
}

/** Licences that require nothing but their text. A person has to look at any other licence first. */
const ACCEPTED_LICENSES = new Set([
  'MIT',
  'Apache-2.0',
  'Apache-2.0 WITH LLVM-exception',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'Zlib',
  'Unlicense',
  'Unicode-3.0',
  'CDLA-Permissive-2.0',
]);

/** True when an alternative of the SPDX expression has only accepted licences. */
function isAcceptedLicense(expression: string): boolean {
  const alternatives = expression.replace(/[()]/g, '').split(/\s+OR\s+|\//);
  return alternatives.some((alternative) =>
    alternative.split(/\s+AND\s+/).every((license) => ACCEPTED_LICENSES.has(license.trim())),
  );
}

/** The packages that the root needs at run time, itself excluded. */
function linkedPackages({ packages, resolve }: CargoMetadata): readonly CargoPackage[] {
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
  const found = new Set<string>();
  const visit = (id: string): void => {
    for (const { pkg, dep_kinds: kinds } of nodes.get(id)?.deps ?? []) {
      if (found.has(pkg) || !kinds.some(({ kind }) => kind === null)) continue;
      found.add(pkg);
      visit(pkg);
    }
  };
  visit(resolve.root);
  return packages.filter(({ id }) => found.has(id));
}

const LICENSE_FILE = /^(?:licen[cs]e|copying|copyright|notice|unlicense)/i;

function readTexts(folder: string): readonly string[] {
  const inside = ['', 'quickjs'].map((part) => join(folder, part)).filter(existsSync);
  return inside.flatMap((place) =>
    readdirSync(place, { withFileTypes: true })
      .filter((entry) => entry.isFile() && LICENSE_FILE.test(entry.name))
      .map(({ name }) => readFileSync(join(place, name), 'utf8').trim())
      .sort(),
  );
}

/** @throws when its licence is not one of those accepted. */
function toWork({ name, version, license, manifest_path: manifest }: CargoPackage): LicensedWork {
  const title = `${name} ${version} (${license ?? '?'})`;
  if (!isAcceptedLicense(license ?? '')) {
    throw new Error(`${title}: expected one of the licences in layer/host-licenses.ts`);
  }
  const texts = readTexts(dirname(manifest));
  // Some crates give the name of their licence alone.
  return { title, texts: texts.length > 0 ? texts : [`SPDX-License-Identifier: ${license ?? ''}`] };
}

const MIT_TERMS = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without
limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of
the Software, and to permit persons to whom the Software is furnished to do so, subject to the following
conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions
of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED
TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL
THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF
CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER
DEALINGS IN THE SOFTWARE.`;

/**
 * What no Cargo.toml names, under the MIT licence each, which is one of those offered. The holders are those of each
 * work's own LICENSE or COPYRIGHT file, without what is not linked (musl's regex and crypt).
 */
const ADDED_BY_COMPILER: readonly LicensedWork[] = (
  [
    [
      'The standard library of Rust, and the crates it is built with (MIT OR Apache-2.0)',
      'The Rust Project Contributors',
      'The Rust Project Developers (libc)',
      "2016 Amanieu d'Antras (hashbrown)",
      '2014 Alex Crichton (cfg-if, rustc-demangle)',
      '2016-2018 The gimli Developers (addr2line)',
      '2015 The Rust Project Developers (gimli)',
      '2015 The Gimli Developers (object)',
      '2015 Andrew Gallant (memchr)',
      '2013-2014 RAD Game Tools and Valve Software (miniz_oxide)',
      '2010-2014 Rich Geldreich and Tenacious Software LLC (miniz_oxide)',
      '2017 Frommi (miniz_oxide)',
      '2017-2024 oyvindln (miniz_oxide)',
    ],
    [
      'compiler-builtins and libm of Rust (MIT)',
      "2009-2016 by the contributors listed in CREDITS.TXT of LLVM's compiler-rt",
      '2018 Jorge Aparicio (libm)',
      '2005-2020 Rich Felker, et al. (libm)',
    ],
    [
      'musl (MIT)',
      '2005-2020 Rich Felker, et al.',
      '1993,2004 Sun Microsystems (parts of the math library)',
      '2003-2011 David Schultz (likewise)',
      '2003-2009 Steven G. Kargl (likewise)',
      '2003-2009 Bruce D. Evans (likewise)',
      '2008 Stephen L. Moshier (likewise)',
      '2017-2018 Arm Limited (likewise)',
      '1999-2019 Arm Limited (memcpy and memset of AArch64)',
      '2011 Valentin Ochs (qsort)',
    ],
    ["Zig's parts of the C library and of the compiler's runtime (MIT)", 'Zig contributors'],
  ] as const
).map(([title, ...holders]) => ({
  title,
  texts: [`${holders.map((holder) => `Copyright (c) ${holder}`).join('\n')}\n\n${MIT_TERMS}`],
}));

export function readHostWorks(
  hostFolder: string,
  target: string,
  toolchain: Toolchain,
): LicensedWork[] {
  const args = ['metadata', '--locked', '--format-version', '1', '--filter-platform', target];
  const text = execFileSync('cargo', args, {
    cwd: hostFolder,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: cargoEnvironment(hostFolder, toolchain),
  });
  const works = linkedPackages(JSON.parse(text) as CargoMetadata).map(toWork);
  return [...works, ...ADDED_BY_COMPILER];
}
