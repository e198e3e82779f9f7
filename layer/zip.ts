// Zips as Lambda takes them (deflate), and reproducible: the same files give the same bytes,
// whatever the clock, the time zone, the umask or the order in which they were listed.
import { ZipFile } from 'yazl';

export interface ZipEntry {
  /** Path inside the zip, with forward slashes. */
  readonly path: string;
  readonly contents: Uint8Array;
  readonly executable?: boolean;
}

// The DOS epoch. The format stores local wall-clock time, so the date is a local one as well.
const entryTime = new Date(1980, 0, 1, 0, 0, 0);

/** The zip of `entries`, sorted by path, with modes 0644 and, for executables, 0755. */
export async function createZip(entries: readonly ZipEntry[]): Promise<Buffer> {
  const zip = new ZipFile();
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { path, contents, executable } of sorted) {
    zip.addBuffer(Buffer.from(contents.buffer, contents.byteOffset, contents.byteLength), path, {
      mtime: entryTime,
      mode: executable === true ? 0o100755 : 0o100644,
      compressionLevel: 9,
      forceDosTimestamp: true,
    });
  }
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
