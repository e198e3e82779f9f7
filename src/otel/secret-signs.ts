// What every match of a rule has in it. Most texts have no sign of any rule, and the engine's own search tells so: a
// loop over characters costs ten times as much until it is compiled. Figures: docs/decisions/0010-redaction.md.
import type { KeyRule, RedactionRules } from './redaction-rules';
import type { ScannerName } from './secret-scanners';
import { SECRET_NAME } from './secret-scanners';

/** Whether one of these expressions is found: none repeats a repetition, so that any engine is quick. */
export type CompileSigns = (sources: readonly string[]) => (text: string) => boolean;

const searchByExpressions: CompileSigns = (sources) => {
  const expressions = sources.map((source) => new RegExp(source));
  return (text) => {
    for (const expression of expressions) if (expression.test(text)) return true;
    return false;
  };
};

const AT = '@';
const ENCODED_AT = '%40';
const CARD = String.raw`[2-6][ -]?\d[ -]?\d[ -]?\d(?:[ -]?\d){9}`;
const KEY = inAnyCase('key');
const SCHEMES = ['bearer', 'basic'].map((scheme) => `${inAnyCase(scheme)}[ \\t]`);
const SIGNS: Readonly<Record<ScannerName, readonly string[]>> = {
  emails: [AT, ENCODED_AT],
  cards: [CARD],
  tokens: [AT, 'eyJ', ...SCHEMES],
  aws_keys: ['A[KS]IA', inAnyCase('secret'), KEY],
};
/** Searched for apart from the others: in one expression with these the search for all takes V8 twice as long. */
const APART: readonly (readonly string[])[] = [[AT], [ENCODED_AT, CARD], [KEY]];
/** A shorter one is in many texts. */
const MIN_LITERAL = 3;
const ASCII = /^[\0-\x7f]+$/;
const SPECIAL = /[\\^$.*+?()[\]{}|]/g;
/** Of what has no sign that is known. */
const EVERYWHERE = '^';

export class SecretSigns {
  private readonly ofAny: (text: string) => boolean;
  private readonly ofKeys: (text: string) => boolean;
  private readonly looksAtNames: boolean;

  constructor(
    { scanners, keys, patterns }: RedactionRules,
    compile: CompileSigns = searchByExpressions,
  ) {
    const keySigns = keys.filter((rule) => rule.length > 0).map(signOfKey);
    const literals = patterns.filter(isSigned).map(({ sign }) => sign.replace(SPECIAL, '\\$&'));
    const scannerSigns = scanners.flatMap((name) => SIGNS[name]);
    this.ofAny = compile(toSources([...scannerSigns, ...keySigns, ...literals]));
    this.ofKeys = compile(toSources(keySigns));
    this.looksAtNames = scanners.includes('aws_keys');
  }

  /** False: no scanner, no key and no pattern that is signed finds anything. `name`: the attribute's. */
  areIn(text: string, name: string): boolean {
    return this.ofAny(text) || (this.looksAtNames && name !== '' && SECRET_NAME.test(name));
  }

  /** False: no key finds anything. */
  areOfKeysIn(text: string): boolean {
    return this.ofKeys(text);
  }
}

/** The others have to look at every text. */
export function isSigned({ sign }: { readonly sign: string }): boolean {
  return sign.length >= MIN_LITERAL && ASCII.test(sign);
}

function toSources(signs: readonly string[]): readonly string[] {
  const all = [...new Set(signs)];
  const others = all.filter((sign) => !APART.flat().includes(sign));
  const groups = [...APART.map((group) => group.filter((sign) => all.includes(sign))), others];
  return groups.filter((group) => group.length > 0).map((group) => group.join('|'));
}

/** The longest of its words: a name that it names has them all. */
function signOfKey(rule: KeyRule): string {
  const words = rule.flat().filter((word) => ASCII.test(word));
  const [longest] = words.sort((a, b) => b.length - a.length);
  return longest === undefined ? EVERYWHERE : inAnyCase(longest);
}

/** All that toLowerCase makes these letters of. */
function inAnyCase(word: string): string {
  return word.replace(/[a-z]/g, (letter) => {
    const others: Readonly<Record<string, string>> = { i: '\\u0130', k: '\\u212a' };
    return `[${letter}${letter.toUpperCase()}${others[letter] ?? ''}]`;
  });
}
