// The names of levels that stand in a line of text. Most severity names are too common a word for that: where a
// name stands decides which are taken for one.
import { findSeverities } from './severity';
import type { Severity } from './severity';

/** Beginning a line, or capitalized in its head. */
export const LINE_LEVELS: ReadonlyMap<string, Severity> = findSeverities(
  'trace trce debug dbug info information warn warning error erro fail critical crit fatal severe notice',
);
/** Alone in a column, in brackets, or behind a time. */
export const COLUMN_LEVELS: ReadonlyMap<string, Severity> = findSeverities(
  'trace trac trce trc verbose vrb finest finer fine config debug debu dbug dbg info inf information ' +
    'informational notice success log warn warning wrn wrng error erro err eror fail severe panic pani dpanic ' +
    'critical crit crt fatal fata ftl alert emergency emerg',
);
/** The letters of klog, glog and logcat. */
export const LETTER_LEVELS: ReadonlyMap<string, Severity> = findSeverities('v d i w e f');
