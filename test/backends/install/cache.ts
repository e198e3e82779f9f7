// Where the back ends' binaries live: one folder per name and version outside the checkout, made whole or not at
// all (built in a scratch folder beside it, renamed at the end), so an interrupted build leaves nothing half done.
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

/** `$XDG_CACHE_HOME/lambda-otlp/backends`, by default below `~/.cache` (XDG Base Directory Specification 0.8). */
export function backendsCacheDir(env: NodeJS.ProcessEnv = process.env): string {
  const fromXdg = env['XDG_CACHE_HOME'];
  const base =
    fromXdg !== undefined && path.isAbsolute(fromXdg) ? fromXdg : path.join(homedir(), '.cache');
  return path.join(base, 'lambda-otlp', 'backends');
}

export interface CacheEntry {
  readonly name: string;
  readonly version: string;
  /** File inside the entry whose presence says that it is complete, usually the executable. */
  readonly file: string;
}

function entryDir(entry: CacheEntry): string {
  return path.join(backendsCacheDir(), `${entry.name}-${entry.version}`);
}

/** Absolute path of the entry's file, whether it is there or not. */
export function cachedFile(entry: CacheEntry): string {
  return path.join(entryDir(entry), entry.file);
}

export function isCached(entry: CacheEntry): boolean {
  return existsSync(cachedFile(entry));
}

/**
 * The path of the entry's file; `build` runs only when it is not there yet and gets a scratch folder that becomes
 * the entry when it resolves. Rejects with what `build` rejected with, or when `build` did not make the file.
 */
export async function cachedOrBuilt(
  entry: CacheEntry,
  build: (dir: string) => Promise<void>,
): Promise<string> {
  const file = cachedFile(entry);
  if (isCached(entry)) return file;
  const scratch = `${entryDir(entry)}.${randomUUID()}.partial`;
  await mkdir(scratch, { recursive: true });
  try {
    await build(scratch);
    if (!existsSync(path.join(scratch, entry.file))) {
      throw new Error(`${entry.name}: the build ended without an error but made no ${entry.file}`);
    }
    await moveIntoPlace(scratch, entryDir(entry));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return file;
}

async function moveIntoPlace(scratch: string, target: string): Promise<void> {
  try {
    await rename(scratch, target);
  } catch (error) {
    // Somebody else finished the same build first: theirs is as good as ours.
    if (!existsSync(target)) throw error;
  }
}
