// TextDecoder and TextEncoder for UTF-8.

const UTF8_MARK = '\ufeff';
const REPLACEMENT = '\ufffd';

export class TextDecoder {
  readonly #isFatal: boolean;
  readonly #keepsMark: boolean;

  constructor(
    _label?: 'utf-8' | 'utf8',
    options: { readonly fatal?: boolean; readonly ignoreBOM?: boolean } = {},
  ) {
    this.#isFatal = options.fatal ?? false;
    this.#keepsMark = options.ignoreBOM ?? false;
  }

  /** @throws TypeError when it is fatal and the bytes are no UTF-8. */
  decode(bytes?: Uint8Array): string {
    if (bytes === undefined) return '';
    const text = host.bytes.readUtf8(bytes, 0, bytes.length);
    if (this.#isFatal && text.includes(REPLACEMENT) && !isExact(text, bytes)) {
      throw Object.assign(new TypeError('The encoded data was not valid for encoding utf-8'), {
        code: 'ERR_ENCODING_INVALID_ENCODED_DATA',
      });
    }
    return !this.#keepsMark && text.startsWith(UTF8_MARK) ? text.slice(1) : text;
  }
}

/** A replacement character may have been in the bytes themselves. */
function isExact(text: string, bytes: Uint8Array): boolean {
  const again = new Uint8Array(host.bytes.fromUtf8(text));
  return again.length === bytes.length && again.every((byte, index) => byte === bytes[index]);
}

export class TextEncoder {
  encode(text = ''): Uint8Array {
    return new Uint8Array(host.bytes.fromUtf8(text));
  }

  /** Whole characters, as many as fit. */
  encodeInto(
    text: string,
    target: Uint8Array,
  ): { readonly read: number; readonly written: number } {
    const written = host.bytes.writeUtf8(target, 0, text);
    const isAll = written === host.bytes.utf8Length(text);
    return { read: isAll ? text.length : host.bytes.readUtf8(target, 0, written).length, written };
  }
}
