// What the doctor has to say of a function. Texts never hold a header's value, a password or a token.

/** `fault`: telemetry will not arrive, or not all of it. `warning`: it will, but something is not as meant. */
export type FindingLevel = 'fault' | 'warning' | 'note';

export interface Finding {
  readonly level: FindingLevel;
  /** The variable, layer or property it is about. */
  readonly about: string;
  readonly text: string;
  /** The next thing to try. */
  readonly next?: string;
}

const ORDER: readonly FindingLevel[] = ['fault', 'warning', 'note'];

/** Faults first; within a level the order in which they were found. */
export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  return ORDER.flatMap((level) => findings.filter((finding) => finding.level === level));
}
