// URL and URLSearchParams, as far as the extension uses them: absolute URLs, read and lightly changed.
import type { UrlPart, UrlParts } from '../host';

export class URL {
  #parts: UrlParts;

  /** @throws TypeError with code ERR_INVALID_URL. */
  constructor(text: string) {
    const parts = host.urls.parse(text);
    if (parts == null) {
      throw Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL', input: text });
    }
    this.#parts = parts;
  }

  static canParse(text: string): boolean {
    return host.urls.parse(text) != null;
  }

  get href(): string {
    return this.#parts[0];
  }

  get protocol(): string {
    return this.#parts[1];
  }

  get username(): string {
    return this.#parts[2];
  }

  set username(value: string) {
    this.#change('username', value);
  }

  get password(): string {
    return this.#parts[3];
  }

  set password(value: string) {
    this.#change('password', value);
  }

  get hostname(): string {
    return this.#parts[4];
  }

  get port(): string {
    return this.#parts[5];
  }

  get host(): string {
    return this.port === '' ? this.hostname : `${this.hostname}:${this.port}`;
  }

  get pathname(): string {
    return this.#parts[6];
  }

  set pathname(value: string) {
    this.#change('pathname', value);
  }

  get search(): string {
    return this.#parts[7];
  }

  set search(value: string) {
    this.#change('search', value);
  }

  get hash(): string {
    return this.#parts[8];
  }

  set hash(value: string) {
    this.#change('hash', value);
  }

  get origin(): string {
    return this.#parts[9];
  }

  #change(part: UrlPart, value: string): void {
    this.#parts = host.urls.change(this.href, part, value) ?? this.#parts;
  }

  toString(): string {
    return this.href;
  }

  toJSON(): string {
    return this.href;
  }
}
