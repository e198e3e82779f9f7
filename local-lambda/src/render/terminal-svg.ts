// A terminal's text as an SVG picture: SGR colours become fills, block characters become rectangles so
// that bars are crisp in any font, and every run is fitted to its cells.
import { widthOf } from './terminal-text';

interface Style {
  readonly fill: string;
  readonly bold: boolean;
  readonly dim: boolean;
}

interface Run extends Style {
  readonly text: string;
  /** Cell in its line. */
  readonly column: number;
}

const cellWidth = 8.4;
const lineHeight = 18;
const padding = 18;
const titleHeight = 30;

const foreground = '#d6deeb';
const background = '#0d1420';
/** SGR 31–36. */
const fills: Readonly<Record<number, string>> = {
  31: '#ff6b6b',
  32: '#5ad18a',
  33: '#f2c14e',
  34: '#6ea8fe',
  35: '#c792ea',
  36: '#4fd1c5',
};

const initial: Style = { fill: foreground, bold: false, dim: false };

/** @param text with the SGR sequences that `paint.ts` writes; others are left out */
export function toTerminalSvg(text: string, title: string): string {
  const lines = text.split('\n');
  const columns = Math.max(20, ...lines.map(widthOf));
  const width = Math.ceil(columns * cellWidth + 2 * padding);
  const height = Math.ceil(lines.length * lineHeight + titleHeight + 2 * padding);
  const rows = lines.flatMap((line, index) => {
    const top = titleHeight + padding + index * lineHeight;
    return toRuns(line).map((run) => drawRun(run, top));
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(title)}">
<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre}</style>
<rect width="${width}" height="${height}" rx="10" fill="${background}"/>
<circle cx="20" cy="20" r="6" fill="#ff5f57"/><circle cx="40" cy="20" r="6" fill="#febc2e"/><circle cx="60" cy="20" r="6" fill="#28c840"/>
<text x="${width / 2}" y="25" fill="#7f8ea3" text-anchor="middle">${escape(title)}</text>
${rows.join('\n')}
</svg>
`;
}

function toRuns(line: string): Run[] {
  const runs: Run[] = [];
  let style = initial;
  let column = 0;
  for (const part of line.split(/(\u001b\[[\d;]*m)/)) {
    const codes = /^\u001b\[([\d;]*)m$/.exec(part)?.[1];
    if (codes !== undefined) style = codes.split(';').map(Number).reduce(applyCode, style);
    else {
      // Blank stretches are left out: the position of a run does not depend on them.
      for (const { 0: text, index } of part.matchAll(/\S+(?: \S+)*/g))
        runs.push(
          ...splitBlocks({ ...style, text, column: column + widthOf(part.slice(0, index)) }),
        );
      column += widthOf(part);
    }
  }
  return runs;
}

function applyCode(style: Style, code: number): Style {
  if (code === 0) return initial;
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 22) return { ...style, bold: false, dim: false };
  if (code === 39) return { ...style, fill: foreground };
  return { ...style, fill: fills[code] ?? style.fill };
}

/** Block characters as parts of a cell: where they begin and how wide they are. */
const blocks: Readonly<Record<string, readonly [number, number]>> = {
  '█': [0, 1],
  '▉': [0, 7 / 8],
  '▊': [0, 6 / 8],
  '▋': [0, 5 / 8],
  '▌': [0, 4 / 8],
  '▍': [0, 3 / 8],
  '▎': [0, 2 / 8],
  '▏': [0, 1 / 8],
  '▐': [1 / 2, 1 / 2],
};

/** A run of bars apart from the text around it. */
function splitBlocks(run: Run): Run[] {
  let column = run.column;
  return (run.text.match(/[█▉▊▋▌▍▎▏▐]+|[^█▉▊▋▌▍▎▏▐]+/g) ?? []).map((text) => {
    const piece = { ...run, text, column };
    column += widthOf(text);
    return piece;
  });
}

function drawRun({ text, column, fill, bold, dim }: Run, top: number): string {
  const x = padding + column * cellWidth;
  const opacity = dim ? ' opacity="0.6"' : '';
  const first = blocks[text.at(0) ?? ''];
  const last = blocks[text.at(-1) ?? ''];
  if (first !== undefined && last !== undefined) {
    const left = x + first[0] * cellWidth;
    const right = x + (text.length - 1 + last[0] + last[1]) * cellWidth;
    return `<rect x="${round(left)}" y="${top + 3}" width="${round(right - left)}" height="${lineHeight - 6}" rx="1.5" fill="${fill}"${opacity}/>`;
  }
  const weight = bold ? ' font-weight="bold"' : '';
  const length = round(widthOf(text) * cellWidth);
  return `<text x="${round(x)}" y="${top + 14}" textLength="${length}" lengthAdjust="spacingAndGlyphs" fill="${fill}"${weight}${opacity}>${escape(text)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
