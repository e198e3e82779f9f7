// Finds the same matches as JavaScript's own engine, but in one pass: a pattern becomes an automaton whose states are
// created when a text first needs them (Thompson's construction; a state also keeps the order of the alternatives).
// It runs forward to find where a match ends, then backward from there to find where it begins.
// Source: https://swtch.com/~rsc/regexp/regexp2.html, regexp3.html
import { Alphabet, LATIN, UNITS, isIn, WORDS } from './pattern-syntax';
import type { Edge, PatternNode, Ranges } from './pattern-syntax';

/** A pattern that has more steps, with its repeats written out, is refused. */
const MAX_STEPS = 4_000;
/** When there are more, all states are forgotten and created again as needed. */
const MAX_STATES = 1_000;
const UNKNOWN = -1;
/** The state that no match can follow. */
const DEAD = 0;

const enum Op {
  Set,
  Fork,
  Edge,
  Match,
}

interface Step {
  readonly op: Op;
  /** For a set, its number. For a fork, both targets, the preferred one first. */
  a: number;
  b: number;
}

const EDGES: readonly Edge[] = ['start', 'end', 'word', 'inWord'];

/** The neighbour of a position: the edge of the text, a word character, or another character. */
const OUTSIDE = 0;
const IN_WORD = 1;
const OTHER = 2;

/** The steps of a pattern; for reading backward, the parts of a sequence are reversed. */
class Program {
  readonly steps: Step[] = [];
  readonly sets: Ranges[] = [];

  constructor(
    node: PatternNode,
    private readonly isBackward: boolean,
  ) {
    if (!isBackward && !isAnchored(node)) {
      // Lets a match begin at any position, preferring an early one.
      this.add(Op.Fork, 3, 1);
      this.add(Op.Set, this.setOf([0, UNITS - 1]));
      this.add(Op.Fork, 0, 0);
    }
    this.write(node);
    this.add(Op.Match);
  }

  private add(op: Op, a = 0, b = a): number {
    if (this.steps.length >= MAX_STEPS) throw new RangeError('expected a smaller pattern');
    return this.steps.push({ op, a, b }) - 1;
  }

  private setOf(ranges: Ranges): number {
    return this.sets.push(ranges) - 1;
  }

  private write(node: PatternNode): void {
    switch (node.kind) {
      case 'set':
        this.add(Op.Set, this.setOf(node.ranges));
        break;
      case 'edge':
        this.add(Op.Edge, EDGES.indexOf(node.edge));
        break;
      case 'all':
        for (const part of this.isBackward ? [...node.parts].reverse() : node.parts)
          this.write(part);
        break;
      case 'any':
        this.writeAlternatives(node.parts);
        break;
      case 'repeat':
        this.writeRepeat(node);
    }
  }

  private writeAlternatives(parts: readonly PatternNode[]): void {
    const ends: number[] = [];
    for (const [index, part] of parts.entries()) {
      if (index === parts.length - 1) {
        this.write(part);
        break;
      }
      const fork = this.add(Op.Fork);
      this.aim(fork, fork + 1, true);
      this.write(part);
      ends.push(this.add(Op.Fork));
      this.aim(fork, this.steps.length, false);
    }
    for (const end of ends) this.jump(end, this.steps.length);
  }

  private writeRepeat({
    part,
    least,
    most,
    isGreedy,
  }: Extract<PatternNode, { kind: 'repeat' }>): void {
    for (let index = 0; index < least; index += 1) this.write(part);
    const forks: number[] = [];
    const copies = most === Number.POSITIVE_INFINITY ? 1 : most - least;
    for (let index = 0; index < copies; index += 1) {
      const fork = this.add(Op.Fork);
      this.aim(fork, fork + 1, isGreedy);
      this.write(part);
      if (most === Number.POSITIVE_INFINITY) this.jump(this.add(Op.Fork), fork);
      forks.push(fork);
    }
    for (const fork of forks) this.aim(fork, this.steps.length, !isGreedy);
  }

  private aim(fork: number, target: number, isPreferred: boolean): void {
    const step = this.steps[fork];
    if (step === undefined) return;
    if (isPreferred) step.a = target;
    else step.b = target;
  }

