// Zips as Lambda takes them, and reproducible: the same files give the same bytes, whatever the clock,
// the time zone, the umask, the platform or the order in which they were listed.
import { zipSync } from 'fflate';

export interface ZipEntry {
  /** Path inside the zip, with forward slashes. */
  readonly path: string;
  readonly contents: Uint8Array;
  readonly executable?: boolean;
}

/** "Made by" Unix: only then are the modes taken from the external attributes. */
const UNIX = 3;
/** 1980-01-01 00:00, the first moment that the format can name; zips hold local times. */
const EARLIEST = new Date(1980, 0, 1);

/** The zip of `entries`, sorted by path, with modes 0644 and, for executables, 0755. */
export function createZip(entries: readonly ZipEntry[]): Uint8Array {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : 1));
  return zipSync(
    Object.fromEntries(
      sorted.map(({ path, contents, executable }) => {
        const mode = executable === true ? 0o100755 : 0o100644;
        return [path, [contents, { attrs: mode * 0x10000, os: UNIX }]];
      }),
    ),
    { level: 9, mtime: EARLIEST },
  );
}
