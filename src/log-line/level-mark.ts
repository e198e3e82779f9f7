// Levels that are neither a word nor in a column: the first letter of klog's and logcat's lines, the titles that PHP,
// Node.js and others print, and the priority of syslog and systemd.
import { LETTER_LEVELS, readSeverity, readSyslogLevel } from './severity';
import type { Severity } from './severity';

/**
 * klog and glog: `W0302 08:15:00.749123`, with the year since glog 0.6; logcat: `W/Tag( 8):`; tornado: `[W 260302 `.
 */
const LETTERED =
  /^(?:([DIWEF])(?:\d{4}|\d{8}) \d\d:\d\d:\d\d|([VDIWEF])\/[^\s(][^(\n]{0,64}\( {0,8}\d{1,8}\):|\[([DIWEF]) (?:\d{6}|\d{4}-\d\d-\d\d) )/;
const PHP_TITLE = /^PHP (Fatal error|Parse error|Warning|Notice|Deprecated|Error): {1,2}/;
/** PHP's own words where it prints them for people. */
const PHP_SHOWN = /^(Parse error|Deprecated): [^\n]{1,512} on line \d+\s*$/;
const VM_TITLE =
  /^(?:OpenJDK|Java HotSpot\(TM\)|Eclipse OpenJ9) (?:[\w-]{1,16} ){0,2}VM (warning): /;
const PLACE_TITLE =
  /^(?:[\w./@+-]{1,256}|<[\w. -]{1,64}>):\d{1,8}:(?:\d{1,8}:)? (?:\w{0,64}(Warning)|(warning|error|Fatal error)): /;
/** Julia's `[ Info: message`. */
const JULIA_TITLE = /^\[ (Debug|Info|Warning|Error): /;
/** The first line of a multi-line Julia message, and Signale without a scope, which pads the level. */
const SIGN_TITLE =
  /^(?:\u250c (?=(?:Debug|Info|Warning|Error): )|[\u2000-\u2bff]\ufe0f? {2,4}(?=[a-z]{3,8} {2}))(\w+)/;
/**
 * The titles that may begin a line, by their first character: PHP's as it logs them itself and as php-fpm passes them
 * on, the unnamed fatal errors of PHP, Python, Rust and Swift, the last words of .NET and of the JVM, R's errors, the
 * warnings of Node.js, Java, log4j and SLF4J, and Erlang's reports.
 */
const TITLES: Readonly<Record<string, RegExp>> = {
  P: either(PHP_TITLE, PHP_SHOWN, /^(Process terminated)\. /),
  D: PHP_SHOWN,
  N: new RegExp(`^NOTICE: PHP message: ${PHP_TITLE.source.slice(1)}`),
  F: /^(Fatal (?:Python )?error): /,
  f: /^(fatal runtime error): /,
  '#': /^# A (fatal error) has been detected by the Java Runtime/,
  '(': /^\(\w{1,16}:\d{1,8}\) (?:\[\w{1,32}\] )?\w{0,64}(Warning): /,
  O: VM_TITLE,
  J: VM_TITLE,
  E: either(VM_TITLE, /^(Error) in [\w.:$]{1,64}\(/),
  S: either(/^SLF4J\(([DIWE])\): /, /^(Stack overflow)\.\s/),
  l: /^log4j:(WARN|ERROR) /,
  m: /^main ([A-Z]{4,5}) (?=\S)/,
  '=': /^=(\w{4,10}) REPORT====/,
  '[': JULIA_TITLE,
};

function either(...forms: readonly RegExp[]): RegExp {
  return new RegExp(forms.map(({ source }) => source).join('|'));
}
/** `<4>message` of systemd and .NET, `<12>1 time host …` of syslog: facility × 8 + level. */
const PRIORITY = /^<(\d{1,2}|1\d\d)>(?:1 )?(?=\S)/;
/** librdkafka's `%4|1772439300.749|CONFWARN|`. */
const KAFKA = /^%([0-7])\|/;

const TITLE_LEVELS: Readonly<Record<string, string>> = {
  'Fatal error': 'FATAL',
  'Parse error': 'FATAL',
  Warning: 'WARNING',
  Error: 'ERROR',
  Notice: 'NOTICE',
  Deprecated: 'NOTICE',
  'Fatal Python error': 'FATAL',
  'fatal runtime error': 'FATAL',
  'fatal error': 'FATAL',
  'Process terminated': 'FATAL',
  'Stack overflow': 'FATAL',
  CRASH: 'ERROR',
  SUPERVISOR: 'ERROR',
  PROGRESS: 'INFO',
};

/** By the code of the first character, so that no string is made of it. */
const TITLE_BY_CODE: ReadonlyMap<number, RegExp> = new Map(
  Object.entries(TITLES).map(([first, form]) => [first.charCodeAt(0), form]),
);

/** True if the text begins with one of the titles. */
export function isTitle(text: string): boolean {
  return TITLE_BY_CODE.get(text.charCodeAt(0))?.test(text) === true;
}

/** The level of the mark that the line begins with; undefined for a line without one. */
export function readMark(text: string): Severity | undefined {
  const title = readTitle(text);
  if (title !== undefined) return title;
  const second = text.charCodeAt(1);
  const isLettered = second === 0x2f || (second >= 0x30 && second <= 0x39) || text.startsWith('[');
  const match = isLettered ? LETTERED.exec(text) : null;
  const letter = match === null ? undefined : (match[1] ?? match[2] ?? match[3]);
  return letter === undefined ? undefined : LETTER_LEVELS.get(letter);
}

function readTitle(text: string): Severity | undefined {
  const isSign = text.charCodeAt(0) >= 0x2000;
  const form = isSign ? SIGN_TITLE : TITLE_BY_CODE.get(text.charCodeAt(0));
  const match = form?.exec(text) ?? PLACE_TITLE.exec(text);
  const word = match?.slice(1).find(Boolean);
  return word === undefined ? undefined : readSeverity(TITLE_LEVELS[word] ?? word);
}

/** `length` is where the priority, and a version that follows it, ends. */
export function readPriorityMark(
  text: string,
): { readonly severity: Severity | undefined; readonly length: number } | undefined {
  const match = PRIORITY.exec(text) ?? KAFKA.exec(text);
  if (match === null) return undefined;
  return { severity: readSyslogLevel(Number(match[1]) & 7), length: match[0].length };
}
