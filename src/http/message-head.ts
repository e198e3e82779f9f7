// The head of a request as it goes over the wire (RFC 9112 §3, RFC 9110 §5). What would break out of its
// line is refused here, whoever composed it.

export interface RequestHead {
  readonly method: string;
  /** Origin form, absolute form through a proxy, or authority form for CONNECT. */
  readonly target: string;
  /** Host first. */
  readonly fields: Readonly<Record<string, string | number>>;
}

const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;
/** Visible characters, spaces, tabs and what ISO-8859-1 has above them. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const TARGET = /^[\x21-\x7e\x80-\xff]+$/;

export function isFieldName(name: string): boolean {
  return TOKEN.test(name);
}

export function isFieldValue(value: string): boolean {
  return VALUE.test(value);
}

/** A head that is written with every request, for bodies of any size; throws as formatHead does. */
export class RepeatedHead {
  private text: string | undefined;

  constructor(private readonly head: RequestHead) {}

  format(bodyBytes: number): string {
    this.text ??= formatHead(this.head).slice(0, -2);
    return `${this.text}content-length: ${bodyBytes}\r\n\r\n`;
  }
}

/** Throws a TypeError, without the value, for what HTTP forbids. */
export function formatHead({ method, target, fields }: RequestHead): string {
  if (!TARGET.test(target))
    throw new TypeError('the request target has characters that HTTP forbids');
  let head = `${method} ${target} HTTP/1.1\r\n`;
  for (const name of Object.keys(fields)) {
    const value = String(fields[name]);
    if (!isFieldName(name) || !isFieldValue(value)) {
      throw new TypeError(`the header '${name}' has characters that HTTP forbids`);
    }
    head += `${name}: ${value}\r\n`;
  }
  return `${head}\r\n`;
}
