// The examination as a person reads it.
import type { Examination } from './examine';
import type { Finding, FindingLevel } from './finding';
import type { Verdict } from './verdict';

const MARKS: Readonly<Record<FindingLevel, string>> = { fault: '✗', warning: '!', note: '·' };

export function toText({ name, findings, destinations, verdicts }: Examination): string {
  const rows = destinations.map(({ signal, url, from, how }) => [
    signal,
    url ?? how[0] ?? 'not exported',
    url === undefined ? '' : how.join(', '),
    `by ${from}`,
  ]);
  const sent = Object.entries(verdicts).map(([signal, { level, text }]) => [
    signal,
    level === 'arrived' ? '✓' : level === 'refused' ? '✗' : '?',
    text,
  ]);
  return [
    ...findings.map(toLines),
    ...(findings.length > 0 ? [''] : []),
    ...(rows.length > 0 ? [`What is sent where (service ${name})`, ...align(rows)] : []),
    ...(rows.length > 0 ? [''] : []),
    ...(sent.length > 0 ? ['One test item of each signal', ...align(sent), ''] : []),
    toConclusion(findings, Object.values(verdicts)),
    '',
  ].join('\n');
}

function toLines({ level, about, text, next }: Finding): string {
  return `${MARKS[level]} ${about}: ${text}${next === undefined ? '' : `\n    → ${next}`}`;
}

function toConclusion(findings: readonly Finding[], verdicts: readonly Verdict[]): string {
  const faults = findings.filter(({ level }) => level === 'fault').length;
  if (faults > 0)
    return `${faults} ${faults === 1 ? 'fault' : 'faults'}: telemetry does not arrive as intended.`;
  if (verdicts.every(({ level }) => level === 'elsewhere'))
    return 'No fault in the configuration; nothing was sent.';
  return findings.some(({ level }) => level === 'warning')
    ? 'No fault; see the warnings.'
    : 'All is well: the configuration is sound and the test items arrived.';
}

function align(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
}
