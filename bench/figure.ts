// What a measure yields: figures, each with samples by subject and the goal beside them.
import { summarize } from './statistics';
import type { Summary } from './statistics';

export type Unit = 'ms' | 'MB' | 'KB' | 'times' | 'lines';

/** Upper bounds for the first subject's median, unless `atLeast`; every bound given must hold. */
export interface Goal {
  readonly atMost?: number;
  readonly atLeast?: number;
  /** Not more than `factor` × the median of another subject. */
  readonly ratio?: { readonly factor: number; readonly to: string };
}

export interface Figure {
  readonly title: string;
  readonly unit: Unit;
  readonly goal?: Goal;
  /** Samples by subject. */
  readonly samples: Readonly<Record<string, readonly number[]>>;
}

export interface Section {
  readonly title: string;
  /** How it was measured, one or two sentences. */
  readonly note: string;
  /** Columns of the table; goals are for the first. */
  readonly subjects: readonly string[];
  readonly figures: readonly Figure[];
}

export interface Bound {
  readonly text: string;
  readonly met: boolean | undefined;
}

const BOUNDS: Readonly<Record<Unit, (value: number) => string>> = {
  ms: (value) => `${trim(value)} ms`,
  MB: (value) => `${trim(value)} MB`,
  KB: (value) => `${trim(value)} KB`,
  times: (value) => `${trim(value)} ×`,
  lines: (value) => trim(value),
};

function trim(value: number): string {
  return String(Number(value.toFixed(value < 10 ? 2 : 1)));
}

export function formatValue(value: number, unit: Unit): string {
  return BOUNDS[unit](value);
}

export function summaryOf(figure: Figure, subject: string | undefined): Summary | undefined {
  return summarize(subject === undefined ? [] : (figure.samples[subject] ?? []));
}

/** Each bound of the goal in words, and whether `subject` meets it; undefined: not measured. */
export function judge(figure: Figure, subject: string | undefined): readonly Bound[] {
  const { goal = {}, unit } = figure;
  const value = summaryOf(figure, subject)?.median;
  const holds = (test: (measured: number) => boolean): boolean | undefined =>
    value === undefined ? undefined : test(value);
  const { atMost, atLeast, ratio } = goal;
  const list: Bound[] = [];
  if (atMost !== undefined) {
    list.push({ text: `≤ ${formatValue(atMost, unit)}`, met: holds((seen) => seen <= atMost) });
  }
  if (atLeast !== undefined) {
    list.push({ text: `≥ ${formatValue(atLeast, unit)}`, met: holds((seen) => seen >= atLeast) });
  }
  if (ratio !== undefined) {
    const base = summaryOf(figure, ratio.to)?.median;
    const met = base === undefined ? undefined : holds((seen) => seen <= ratio.factor * base);
    const seen = base === undefined || value === undefined ? '' : ` (${trim(value / base)})`;
    list.push({ text: `≤ ${ratio.factor} × ${ratio.to}${seen}`, met });
  }
  return list;
}
