// node:crypto: SHA-256, HMAC, random bytes and UUIDs.
import { Buffer } from './buffer';

type Digest = 'hex' | 'base64';

interface Hash {
  update(data: Uint8Array | string, encoding?: 'utf8'): Hash;
  digest(): Buffer;
  digest(encoding: Digest): string;
}

class Sha256 implements Hash {
  readonly #parts: Uint8Array[] = [];

  constructor(private readonly compute: (data: Uint8Array) => string) {}

  update(data: Uint8Array | string): this {
    this.#parts.push(typeof data === 'string' ? Buffer.from(data) : data);
    return this;
  }

  digest(): Buffer;
  digest(encoding: Digest): string;
  digest(encoding?: Digest): Buffer | string {
    const digits = this.compute(Buffer.concat(this.#parts));
    if (encoding === 'hex') return digits;
    const bytes = Buffer.from(digits, 'hex');
    return encoding === undefined ? bytes : bytes.toString(encoding);
  }
}

export function createHash(_algorithm: 'sha256'): Hash {
  return new Sha256((data) => host.digests.sha256(data));
}

export function createHmac(_algorithm: 'sha256', key: Uint8Array | string): Hash {
  return new Sha256((data) => host.digests.hmacSha256(key, data));
}

/** Of the UTF-8 of text. */
export function hash(
  _algorithm: 'sha256',
  data: Uint8Array | string,
  encoding: Digest = 'hex',
): string {
  const digits = host.digests.sha256(data);
  return encoding === 'hex' ? digits : Buffer.from(digits, 'hex').toString(encoding);
}

export function randomBytes(length: number): Buffer {
  const bytes = new Buffer(length);
  host.digests.fillRandom(bytes);
  return bytes;
}

/** Version 4 (RFC 9562 §5.4). */
export function randomUUID(_options?: { readonly disableEntropyCache?: boolean }): string {
  const bytes = randomBytes(16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
