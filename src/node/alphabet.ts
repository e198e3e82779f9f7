// The alphabet of a pattern: code units that none of its sets tell apart share one symbol.
import type { Ranges } from './pattern-syntax';
import { WORDS } from './pattern-syntax';

export const UNITS = 0x10000;
export const LATIN = 0x100;

export class Alphabet {
  readonly size: number;
  private readonly starts: readonly number[];
  readonly latin = new Uint16Array(LATIN);

  constructor(sets: readonly Ranges[]) {
    const starts = new Set([0]);
    for (const ranges of [...sets, WORDS]) {
      ranges.forEach((code, index) => starts.add(index % 2 === 0 ? code : code + 1));
    }
    this.starts = [...starts].filter((start) => start < UNITS).sort((a, b) => a - b);
    this.size = this.starts.length;
    for (let code = 0; code < LATIN; code += 1) this.latin[code] = this.search(code);
  }

  of(code: number): number {
    return code < LATIN ? (this.latin[code] ?? 0) : this.search(code);
  }

  sample(symbol: number): number {
    return this.starts[symbol] ?? 0;
  }

  private search(code: number): number {
    let [low, high] = [0, this.starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.starts[middle] ?? 0) <= code) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
