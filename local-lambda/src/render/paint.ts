// Colour for terminals: SGR sequences or nothing at all.

export type Color = 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan' | 'bold' | 'dim';

export type Paint = (color: Color, text: string) => string;

const CODES: Readonly<Record<Color, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
};

export const plain: Paint = (_color, text) => text;

export const colored: Paint = (color, text) => {
  const [on, off] = CODES[color];
  return text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`;
};

/** `NO_COLOR` (no-color.org) wins over `FORCE_COLOR` (force-color.org), which wins over the terminal. */
export function choosePaint(
  environment: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): Paint {
  if ((environment['NO_COLOR'] ?? '') !== '') return plain;
  const forced = environment['FORCE_COLOR'];
  if (forced !== undefined) return /^(?:0|false)$/.test(forced) ? plain : colored;
  return isTerminal && environment['TERM'] !== 'dumb' ? colored : plain;
}
