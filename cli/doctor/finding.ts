// What the doctor says about a function. Texts never contain the value of a header, a password or a token.

/** `fault`: some or all telemetry will not arrive. `warning`: it will, but something is probably not as intended. */
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

/** Sorts by level, faults first; within a level the order stays. */
export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  return ORDER.flatMap((level) => findings.filter((finding) => finding.level === level));
}
