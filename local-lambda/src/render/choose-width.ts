// How wide the output may be: as the terminal, or as COLUMNS says.

/** Below it ids and metrics have no room. */
const NARROWEST = 66;
const WIDEST = 160;
/** Into a file or a pipe. */
const WITHOUT_TERMINAL = 120;

/** `columns`: of the terminal, standard error's where a pager or `head` reads the output; undefined: none. */
export function chooseWidth(
  environment: Readonly<Record<string, string | undefined>>,
  columns: number | undefined,
): number {
  const named = Number(environment['COLUMNS']);
  const width = Number.isInteger(named) && named > 0 ? named : (columns ?? WITHOUT_TERMINAL);
  return Math.min(Math.max(width, NARROWEST), WIDEST);
}
