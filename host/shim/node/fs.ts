// node:fs: the few calls that the extension makes, all of them synchronous underneath.
import { Buffer } from './buffer';

const { files } = host;

/** As Linux has them; O_NOFOLLOW differs between the two architectures. */
export const constants = {
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_CREAT: 0o100,
  O_EXCL: 0o200,
  O_NONBLOCK: 0o4000,
  O_NOFOLLOW: host.process.architecture === 'arm64' ? 0o100000 : 0o400000,
} as const;

interface Stats {
  readonly uid: number;
  readonly size: number;
  isFile(): boolean;
}

export function openSync(path: string, flags: number, mode = 0o666): number {
  return files.open(path, flags, mode);
}

export function existsSync(path: string): boolean {
  try {
    files.close(files.open(path, constants.O_RDONLY | constants.O_NONBLOCK, 0));
    return true;
  } catch {
    return false;
  }
}

export function closeSync(file: number): void {
  files.close(file);
}

export function unlinkSync(path: string): void {
  files.remove(path);
}

export function fstatSync(file: number): Stats {
  const { isFile, uid, size } = files.status(file);
  return { uid, size, isFile: () => isFile };
}

/** Of a file by its number or path. */
export function readFileSync(file: number | string, encoding: 'utf8'): string {
  const bytes = typeof file === 'number' ? files.readOpen(file) : files.read(file);
  return new Buffer(bytes).toString(encoding);
}

export function writeSync(file: number, data: Uint8Array | string): number {
  files.write(file, data);
  return typeof data === 'string' ? Buffer.byteLength(data) : data.length;
}

type ReadCallback = (error: NodeJS.ErrnoException | null, bytes: Buffer) => void;

export function readFile(path: string, callback: ReadCallback): void {
  let bytes = new Buffer(0);
  let problem: NodeJS.ErrnoException | null = null;
  try {
    bytes = new Buffer(files.read(path));
  } catch (error) {
    problem = error as NodeJS.ErrnoException;
  }
  queueMicrotask(() => callback(problem, bytes));
}
