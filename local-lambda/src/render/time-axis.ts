// The common time axis of a waterfall: from time to cells, bars in eighths of a cell, round ticks.
import { formatDuration } from './quantity';

export interface TimeAxis {
  /** Epoch nanoseconds of the left edge. */
  readonly startUnixNano: bigint;
  readonly durationMs: number;
  readonly cells: number;
}

/** Milliseconds after the left edge. */
function offsetMs(axis: TimeAxis, unixNano: string): number {
  return Number(BigInt(unixNano) - axis.startUnixNano) / 1e6;
}

function toEighths(axis: TimeAxis, unixNano: string): number {
  if (axis.durationMs <= 0) return 0;
  const share = Math.min(1, Math.max(0, offsetMs(axis, unixNano) / axis.durationMs));
  return Math.round(share * axis.cells * 8);
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

export interface Bar {
  readonly before: string;
  readonly bar: string;
  readonly after: string;
}

/** Starts at a half of a cell, ends at an eighth of one. Never invisible: an instant is a thin line. */
export function toBar(axis: TimeAxis, startUnixNano: string, endUnixNano: string): Bar {
  const start = Math.min(toEighths(axis, startUnixNano), axis.cells * 8 - 4);
  const end = Math.max(toEighths(axis, endUnixNano), start + 1);
  const half = Math.floor(start / 4) % 2 === 1;
  const firstCell = Math.floor(start / 8);
  const endCell = Math.floor(end / 8);
  const tail = EIGHTHS[end % 8] ?? '';
  const head = half ? '▐' : '█';
  const sameCell = half ? '▐' : tail;
  const bar = endCell === firstCell ? sameCell : head + '█'.repeat(endCell - firstCell - 1) + tail;
  const after = ' '.repeat(Math.max(0, axis.cells - firstCell - bar.length));
  return { before: ' '.repeat(firstCell), bar, after };
}

/** One mark at an instant. */
export function toMark(axis: TimeAxis, unixNano: string, mark: string): Bar {
  const cell = Math.min(axis.cells - 1, Math.floor(toEighths(axis, unixNano) / 8));
  return { before: ' '.repeat(cell), bar: mark, after: ' '.repeat(axis.cells - cell - 1) };
}

/** Labels at round times: 1, 2 or 5 times a power of ten milliseconds apart. */
export function toTicks(axis: TimeAxis): string {
  const most = Math.max(1, Math.floor(axis.cells / 12));
  const rough = axis.durationMs / most;
  const power = 10 ** Math.floor(Math.log10(rough > 0 ? rough : 1));
  const step = power * ([1, 2, 5, 10].find((factor) => power * factor >= rough) ?? 10);
  let line = '';
  for (let index = 0; index * step <= axis.durationMs; index += 1) {
    const cell =
      axis.durationMs > 0 ? Math.round(((index * step) / axis.durationMs) * axis.cells) : 0;
    const label = `│${formatDuration(index * step)}`;
    if (cell < line.length + (line === '' ? 0 : 1) || cell + label.length > axis.cells) continue;
    line = line.padEnd(cell) + label;
  }
  return line.padEnd(axis.cells);
}
