// Sections as a Markdown table, which also reads well in a terminal: columns are padded.
import { formatValue, judge, summaryOf } from './figure';
import type { Figure, Section } from './figure';

type Row = readonly string[];

function toCell(figure: Figure, subject: string): string {
  const summary = summaryOf(figure, subject);
  if (summary === undefined) return '–';
  const { median, low, high, samples } = summary;
  const text = formatValue(median, figure.unit);
  if (samples === 1 || low === high) return text;
  const short = (value: number): string => String(Number(value.toFixed(value < 10 ? 2 : 1)));
  return `${text} (${short(low)}–${short(high)})`;
}

function toGoal(figure: Figure, subject: string | undefined): readonly [string, string] {
  const judged = judge(figure, subject);
  if (judged.length === 0) return ['', ''];
  const verdict = judged.some(({ met }) => met === false)
    ? 'missed'
    : judged.some(({ met }) => met === undefined)
      ? 'not measured'
      : 'met';
  return [judged.map(({ text }) => text).join(', '), verdict];
}

function toRows({ subjects, figures }: Section): readonly Row[] {
  const hasGoals = figures.some(({ goal }) => goal !== undefined);
  const header = ['', ...subjects, ...(hasGoals ? ['goal', ''] : [])];
  const body = figures.map((figure) => [
    figure.title,
    ...subjects.map((subject) => toCell(figure, subject)),
    ...(hasGoals ? toGoal(figure, subjects[0]) : []),
  ]);
  return [header, header.map(() => '---'), ...body];
}

/** Columns in a terminal; everything printed here is one code point each. */
function widthOf(text: string): number {
  return Array.from(text).length;
}

function pad(rows: readonly Row[]): readonly string[] {
  const columns = rows[0]?.map((_, index) => index) ?? [];
  const widths = columns.map((column) =>
    Math.max(...rows.map((row) => widthOf(row[column] ?? ''))),
  );
  return rows.map((row) => {
    const cells = columns.map((column) => {
      const cell = row[column] ?? '';
      const width = widths[column] ?? 0;
      return cell === '---' ? '-'.repeat(width) : cell + ' '.repeat(width - widthOf(cell));
    });
    return `| ${cells.join(' | ')} |`;
  });
}

/** Heading, note and table. */
export function formatSection(section: Section): string {
  return [`### ${section.title}`, '', section.note, '', ...pad(toRows(section)), ''].join('\n');
}
