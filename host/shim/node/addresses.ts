// IP addresses as text, and ranges of them.

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;

/** 4, 6, or 0 for what is no address. */
export function isIP(text: string): 0 | 4 | 6 {
  if (IPV4.test(text)) return 4;
  return text.includes(':') && expand(text) !== undefined ? 6 : 0;
}

/** The eight words of an IPv6 address. */
function expand(address: string): readonly string[] | undefined {
  const parts = host.urls.parse(`http://[${address}]/`);
  if (parts == null) return undefined;
  const [left = '', right] = parts[4].slice(1, -1).split('::');
  const words = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const [head, tail] = [words(left), words(right ?? '')];
  const zeros = right === undefined ? 0 : 8 - head.length - tail.length;
  return [...head, ...Array<string>(zeros).fill('0'), ...tail];
}

/** As digits 0 and 1. */
function toBits(address: string): string {
  const binary = (value: number, width: number): string => value.toString(2).padStart(width, '0');
  if (isIP(address) === 4) {
    return address
      .split('.')
      .map((byte) => binary(Number(byte), 8))
      .join('');
  }
  const words = expand(address) ?? [];
  return words.map((word) => binary(Number.parseInt(word, 16), 16)).join('');
}

type Family = 'ipv4' | 'ipv6';

export class BlockList {
  readonly #rules: { readonly prefix: string; readonly family: Family }[] = [];

  addSubnet(network: string, prefixBits: number, family: Family): void {
    this.#rules.push({ prefix: toBits(network).slice(0, prefixBits), family });
  }

  check(address: string, family: Family): boolean {
    const bits = toBits(address);
    return this.#rules.some((rule) => rule.family === family && bits.startsWith(rule.prefix));
  }
}
