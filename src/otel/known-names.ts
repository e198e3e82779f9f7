// What the rules say of the names of attributes and members, asked once of each: the same names come again and again.
import type { Signal } from '../relay/item';
import type { RedactionRules } from './redaction-rules';
import { namesAttribute, findKeyRule } from './redaction-rules';

const MAX_NAMES = 512;
const MAX_TEXT_NAMES = 512;
export const NO_RULE = -1;

export interface KnownName {
  readonly name: string;
  /** The place of the first rule of LAMBDA_OTLP_REDACT_KEYS that names it. */
  readonly maskedBy: number;
  /** Of LAMBDA_OTLP_DROP_ATTRIBUTES, by signal. */
  readonly droppedBy: Readonly<Record<Signal, number>>;
  /** By a rule of either setting. */
  readonly isNamed: boolean;
  /** The latest value that no rule masked. */
  clean: string | undefined;
}

export class KnownNames {
  private readonly names = new Map<string, KnownName>();

  constructor(private readonly rules: RedactionRules) {}

  of(name: string): KnownName {
    let known = this.names.get(name);
    if (known === undefined) {
      known = this.judge(name);
      if (this.names.size >= MAX_NAMES) this.names.clear();
      this.names.set(name, known);
    }
    return known;
  }

  private judge(name: string): KnownName {
    const { keys, dropAttributes } = this.rules;
    const droppingOf = (signal: Signal): number =>
      dropAttributes.findIndex(
        (rule) => (rule.signal ?? signal) === signal && namesAttribute(rule, name),
      );
    const maskedBy = findKeyRule(keys, name);
    const droppedBy = {
      traces: droppingOf('traces'),
      metrics: droppingOf('metrics'),
      logs: droppingOf('logs'),
    };
    return {
      name,
      maskedBy,
      droppedBy,
      isNamed: [maskedBy, ...Object.values(droppedBy)].some((rule) => rule !== NO_RULE),
      clean: undefined,
    };
  }
}

/** Of what stands as a name in a text: there may be any number, and they push out no attribute's. */
export class TextNames {
  private readonly rules = new Map<string, number>();

  constructor(private readonly keys: RedactionRules['keys']) {}

  /** The place of the first rule of LAMBDA_OTLP_REDACT_KEYS that names it. */
  ruleOf(name: string): number {
    let rule = this.rules.get(name);
    if (rule === undefined) {
      rule = findKeyRule(this.keys, name);
      if (this.rules.size >= MAX_TEXT_NAMES) this.rules.clear();
      this.rules.set(name, rule);
    }
    return rule;
  }
}
