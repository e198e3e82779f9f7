// Zips as Lambda takes them, and reproducible: the same files give the same bytes, whatever the clock,
// the time zone, the umask, the platform or the order in which they were listed. Written here because
// zip libraries offer zlib only, and Zopfli's deflate streams are 3 % smaller.
// Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
import { promisify } from 'node:util';
import { gzip as zlibGzip } from 'node:zlib';
import { gzipAsync as zopfliGzip } from '@gfx/zopfli';

export interface ZipEntry {
  /** Path inside the zip, with forward slashes. */
  readonly path: string;
  readonly contents: Uint8Array;
  readonly executable?: boolean;
}

/** Zopfli takes a second for this much; Node.js itself would take minutes. */
const maxZopfliBytes = 1024 * 1024;

/** Bytes of a gzip header without a file name, and of its trailer: CRC-32 and size (RFC 1952). */
const gzipHeaderBytes = 10;
const gzipTrailerBytes = 8;

interface StoredEntry {
  readonly path: Buffer;
  readonly mode: number;
  readonly crc32: number;
  readonly originalBytes: number;
  readonly deflated: Buffer;
}

async function compress(contents: Uint8Array): Promise<Buffer> {
  if (contents.byteLength > maxZopfliBytes) return promisify(zlibGzip)(contents, { level: 9 });
  return Buffer.from(await zopfliGzip(contents, { numiterations: 15 }));
}

/** A gzip stream holds what a zip entry needs: the deflate stream, and its CRC-32. */
async function toStoredEntry({ path, contents, executable }: ZipEntry): Promise<StoredEntry> {
  const gzipped = await compress(contents);
  const trailer = gzipped.length - gzipTrailerBytes;
  return {
    path: Buffer.from(path),
    mode: executable === true ? 0o100755 : 0o100644,
    crc32: gzipped.readUInt32LE(trailer),
    originalBytes: contents.byteLength,
    deflated: gzipped.subarray(gzipHeaderBytes, trailer),
  };
}

/** The part that local and central headers have in common, from "version needed" on. */
function commonHeader(entry: StoredEntry): Buffer {
  const header = Buffer.alloc(26);
  header.writeUInt16LE(20, 0);
  // Bit 11: the name is UTF-8.
  header.writeUInt16LE(0x0800, 2);
  header.writeUInt16LE(8, 4);
  // 1980-01-01 00:00, the first moment that the format can name.
  header.writeUInt16LE(0, 6);
  header.writeUInt16LE((1 << 5) | 1, 8);
  header.writeUInt32LE(entry.crc32, 10);
  header.writeUInt32LE(entry.deflated.length, 14);
  header.writeUInt32LE(entry.originalBytes, 18);
  header.writeUInt16LE(entry.path.length, 22);
  return header;
}

function centralHeader(entry: StoredEntry, offset: number): Buffer {
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  // Made by Unix (3): only then are the modes taken from the external attributes.
  header.writeUInt16LE((3 << 8) | 20, 4);
  commonHeader(entry).copy(header, 6);
  header.writeUInt32LE(entry.mode * 0x10000, 38);
  header.writeUInt32LE(offset, 42);
  return Buffer.concat([header, entry.path]);
}

function endOfCentralDirectory(entries: number, directoryBytes: number, offset: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries, 8);
  end.writeUInt16LE(entries, 10);
  end.writeUInt32LE(directoryBytes, 12);
  end.writeUInt32LE(offset, 16);
  return end;
}

/** The zip of `entries`, sorted by path, with modes 0644 and, for executables, 0755. Up to 4 GiB. */
export async function createZip(entries: readonly ZipEntry[]): Promise<Buffer> {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : 1));
  const localSignature = Buffer.from('PK\x03\x04', 'latin1');
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of sorted) {
    const stored = await toStoredEntry(entry);
    const file = [localSignature, commonHeader(stored), stored.path, stored.deflated];
    directory.push(centralHeader(stored, offset));
    files.push(...file);
    offset += file.reduce((sum, { length }) => sum + length, 0);
  }
  const directoryBytes = directory.reduce((sum, { length }) => sum + length, 0);
  const end = endOfCentralDirectory(sorted.length, directoryBytes, offset);
  return Buffer.concat([...files, ...directory, end]);
}
