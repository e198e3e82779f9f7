// Metrics as a table: one row per series, numbers in the unit's own words.
import type { FlatMetric, PlainValue } from '../otlp/flatten';
import type { MetricSeries } from './metric-series';
import { toMetricSeries } from './metric-series';
import { estimateQuantile } from './quantile';
import { formatQuantity } from './quantity';
import { cut, padEnd, padStart, toPrintable, widthOf } from './terminal-text';
import type { RenderOptions } from './waterfall';

const COLUMNS = ['metric', 'unit', 'count', 'sum', 'p50', 'p95', 'max', 'attributes'] as const;

/** Columns that are left out where the terminal is narrow, the first ones first. */
const DISPENSABLE: readonly (typeof COLUMNS)[number][] = ['unit', 'p50', 'max', 'count'];
const GAP_CELLS = 2;

type Row = readonly string[];

/** Deltas of all requests added up; percentiles are estimates from the buckets. */
export function renderMetrics(metrics: readonly FlatMetric[], options: RenderOptions): string {
  const series = toMetricSeries(metrics);
  // What an SDK says of itself has names so long that the others' attributes would find no room.
  const isOwn = ({ name }: MetricSeries): boolean => name.startsWith('otel.sdk.');
  return [series.filter((one) => !isOwn(one)), series.filter(isOwn)]
    .filter((group) => group.length > 0)
    .map((group) => renderTable(group, options))
    .join('\n\n');
}

/** As many of the columns, by index, as have room beside each other, the attributes not counted. */
function chooseColumns(widths: readonly number[], width: number): readonly number[] {
  const wanted = COLUMNS.map((_, index) => index).slice(0, -1);
  const leftOut = new Set<number>();
  const cells = (): number =>
    wanted
      .filter((index) => !leftOut.has(index))
      .reduce((sum, index) => sum + GAP_CELLS + (widths[index] ?? 0), 0);
  for (const name of DISPENSABLE) {
    if (cells() <= width) break;
    leftOut.add(COLUMNS.indexOf(name));
  }
  return wanted.filter((index) => !leftOut.has(index));
}

function renderTable(series: readonly MetricSeries[], { width, paint }: RenderOptions): string {
  const rows = series.map(toRow);
  const widths = COLUMNS.map((column, index) =>
    Math.max(column.length, ...rows.map((row) => widthOf(row[index] ?? ''))),
  );
  const shown = chooseColumns(widths, width);
  const layout = (row: Row, header: boolean): string => {
    const cells = shown.map((index) => {
      const cell = row[index] ?? '';
      const width = widths[index] ?? 0;
      const padded = isText(index) ? padEnd(cell, width) : padStart(cell, width);
      return header ? paint('dim', padded) : paintCell(padded, { index, paint });
    });
    return `  ${cells.join('  ')}`;
  };
  const lines = (row: Row, header = false): string[] => {
    const start = layout(row, header);
    const attributes = row.at(-1) ?? '';
    const room = width - widthOf(start) - 2;
    if (widthOf(attributes) <= room) return [`${start}  ${paint('dim', attributes)}`.trimEnd()];
    if (header || attributes === '') return [start.trimEnd()];
    return [start.trimEnd(), `    ${paint('dim', cut(attributes, width - 4))}`];
  };
  return [...lines(COLUMNS, true), ...rows.flatMap((row) => lines(row))].join('\n');
}

function isText(index: number): boolean {
  return index < 2;
}

function paintCell(
  cell: string,
  { index, paint }: { readonly index: number; readonly paint: RenderOptions['paint'] },
): string {
  if (index === 0) return paint('bold', cell);
  return index === 1 ? paint('dim', cell) : cell;
}

function toRow(series: MetricSeries): Row {
  const { name, unit, kind, count, sum, max, attributes } = series;
  const quantity = (value: number | undefined): string =>
    value === undefined ? '' : formatQuantity(value, unit);
  const described = Object.entries(attributes).map(([key, value]) => `${key}=${describe(value)}`);
  return [
    toPrintable(name),
    toPrintable(unit),
    count === undefined ? '' : String(count),
    // A sum of shares says nothing.
    kind === 'histogram' && unit === '1' ? '' : quantity(sum),
    quantity(estimateQuantile(series, 0.5)),
    quantity(estimateQuantile(series, 0.95)),
    quantity(max),
    toPrintable(described.join(' ')),
  ];
}

function describe(value: PlainValue): string {
  if (typeof value === 'string') return value;
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value);
}
