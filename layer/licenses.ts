// The licence texts of everything inside a layer, in one file: whoever redistributes the layer must
// hand them on (Apache-2.0 section 4, MIT, BSD). Each distinct text appears once.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bundle } from './bundle';

export interface LicensedWork {
  readonly title: string;
  readonly texts: readonly string[];
}

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
}

const PACKAGE_PATTERN = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//;

/** Folders of the packages that are part of `bundle`, relative to its root, sorted. */
export function bundledPackages(bundle: Bundle): readonly string[] {
  const folders = new Set<string>();
  for (const file of bundle.files) {
    for (const path of file.inputs.keys()) {
      const folder = PACKAGE_PATTERN.exec(path)?.[1];
      if (folder !== undefined) folders.add(folder);
    }
  }
  return [...folders].sort();
}

/**
 * The licence and notice files of an installed package.
 * @throws if it has none; then it must not be bundled before somebody has looked at it.
 */
export function readLicensedWork(folder: string): LicensedWork {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  const title = `${manifest.name ?? folder} ${manifest.version ?? ''} (${manifest.license ?? '?'})`;
  const files = readdirSync(folder)
    .filter((name) => /^(licen[cs]e|notice|copying)/i.test(name))
    .sort();
  if (files.length === 0) throw new Error(`${folder}: expected a LICENSE file, found none`);
  return { title, texts: files.map((name) => readText(join(folder, name))) };
}

/** Without the appendix of the Apache licence, which stands behind its end and tells authors how to apply it. */
function readText(path: string): string {
  const [terms = ''] = readFileSync(path, 'utf8').split(
    /\n\s*APPENDIX: How to apply the Apache License/,
    1,
  );
  return terms.trim();
}

/** The project's own licence, for the head of the file. */
function readOwnWork(root: string): LicensedWork {
  const names = ['LICENSE', 'NOTICE'].filter((name) => existsSync(join(root, name)));
  return {
    title: 'lambda-otlp (Apache-2.0)',
    texts: names.map((name) => readText(join(root, name))),
  };
}

/** One text for all works; works that share a text are named together above it. */
export function formatLicenses(works: readonly LicensedWork[], legalComments: string): string {
  const titlesByText = new Map<string, string[]>();
  for (const { title, texts } of works) {
    for (const text of texts) titlesByText.set(text, [...(titlesByText.get(text) ?? []), title]);
  }
  const rule = '='.repeat(80);
  const sections = [...titlesByText].map(
    ([text, titles]) => `${rule}\n${titles.join('\n')}\n${rule}\n\n${text}\n`,
  );
  if (legalComments !== '')
    sections.push(`${rule}\nNotices in the sources\n${rule}\n\n${legalComments}\n`);
  return `This layer contains the following works, each under the licence given.\n\n${sections.join('\n')}`;
}

/** LICENSES.txt of a layer with `bundle` and, in it, `others`. */
export function formatLayerLicenses(
  root: string,
  bundle: Bundle,
  others: readonly LicensedWork[] = [],
): string {
  const packages = bundledPackages(bundle).map((folder) => readLicensedWork(join(root, folder)));
  return formatLicenses([readOwnWork(root), ...packages, ...others], bundle.legalComments);
}
