// Text in terminal cells. What a function logged is foreign text: control characters, among them the
// escape that starts a terminal command, never reach the terminal.
import widthOf from 'string-width';

/** Cells that the text takes, colours not counted. */
export { widthOf };

/** Replaces control characters by their visible pictures (U+2400…), tabs by a space. */
export function toPrintable(text: string): string {
  return text
    .replaceAll('\t', ' ')
    .replace(/[\u0000-\u001f]/g, (character) =>
      String.fromCodePoint(0x2400 + character.charCodeAt(0)),
    )
    .replace(/[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '\ufffd');
}

const SEGMENTER = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Uncoloured text cut to at most `width` cells, with an ellipsis where something is missing. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let cells = 0;
  for (const { segment } of SEGMENTER.segment(text)) {
    cells += widthOf(segment);
    if (cells > width - 1) break;
    kept += segment;
  }
  return width > 0 ? `${kept}…` : '';
}

const ASCII = /^[ -~]*$/;

/** What a terminal shows as one, with the cells it takes. Asking for each is dear where a line has a million. */
function* toCells(text: string): Generator<readonly [segment: string, cells: number]> {
  if (ASCII.test(text)) for (const character of text) yield [character, 1];
  else for (const { segment } of SEGMENTER.segment(text)) yield [segment, widthOf(segment)];
}

/** Lines of at most `width` cells, broken at spaces where there are any. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  let cells = 0;
  for (const [segment, taken] of toCells(text)) {
    if (cells + taken > width && line !== '') {
      const space = line.lastIndexOf(' ');
      const atSpace = space > line.length / 2 && segment !== ' ';
      lines.push((atSpace ? line.slice(0, space) : line).trimEnd());
      line = atSpace ? line.slice(space + 1) : '';
      cells = widthOf(line);
    }
    if (line !== '' || segment !== ' ' || lines.length === 0) {
      line += segment;
      cells += taken;
    }
  }
  return line === '' && lines.length > 0 ? lines : [...lines, line];
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - widthOf(text))) + text;
}
