// One trace as a waterfall: the tree of its spans on the left, their bars on a common time axis on the
// right. A pure function of the spans; golden text in the tests.
import { toPlainAttributes } from '../otlp/flatten';
import type { FlatSpan, PlainAttributes, PlainValue } from '../otlp/flatten';
import type { SpanEvent } from '../otlp/model';
import { SPAN_KIND, STATUS_CODE } from '../otlp/model';
import type { Color, Paint } from './paint';
import { formatDuration } from './quantity';
import type { SpanNode } from './span-tree';
import { toSpanTree } from './span-tree';
import { cut, padEnd, padStart, toPrintable, widthOf } from './terminal-text';
import type { Bar, TimeAxis } from './time-axis';
import { toBar, toMark, toTicks } from './time-axis';

export interface RenderOptions {
  /** Terminal columns. */
  readonly width: number;
  readonly paint: Paint;
}

interface Layout extends RenderOptions {
  readonly nameCells: number;
  readonly showIds: boolean;
  readonly axis: TimeAxis;
}

const DURATION_CELLS = 9;
const ID_CELLS = 16;

/** @param spans all of one trace */
export function renderTrace(spans: readonly FlatSpan[], options: RenderOptions): string {
  const roots = toSpanTree(spans);
  const layout = toLayout(spans, roots, options);
  const rows = roots.flatMap((root) => renderNode(root, { lead: '', under: '' }, layout));
  const ticks = ' '.repeat(leftCells(layout)) + options.paint('dim', toTicks(layout.axis));
  return [...renderHead(spans, roots, options), ticks, ...rows]
    .map((line) => line.trimEnd())
    .join('\n');
}

function leftCells({ nameCells, showIds }: Layout): number {
  return 2 + nameCells + 1 + (showIds ? ID_CELLS + 1 : 0) + DURATION_CELLS + 1;
}

function toLayout(
  spans: readonly FlatSpan[],
  roots: readonly SpanNode[],
  options: RenderOptions,
): Layout {
  const starts = spans.map(({ span }) => BigInt(span.startTimeUnixNano));
  const ends = spans.map(({ span }) => BigInt(span.endTimeUnixNano));
  const startUnixNano = starts.reduce((a, b) => (b < a ? b : a), starts[0] ?? 0n);
  const endUnixNano = ends.reduce((a, b) => (b > a ? b : a), ends[0] ?? 0n);
  const showIds = options.width >= 90;
  const nameCells = Math.min(Math.max(20, ...roots.map((root) => widest(root, 0))), 30);
  const layout = { ...options, nameCells, showIds };
  const axis = { startUnixNano, durationMs: Number(endUnixNano - startUnixNano) / 1e6 };
  const cells = options.width - leftCells({ ...layout, axis: { ...axis, cells: 0 } });
  return { ...layout, axis: { ...axis, cells: Math.max(12, cells) } };
}

function widest({ span, children }: SpanNode, depth: number): number {
  return Math.max(span.name.length + 3 * depth, ...children.map((node) => widest(node, depth + 1)));
}

function renderHead(
  spans: readonly FlatSpan[],
  roots: readonly SpanNode[],
  { paint, width }: RenderOptions,
): string[] {
  const main = spans.find(({ span }) => span.kind === SPAN_KIND.server) ?? roots[0];
  if (main === undefined) return [];
  const attributes = toPlainAttributes(main.span.attributes);
  const failed = spans.some(({ span }) => span.status?.code === STATUS_CODE.error);
  const glyph = failed ? paint('red', '✖') : paint('green', '●');
  const name = cut(toPrintable(main.span.name), width - 2);
  const facts = toFacts(attributes, main);
  const beside = 2 + widthOf(name) + 2 + widthOf(facts.map(([, fact]) => fact).join(' · '));
  const painted = facts
    .map(([color, fact]) => paint(color, cut(fact, width - 2)))
    .join(beside <= width ? paint('dim', ' · ') : '\n  ');
  const requestId = toText(attributes['faas.invocation_id']);
  const ids = [
    `trace ${main.span.traceId}`,
    ...(requestId === undefined ? [] : [`request ${requestId}`]),
  ];
  // Ids are there to be copied: two lines rather than one cut short.
  const idLines = ids.join('  ').length + 2 <= width ? [ids.join('  ')] : ids;
  const head = `${glyph} ${paint('bold', name)}${beside <= width ? '  ' : '\n  '}${painted}`;
  return [...head.split('\n'), ...idLines.map((line) => `  ${paint('dim', line)}`)];
}

