// logfmt as slog's text handler, logrus, go-kit, zio and structlog write it: `key=value key="value"`.
import { readSeverity } from './severity';
import type { Severity } from './severity';

export interface Logfmt {
  readonly severity: Severity | undefined;
  readonly time: string | undefined;
}

const MAX_KEY_LENGTH = 32;
const FIRST_KEY = /^[A-Za-z_][\w.]*=/;
/** Keys that only a logger puts first. */
const LOGGER_KEY = /^(?:time|ts|t|level|lvl|severity|timestamp)=/;
/** A line with another first key must consist of pairs up to its level. */
const PAIRS_TO_LEVEL =
  /^(?:[A-Za-z_][\w.@-]{0,63}=(?:"(?:[^"\\\n]|\\.){0,256}"|'[^'\n]{0,256}'|[^\s"'=]{0,128}) +){1,16}(?:level|lvl|severity)=/;
const LEVEL = /(?:^| )(?:level|lvl|severity)=["']?([A-Za-z][\w+-]{0,11})/;
const TIME =
  /(?:^| )(?:time|ts|t|timestamp|date)=(?:"([^"]{10,40})"|'([^']{10,40})'|([^\s"']{10,40}))/;

/** Undefined for a line in another form. `text`: the first few hundred characters of the line. */
export function readLogfmt(text: string): Logfmt | undefined {
  const equals = text.indexOf('=');
  if (equals < 1 || equals > MAX_KEY_LENGTH || !FIRST_KEY.test(text)) return undefined;
  const isLoggers = LOGGER_KEY.test(text);
  if (!isLoggers && !PAIRS_TO_LEVEL.test(text)) return undefined;
  const severity = readSeverity(LEVEL.exec(text)?.[1]);
  if (!isLoggers && severity?.number === undefined) return undefined;
  const [, inDoubleQuotes, inQuotes, bare] = TIME.exec(text) ?? [];
  return { severity, time: inDoubleQuotes ?? inQuotes ?? bare };
}