  private jump(step: number, target: number): void {
    this.aim(step, target, true);
    this.aim(step, target, false);
  }
}

interface State {
  readonly places: readonly number[];
  /** The neighbour before the position, in the direction of reading. */
  readonly beside: number;
}

/**
 * Reads texts symbol by symbol. An entry of the table is twice the next state, plus one if a match ends before this
 * step.
 */
class Automaton {
  /** The number of code units read by the last run. */
  read = 0;
  private readonly alphabet: Alphabet;
  private readonly contains: readonly Uint8Array[];
  private readonly besides: readonly number[];
  private states: State[] = [];
  private table = new Int32Array(0);
  private ids = new Map<string, number>();
  /** The first state of a run, by the neighbour before it. */
  private begins: number[] = [];

  constructor(
    private readonly program: Program,
    private readonly isBackward: boolean,
  ) {
    this.alphabet = new Alphabet(program.sets);
    const symbols = Array.from({ length: this.alphabet.size }, (_, symbol) => symbol);
    const samples = symbols.map((symbol) => this.alphabet.sample(symbol));
    this.contains = program.sets.map((set) => Uint8Array.from(samples, (code) => +isIn(set, code)));
    this.besides = samples.map((code) => (isIn(WORDS, code) ? IN_WORD : OTHER));
    this.forget();
  }

  /** The end of the last match found on the way between two positions; -1 if there is none. */
  run(text: string, from: number, to: number): number {
    const { alphabet, isBackward } = this;
    const { latin } = alphabet;
    const [step, offset] = isBackward ? [-1, -1] : [1, 0];
    const width = alphabet.size + 1;
    let state = this.begin(this.symbolAt(text, from - 1 - offset));
    let found = -1;
    let index = from;
    for (; index !== to + step; index += step) {
      const place = index + offset;
      const code = place >= 0 && place < text.length ? text.charCodeAt(place) : UNITS;
      const symbol = code < LATIN ? (latin[code] ?? 0) : this.symbolOf(code);
      let next = this.table[state * width + symbol] ?? UNKNOWN;
      if (next === UNKNOWN) next = this.make(state, symbol);
      if ((next & 1) === 1) found = index;
      state = next >> 1;
      if (state === DEAD) break;
    }
    this.read = Math.abs(index - from);
    return found;
  }

  private symbolOf(code: number): number {
    return code === UNITS ? this.alphabet.size : this.alphabet.of(code);
  }

  private symbolAt(text: string, index: number): number {
    return this.symbolOf(index >= 0 && index < text.length ? text.charCodeAt(index) : UNITS);
  }

  /** The state before the first step, if `symbol` precedes it. */
  private begin(symbol: number): number {
    const beside = this.besides[symbol] ?? OUTSIDE;
    return (this.begins[beside] ??= this.idOf({ places: [0], beside }));
  }

  private make(state: number, symbol: number): number {
    const from = this.states[state] ?? { places: [], beside: OTHER };
    const ahead = this.besides[symbol] ?? OUTSIDE;
    const { sets, isMatch } = this.follow(from, ahead);
    const places = [
      ...new Set(sets.filter((place) => this.isReadBy(place, symbol)).map((place) => place + 1)),
    ];
    const isFull = this.states.length >= MAX_STATES;
    if (isFull) this.forget();
    const made = this.idOf({ places, beside: ahead }) * 2 + (isMatch ? 1 : 0);
    if (!isFull) this.table[state * (this.alphabet.size + 1) + symbol] = made;
    return made;
  }

