// How wide the output may be: as the terminal, or as COLUMNS says.

/** Below it ids and metrics have no room. */
const NARROWEST = 66;
const WIDEST = 160;
/** Into a file or a pipe. */
const WITHOUT_TERMINAL = 120;

/** A stream of the process; without `columns` it is no terminal. */
interface Output {
  readonly columns?: number | undefined;
}

/** `outputs`: standard output, then standard error, which knows the width where a pager reads the output. */
export function chooseWidth(
  environment: Readonly<Record<string, string | undefined>>,
  outputs: readonly Output[] = [process.stdout, process.stderr],
): number {
  const named = Number(environment['COLUMNS']);
  const columns = outputs.find((output) => output.columns !== undefined)?.columns;
  const width = Number.isInteger(named) && named > 0 ? named : (columns ?? WITHOUT_TERMINAL);
  return Math.min(Math.max(width, NARROWEST), WIDEST);
}