function toFacts(attributes: PlainAttributes, { span }: FlatSpan): [Color, string][] {
  const facts: [Color, string][] = [];
  const status = toText(attributes['lambda.status']);
  const errorType = toText(attributes['error.type']);
  if (span.status?.code === STATUS_CODE.error) facts.push(['red', errorType ?? status ?? 'error']);
  else facts.push(['green', status ?? 'ok']);
  if (attributes['faas.coldstart'] === true) facts.push(['yellow', 'cold start']);
  if (attributes['lambda.incomplete'] === true) facts.push(['yellow', 'incomplete']);
  facts.push(['bold', formatDuration(durationMs(span))]);
  return facts;
}

/** Foreign text made fit for a terminal; undefined when it is none, or empty. */
function toText(value: PlainValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? toPrintable(value) : undefined;
}

function durationMs(span: FlatSpan['span']): number {
  return Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6;
}

interface Indent {
  /** Before this span's name. */
  readonly lead: string;
  /** Before what hangs below it. */
  readonly under: string;
}

function renderNode(node: SpanNode, indent: Indent, layout: Layout): string[] {
  const { span, children } = node;
  const { paint, axis } = layout;
  const color = colorOf(node);
  const id = layout.showIds ? `${paint('dim', padEnd(span.spanId, ID_CELLS))} ` : '';
  const name = cut(toPrintable(span.name), layout.nameCells - indent.lead.length);
  const label = paint('dim', indent.lead) + paint(color === 'red' ? 'red' : 'bold', name);
  const duration = padStart(formatDuration(durationMs(span)), DURATION_CELLS);
  const bar = toBar(axis, span.startTimeUnixNano, span.endTimeUnixNano);
  const row = `  ${padEnd(label, layout.nameCells)} ${id}${duration} ${paintBar(bar, color, paint)}`;
  return [
    row,
    ...renderDetails(node, indent.under + (children.length > 0 ? '│ ' : '  '), layout),
    ...children.flatMap((child, index) => {
      const last = index === children.length - 1;
      return renderNode(
        child,
        {
          lead: `${indent.under}${last ? '└─ ' : '├─ '}`,
          under: `${indent.under}${last ? '   ' : '│  '}`,
        },
        layout,
      );
    }),
  ];
}

function paintBar({ before, bar, after }: Bar, color: Color, paint: Paint): string {
  return before + paint(color, bar) + after;
}

function colorOf({ span }: FlatSpan): Color {
  if (span.status?.code === STATUS_CODE.error) return 'red';
  if (span.kind === SPAN_KIND.server) return 'blue';
  return /^(?:init|restore)$/.test(span.name) ? 'magenta' : 'cyan';
}

/** Events, links and the description of an error, one row each. */
function renderDetails({ span }: SpanNode, under: string, layout: Layout): string[] {
  const { paint, axis } = layout;
  const left = leftCells(layout);
  const text = (content: string, color: Color): string => {
    const cells = left - 3 - under.length;
    return `  ${paint('dim', under)}${paint(color, padEnd(cut(toPrintable(content), cells), cells))} `;
  };
  const description = span.status?.code === STATUS_CODE.error ? span.status.message : '';
  const events = span.events.map((event) => {
    const color = event.name === 'exception' ? 'red' : 'yellow';
    const mark = paintBar(toMark(axis, event.timeUnixNano, '◆'), color, paint);
    return text(`◆ ${describeEvent(event)}`, color) + mark;
  });
  const links = span.links.map(({ traceId }) => text(`↗ linked trace ${traceId}`, 'cyan'));
  return [...(description === '' ? [] : [text(`✖ ${description}`, 'red')]), ...events, ...links];
}

function describeEvent({ name, attributes }: SpanEvent): string {
  if (name !== 'exception') return name;
  const plain = toPlainAttributes(attributes);
  const type = toText(plain['exception.type']);
  const message = toText(plain['exception.message']);
  if (type !== undefined && message !== undefined) return `${type}: ${message}`;
  return type ?? message ?? name;
}