  /** The sets that can be reached without reading a symbol, in order of preference. */
  private follow({ places, beside }: State, ahead: number) {
    const { steps } = this.program;
    const seen = new Uint8Array(steps.length);
    const stack = [...places].reverse();
    const sets: number[] = [];
    let isMatch = false;
    for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
      const step = steps[place];
      if (step === undefined || seen[place] === 1) continue;
      seen[place] = 1;
      if (step.op === Op.Set) sets.push(place);
      else if (step.op === Op.Fork) stack.push(step.b, step.a);
      else if (step.op === Op.Edge) {
        if (this.holds(step.a, beside, ahead)) stack.push(place + 1);
      } else {
        isMatch = true;
        // Forward, less preferred alternatives no longer matter; backward, the longest match is wanted.
        if (!this.isBackward) break;
      }
    }
    return { sets, isMatch };
  }

  private holds(edge: number, beside: number, ahead: number): boolean {
    const [before, after] = this.isBackward ? [ahead, beside] : [beside, ahead];
    const isWordEdge = (before === IN_WORD) !== (after === IN_WORD);
    return [before === OUTSIDE, after === OUTSIDE, isWordEdge, !isWordEdge][edge] === true;
  }

  private isReadBy(place: number, symbol: number): boolean {
    return this.contains[this.program.steps[place]?.a ?? 0]?.[symbol] === 1;
  }

  private idOf(state: State): number {
    if (state.places.length === 0) return DEAD;
    const key = `${state.beside},${state.places.join()}`;
    const known = this.ids.get(key);
    if (known !== undefined) return known;
    const id = this.states.push(state) - 1;
    this.ids.set(key, id);
    const width = this.alphabet.size + 1;
    if ((id + 1) * width > this.table.length) {
      const grown = new Int32Array(Math.max(this.table.length * 2, (id + 1) * width)).fill(UNKNOWN);
      grown.set(this.table);
      this.table = grown;
    }
    return id;
  }

  private forget(): void {
    this.states = [{ places: [], beside: OTHER }];
    this.ids = new Map();
    this.begins = [];
    this.table.fill(UNKNOWN);
  }
}

export class LinearEngine {
  private readonly forward: Automaton;
  private readonly backward: Automaton;
  /** A literal that every match begins with. */
  private readonly prefix: string;
  /** A literal that every match contains. */
  readonly sign: string;
  /** Matches only at the beginning of a text. */
  private readonly isAnchored: boolean;

  /** @throws RangeError if the pattern is too large. */
  constructor(node: PatternNode) {
    this.forward = new Automaton(new Program(node, false), false);
    this.backward = new Automaton(new Program(node, true), true);
    this.prefix = prefixOf(node);
    this.sign = longestLiteralOf(node);
    this.isAnchored = isAnchored(node);
  }

  /** The number of code units read by the last search. */
  get read(): number {
    return this.forward.read;
  }

  /** The end of the first match at or after `from`; -1 if there is none. */
  findEnd(text: string, from: number): number {
    const { prefix, sign } = this;
    if (this.isAnchored && (from > 0 || !text.startsWith(prefix))) return -1;
    const start = prefix === '' ? from : text.indexOf(prefix, from);
    if (start === -1 || (sign !== prefix && !text.includes(sign, start))) return -1;
    return this.forward.run(text, start, text.length);
  }

  /** The start, at `from` or later, of the match that ends at `end`. */
  findStart(text: string, from: number, end: number): number {
    const found = this.backward.run(text, end, from);
    return found === -1 ? end : found;
  }
}

function isAnchored(node: PatternNode): boolean {
  const [first] = node.kind === 'all' ? node.parts : [];
  return first?.kind === 'edge' && first.edge === 'start';
}

function prefixOf(node: PatternNode): string {
  let prefix = '';
  for (const part of node.kind === 'all' ? node.parts : []) {
    const character = characterOf(part);
    if (character === undefined) break;
    prefix += character;
  }
  return prefix;
}

/** The only character that the part matches; '' for an edge, which reads nothing; undefined if there are several. */
function characterOf(part: PatternNode): string | undefined {
  if (part.kind === 'edge') return '';
  const [from = 0, to, ...others] = part.kind === 'set' ? part.ranges : [];
  return to !== from || others.length > 0 ? undefined : String.fromCharCode(from);
}

export function longestLiteralOf(node: PatternNode): string {
  if (node.kind === 'any') return '';
  if (node.kind === 'repeat') return node.least === 0 ? '' : longestLiteralOf(node.part);
  const literals = [''];
  for (const part of node.kind === 'all' ? node.parts : [node]) {
    const character = characterOf(part);
    if (character !== undefined) literals.push(`${literals.pop() ?? ''}${character}`);
    else if (part !== node) literals.push(longestLiteralOf(part), '');
  }
  return literals.reduce((longest, one) => (one.length > longest.length ? one : longest));
}
