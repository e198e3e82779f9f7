// The values in a text that belong to a name: found where they stand, each whatever the others are.
import type { Range } from './character-kinds';

/** The place of the rule that names it; undefined: none does. */
export type RuleOf = (name: string) => number | undefined;

export interface NamedValue extends Range {
  readonly rule: number;
  /** Stands before and behind the mask. */
  readonly quote?: string;
}

/** So often is a text read for values that begin before others end; then the rest of it is one value. */
const MAX_READINGS = 4;
const MIN_READ = 65_536;

export class NamedValues {
  readonly found: NamedValue[] = [];
  private left: number;

  constructor(private readonly text: string) {
    this.left = MIN_READ + MAX_READINGS * text.length;
  }

  /** False: enough was read. */
  add(value: NamedValue): boolean {
    this.left -= value.end - value.start;
    this.found.push(this.left < 0 ? { ...value, end: this.text.length } : value);
    return this.left >= 0;
  }
}
