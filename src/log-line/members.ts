// The members of an object record as attributes, under their own names, each within its limits.
import type { AnyValue } from '@opentelemetry/api-logs';
import type { JsonObject } from '../telemetry/fields';
import { toWellFormed } from '../telemetry/well-formed-text';
import { limitValue, setOwn } from './limited-value';
import type { ValueLimits } from './limited-value';
import type { LineDraft, LogLimits } from './log-line';

/** No single attribute is larger, whatever the body's limit: Lambda's own limit of a log event. */
const MAX_ATTRIBUTE_BYTES = 262_144;

/** Adds attributes to one line and counts what finds no room. */
export class MemberCollector {
  private valueLimits: ValueLimits | undefined;

  /** `isIntact`: every value is known to be within its limits; `count`: of attributes that are there. */
  constructor(
    private readonly line: LineDraft,
    private readonly limits: LogLimits,
    private readonly isIntact: boolean,
    private count = 0,
  ) {}

  add(key: string, value: unknown): void {
    // An OTLP attribute has a name.
    if (key === '' || this.count >= this.limits.maxAttributes) {
      this.line.droppedAttributesCount += 1;
      return;
    }
    this.count += 1;
    if (this.isIntact) setOwn(this.line.attributes, key, value as AnyValue);
    else this.addLimited(key, value);
  }

  /** The members but `except`, under their own names, or behind `prefix` where a name is taken; without a prefix not then. */
  addInner(members: JsonObject, except: string, prefix?: string): void {
    for (const key in members) {
      if (key === except) continue;
      const isTaken = Object.hasOwn(this.line.attributes, key);
      if (!isTaken) this.add(key, members[key]);
      else if (prefix !== undefined) this.add(`${prefix}.${key}`, members[key]);
    }
  }

  /** Each by itself, so that a long one does not cost the others. */
  private addLimited(key: string, value: unknown): void {
    this.valueLimits ??= {
      maxBytes: MAX_ATTRIBUTE_BYTES,
      maxTextLength: this.limits.maxAttributeValueLength,
      maxDepth: this.limits.maxDepth - 1,
    };
    const limited = limitValue(value, this.valueLimits);
    if (limited.truncated) this.line.truncated = true;
    setOwn(this.line.attributes, toWellFormed(key), limited.value);
  }
}
