// Files: the standard error, what a setting names, and a small one in /tmp through which a process tells its successor
// in the same environment (Lambda restarts extensions after a timeout or a crash and keeps /tmp) what it has counted
// already. Whatever is found there is treated as a stranger's: bounded, ours by owner, no link, read once.
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readFile as readWithCallback,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** A full pipe or a closed stderr must not stop the extension: the line is lost then. */
export function writeToStderr(line: string): void {
  try {
    writeSync(2, line);
  } catch {
    return;
  }
}

/** Another extension of this name, whose layer is attached too. */
export function hasExtension(name: string): boolean {
  return existsSync(join('/opt/extensions', name));
}

/** All of a file. node:fs/promises would load readline and more, a millisecond of every start. */
export function readFile(path: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    readWithCallback(path, (error, bytes) => (error === null ? resolve(bytes) : reject(error)));
  });
}

const NAME = '.lambda-otlp-handover.json';
const VERSION = 1;
const MAX_BYTES = 65_536;
const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** What writeHandoverFile left, or undefined. The file is gone afterwards. */
export function readHandoverFile(folder: string): unknown {
  const path = join(folder, NAME);
  try {
    return parse(readBounded(path));
  } catch {
    return undefined;
  } finally {
    remove(path);
  }
}

function readBounded(path: string): string {
  // O_NONBLOCK: opening a FIFO that somebody put there must not wait for a writer.
  const file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const status = fstatSync(file);
    const isOurs = process.getuid === undefined || status.uid === process.getuid();
    if (!status.isFile() || !isOurs || status.size > MAX_BYTES) return '';
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

function parse(text: string): unknown {
  const content: unknown = JSON.parse(text);
  if (typeof content !== 'object' || content === null) return undefined;
  if (!('version' in content) || content.version !== VERSION || !('data' in content))
    return undefined;
  return content.data;
}

/** Leaves `data` (JSON) for the next process, owner-only. What fails is not worth a word: nothing depends on it. */
export function writeHandoverFile(data: unknown, folder: string): void {
  const path = join(folder, NAME);
  remove(path);
  try {
    const text = JSON.stringify({ version: VERSION, data });
    if (Buffer.byteLength(text) > MAX_BYTES) return;
    const file = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      writeSync(file, text);
    } finally {
      closeSync(file);
    }
  } catch {
    return;
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    return;
  }
}
