// Decodes HTTP/2's header compression for the receiver. The cost of a block is bounded by its size: values that it only
// refers to are not copied, and the dynamic table has at most 4,096 bytes.
// Source: RFC 7541
interface Field {
  readonly name: string;
  readonly value: string;
}

const STATIC_FIELDS =
  ':authority|:method=GET|:method=POST|:path=/|:path=/index.html|:scheme=http|:scheme=https|:status=200|:status=204|:status=206|:status=304|:status=400|:status=404|:status=500|accept-charset|accept-encoding=gzip, deflate|accept-language|accept-ranges|accept|access-control-allow-origin|age|allow|authorization|cache-control|content-disposition|content-encoding|content-language|content-length|content-location|content-range|content-type|cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range|if-unmodified-since|last-modified|link|location|max-forwards|proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after|server|set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate'
    .split('|')
    .map((text): Field => {
      const [name = '', value = ''] = text.split('=');
      return { name, value };
    });
/** The default of SETTINGS_HEADER_TABLE_SIZE, which is not changed. */
const MAX_TABLE_BYTES = 4_096;
/** The overhead of each entry, in addition to its texts (§4.1). */
const ENTRY_BYTES = 32;
/** Limits integers: none of 2²⁸ or more is ever needed. */
const MAX_SHIFT = 21;

export class HeaderDecoder {
  /** The most recent entry comes first. */
  private readonly recent: Field[] = [];
  private tableBytes = 0;
  private maxTableBytes = MAX_TABLE_BYTES;
  private block: Buffer = Buffer.alloc(0);
  private at = 0;

  /**
   * Of repeated fields the first is kept. Undefined if malformed; then no further block of the connection can be read.
   */
  decode(block: Buffer): ReadonlyMap<string, string> | undefined {
    const fields = new Map<string, string>();
    this.block = block;
    this.at = 0;
    while (this.at < block.length) {
      const first = block[this.at] ?? 0;
      if ((first & 0xe0) === 0x20) {
        if (!this.resize()) return undefined;
        continue;
      }
      const field = first >= 0x80 ? this.find(this.readInteger(7)) : this.readLiteral(first);
      if (field === undefined) return undefined;
      if (!fields.has(field.name)) fields.set(field.name, field.value);
    }
    return fields;
  }

  private readLiteral(first: number): Field | undefined {
    const isKept = first >= 0x40;
    const index = this.readInteger(isKept ? 6 : 4);
    const name = index === 0 ? this.readText() : this.find(index)?.name;
    const value = name === undefined ? undefined : this.readText();
    if (name === undefined || value === undefined) return undefined;
    const field = { name, value };
    if (isKept) this.keep(field);
    return field;
  }

  private find(index: number): Field | undefined {
    const count = STATIC_FIELDS.length;
    return index <= count ? STATIC_FIELDS[index - 1] : this.recent[index - count - 1];
  }

  private keep(field: Field): void {
    this.recent.unshift(field);
    this.tableBytes += bytesOf(field);
    this.evict();
  }

  private evict(): void {
    while (this.tableBytes > this.maxTableBytes) {
      const oldest = this.recent.pop();
      if (oldest !== undefined) this.tableBytes -= bytesOf(oldest);
    }
  }

  private resize(): boolean {
    const size = this.readInteger(5);
    if (!(size <= MAX_TABLE_BYTES)) return false;
    this.maxTableBytes = size;
    this.evict();
    return true;
  }

  /** Reads an integer that begins in the lowest bits of the next byte; NaN if it is incomplete or too large. */
  private readInteger(bits: number): number {
    const { block } = this;
    const most = 2 ** bits - 1;
    let value = (block[this.at] ?? 0) & most;
    this.at += 1;
    if (value < most) return value;
    for (let shift = 0; shift <= MAX_SHIFT; shift += 7) {
      const byte = block[this.at];
      if (byte === undefined) break;
      this.at += 1;
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return Number.NaN;
  }

  private readText(): string | undefined {
    const { block } = this;
    const isCoded = (block[this.at] ?? 0) >= 0x80;
    const length = this.readInteger(7);
    const start = this.at;
    if (!(start + length <= block.length)) return undefined;
    this.at += length;
    return isCoded
      ? decodeHuffman(block.subarray(start, this.at))
      : block.toString('latin1', start, this.at);
  }
}

function bytesOf({ name, value }: Field): number {
  return name.length + value.length + ENTRY_BYTES;
}

// Huffman-coded text. The code is canonical, so the lengths of its codes define it (§5.2, appendix B).

/** The code lengths of the bytes 0 to 255 and of the end, in base 36. */
const LENGTHS =
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6cad67777777777777777777777878djde6f56565666577666567655677777fbedskmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmnqqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrqu';
const END = 256;
const MAX_LENGTH = 30;

interface Codes {
  /** The first code of each length. */
  readonly first: readonly number[];
  /** The symbols of each length, in the order of their codes. */
  readonly symbols: readonly (readonly number[])[];
}

const CODES = createCodes();

function createCodes(): Codes {
  const symbols: number[][] = Array.from({ length: MAX_LENGTH + 1 }, () => []);
  for (let symbol = 0; symbol < LENGTHS.length; symbol += 1) {
    symbols[Number.parseInt(LENGTHS.charAt(symbol), 36)]?.push(symbol);
  }
  const first: number[] = [];
  let code = 0;
  for (const ofLength of symbols) {
    code *= 2;
    first.push(code);
    code += ofLength.length;
  }
  return { first, symbols };
}

/** Undefined if the bytes are not such text, or their padding is not a prefix of the end's code. */
export function decodeHuffman(bytes: Buffer): string | undefined {
  let text = '';
  let code = 0;
  let length = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit -= 1) {
      code = code * 2 + ((byte >> bit) & 1);
      length += 1;
      const symbol = CODES.symbols[length]?.[code - (CODES.first[length] ?? 0)];
      if (symbol === undefined) {
        if (length >= MAX_LENGTH) return undefined;
        continue;
      }
      if (symbol === END) return undefined;
      text += String.fromCharCode(symbol);
      code = 0;
      length = 0;
    }
  }
  return length < 8 && code === 2 ** length - 1 ? text : undefined;
}
