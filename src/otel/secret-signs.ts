// A sign is something that every match of a rule contains. Most texts have no sign of any rule, and regular expressions
// find that out fastest: a loop over characters costs ten times as much until it is compiled. Figures:
// docs/decisions/0010-redaction.md.
import type { KeyRule, RedactionRules } from './redaction-rules';
import type { ScannerName } from './secret-scanners';
import { SECRET_NAME } from './secret-scanners';

/** Returns a test whether any of the expressions matches. None of them nests repeats, so any engine is quick. */
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
const CARD = String.raw`[2-6][ .-]?\d[ .-]?\d[ .-]?\d(?:[ .-]?\d){9}`;
const KEY = inAnyCase('key');
const SCHEMES = ['bearer', 'basic'].map((scheme) => `${inAnyCase(scheme)}[ \\t]`);
const SIGNS: Readonly<Record<ScannerName, readonly string[]>> = {
  emails: [AT, ENCODED_AT],
  cards: [CARD],
  tokens: [AT, 'eyJ', ...SCHEMES],
  aws_keys: ['A[KS]IA', inAnyCase('secret'), KEY],
};
/**
 * Signs with expressions of their own: V8 takes twice as long for one expression that contains these and the others.
 */
const APART: readonly (readonly string[])[] = [[AT], [ENCODED_AT, CARD], [KEY]];
/** Shorter literals occur in too many texts. */
const MIN_LITERAL = 3;
const ASCII = /^[\0-\x7f]+$/;
const SPECIAL = /[\\^$.*+?()[\]{}|]/g;
/** The sign of a rule for which none is known: it is in every text. */
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

  /** False only if no scanner, key or signed pattern can find anything. `name` is the attribute's. */
  areIn(text: string, name: string): boolean {
    return this.ofAny(text) || (this.looksAtNames && name !== '' && SECRET_NAME.test(name));
  }

  /** False only if no key can find anything. */
  areOfKeysIn(text: string): boolean {
    return this.ofKeys(text);
  }
}

/** Patterns without a sign have to look at every text. */
export function isSigned({ sign }: { readonly sign: string }): boolean {
  return sign.length >= MIN_LITERAL && ASCII.test(sign);
}

function toSources(signs: readonly string[]): readonly string[] {
  const all = [...new Set(signs)];
  const others = all.filter((sign) => !APART.flat().includes(sign));
  const groups = [...APART.map((group) => group.filter((sign) => all.includes(sign))), others];
  return groups.filter((group) => group.length > 0).map((group) => group.join('|'));
}

/** The longest word of the rule, since a matching name contains all of them. */
function signOfKey(rule: KeyRule): string {
  const words = rule.flat().filter((word) => ASCII.test(word));
  const [longest] = words.sort((a, b) => b.length - a.length);
  return longest === undefined ? EVERYWHERE : inAnyCase(longest);
}

/** Also matches the non-ASCII letters that toLowerCase turns into these. */
function inAnyCase(word: string): string {
  return word.replace(/[a-z]/g, (letter) => {
    const others: Readonly<Record<string, string>> = { i: '\\u0130', k: '\\u212a' };
    return `[${letter}${letter.toUpperCase()}${others[letter] ?? ''}]`;
  });
}
