// The forms of the time that a text line begins with. Each may stand behind an opening bracket.

/** A date and time as ISO 8601 and most loggers write it, with its zone: an offset, UTC, or an unknown name. */
export const DATE_TIME =
  /^\[?(\d{4})([-/.])(\d\d)[-/.](\d\d)(?:[T _]|, )(\d\d:\d\d(?::\d\d)?)([.,:]\d{1,9})?(?: ?(Z|UTC|GMT|[+-]\d\d:?\d\d)(?![\w:])| ([A-Z]{3,5})(?=\s))?/;
/** The basic format of ISO 8601. */
export const BASIC_TIME = /^\[?(\d{8}T\d{6}(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)(?=[\]\s|])/;
/**
 * `08:15:00.749`, `8:15:00 AM` or `8:15AM`, alone or after a date in another form than ISO's (JUL, Nest, Tomcat,
 * glog, tornado). Plain `8:15` is not read, as it may be part of a sentence.
 */
export const TIME_OF_DAY =
  /^\[?(?:(?:\d{1,2}[-/. ])?(?:[A-Z][a-z]{2}|\d{1,2})[-/. ] ?(?:\d{1,2})?,? ?(?:\d{4},? )?|\d{6,8} )?\d{1,2}:\d\d(?::\d\d([.,]\d{1,9})?(?:[ \u202f]?[AP]M)?|[AP]M)(?:Z| [+-]\d{4}| UTC| [A-Z]\w{2,15}\/\w{2,15})?(?![\w:])/;
/** A date after the name of a day: Apache, C's asctime, RFC 1123, the command `date`. */
export const DAY_TIME =
  /^\[?[A-Z][a-z]{2},? (?:[A-Z][a-z]{2} [ \d]\d|[ \d]?\d [A-Z][a-z]{2}(?: \d{4})?) \d\d:\d\d:\d\d(\.\d{1,9})?(?: [AP]M)?(?: [A-Z]{3,4})?(?: \d{4}| [+-]\d{4})?(?=[\]\s])/;
/** Epoch time in seconds or a smaller unit; zap's console prints `1.772439300749e+09`. */
export const EPOCH_TIME =
  /^\[?(1\.\d{1,18}e\+09|\d{10}(?:\.\d{1,9}|\d{3}|\d{6}|\d{9})?)(?=[\s|\]])/;
/** Seconds since the program began (Rust's tracing). */
export const UPTIME = /^\d{1,9}\.\d{3,9}s +/;
