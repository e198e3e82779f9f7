// Files: stderr, the files that settings name, and a small one in /tmp by which a process tells its successor in the
// same environment what it has already counted (Lambda keeps /tmp when it restarts an extension after a timeout or a
// crash). Anyone may have written that file, so it must be of bounded size, owned by us and not a link, and it is
// read only once.
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

/** If the pipe is full or stderr is closed the line is lost, since that must not stop the extension. */
export function writeToStderr(line: string): void {
  try {
    writeSync(2, line);
  } catch {
    return;
  }
}

/** True if another layer brings an extension of this name. */
export function hasExtension(name: string): boolean {
  return existsSync(join('/opt/extensions', name));
}

/**
 * Reads a whole file; rejects as node:fs does. node:fs/promises would load readline and more, a millisecond of every
 * start.
 */
export function readFile(path: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    readWithCallback(path, (error, bytes) => (error === null ? resolve(bytes) : reject(error)));
  });
}

const NAME = '.lambda-otlp-handover.json';
const VERSION = 1;
const MAX_BYTES = 65_536;
const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** Returns what writeHandoverFile left, or undefined. The file is deleted. */
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
  // O_NONBLOCK: if somebody put a FIFO there, opening it must not wait for a writer.
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

/**
 * Writes `data` (JSON) for the next process, readable by the owner only. Failures are ignored: nothing depends on the
 * file.
 */
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
