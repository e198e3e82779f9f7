// V8's code cache for pipeline.js, which the standalone layers can have because they know their Node.js:
// its functions are not compiled anew at each cold start. It is made by that Node.js after it ran the
// pipeline through one invocation, so that the functions that every start needs are in it.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Architecture, NodeRelease } from './node-release';
import type { ZipEntry } from './zip';

const modulePath = 'lambda-otlp/pipeline.js';
const sourcePath = 'lambda-otlp/pipeline.source.js';
const cachePath = 'lambda-otlp/pipeline.cache';

const nodeArchitectures: Readonly<Record<Architecture, string>> = { x86_64: 'x64', arm64: 'arm64' };

/** True where a program for `architecture` runs: only its own V8 can write a cache it will accept. */
export function canMakeCodeCache(architecture: Architecture): boolean {
  return process.platform === 'linux' && process.arch === nodeArchitectures[architecture];
}

/**
 * Takes the place of pipeline.js. Under another Node.js than ours (the function's runtime has one) the
 * cache is not even read; V8 refuses one that does not fit and compiles as usual.
 */
function loaderSource(nodeVersion: string): string {
  return `'use strict';
if (process.version !== 'v${nodeVersion}') module.exports = require('./${basename(sourcePath)}');
else {
  const { readFileSync } = require('node:fs');
  const { wrap } = require('node:module');
  const { Script } = require('node:vm');
  const filename = __dirname + '/${basename(sourcePath)}';
  const cachedData = readFileSync(__dirname + '/${basename(cachePath)}');
  const script = new Script(wrap(readFileSync(filename, 'utf8')), { filename, cachedData });
  script.runInThisContext()(exports, require, module, filename, __dirname);
}
`;
}

/** Runs in the target Node.js: `node code-cache-training.cjs FOLDER` writes FOLDER/pipeline.cache. */
const trainer = join(__dirname, 'code-cache-training.cjs');

function trainCache(files: readonly ZipEntry[], node: NodeRelease): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'lambda-otlp-code-cache-'));
  try {
    for (const { path, contents } of files) writeFileSync(join(folder, basename(path)), contents);
    const program = join(folder, 'node');
    writeFileSync(program, node.program);
    chmodSync(program, 0o755);
    // A fixed seed gives the same bytes each time, and does not count into V8's flag hash.
    const args = ['--v8-pool-size=0', '--random-seed=1', trainer, folder];
    execFileSync(program, args, {
      env: {},
      timeout: 60_000,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    return readFileSync(join(folder, basename(cachePath)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * `files` with pipeline.js loaded through a code cache.
 * @throws when the pipeline does not run, or the cache would not be accepted.
 */
export function withCodeCache(files: readonly ZipEntry[], node: NodeRelease): ZipEntry[] {
  const cache = trainCache(files, node);
  return [
    ...files.map((file) => (file.path === modulePath ? { ...file, path: sourcePath } : file)),
    { path: modulePath, contents: Buffer.from(loaderSource(node.version)) },
    { path: cachePath, contents: cache },
  ];
}
