// Strips a linked ELF-64 program without a toolchain: the loader reads program headers only, and
// symbols, debug information and section headers lie behind the last loaded segment.

const layout = { programHeaders: 32, sectionHeaders: 40, headerSizes: 54, end: 64 } as const;
const programHeaderBytes = 56;

function assertElf64LittleEndian(file: Buffer): void {
  const magic = file.subarray(0, 6).toString('hex');
  if (file.length >= layout.end && magic === '7f454c460201') return;
  throw new Error(`expected a little-endian ELF-64 file (7f454c460201), got ${magic}`);
}

function endOfSegments(file: Buffer): number {
  const offset = Number(file.readBigUInt64LE(layout.programHeaders));
  const count = file.readUInt16LE(layout.headerSizes + 2);
  const ends = Array.from({ length: count }, (_, index) => {
    const header = offset + index * programHeaderBytes;
    return Number(file.readBigUInt64LE(header + 8) + file.readBigUInt64LE(header + 32));
  });
  return Math.max(offset + count * programHeaderBytes, ...ends);
}

/**
 * A copy of `file` without anything that the loader does not map (ELF-64, little-endian:
 * https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.pheader.html). Same input, same bytes, on
 * every platform.
 * @throws when the file is of another kind or shorter than its segments.
 */
export function stripElf(file: Buffer): Buffer {
  assertElf64LittleEndian(file);
  const end = endOfSegments(file);
  if (end > file.length) throw new Error(`ELF segments end at ${end}, the file at ${file.length}`);
  const stripped = Buffer.from(file.subarray(0, end));
  stripped.writeBigUInt64LE(0n, layout.sectionHeaders);
  stripped.writeUInt16LE(0, layout.headerSizes + 6);
  stripped.writeUInt16LE(0, layout.headerSizes + 8);
  return stripped;
}
