// With the user's own endpoint nobody here sees what arrived. The extension knows: its stop lines, one
// per process, say how much was accepted and how much was lost.
import type { Check } from './checks';
import { checkExit, checkFunction } from './checks';
import type { ScenarioOutcome } from './scenario';

interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The extension's JSON lines; other lines are skipped. */
function toLines(output: string): readonly Line[] {
  return output.split('\n').flatMap((text) => {
    try {
      const fields = JSON.parse(text) as Record<string, unknown>;
      const { level, message } = fields;
      return typeof level === 'string' && typeof message === 'string'
        ? [{ level, message, fields }]
        : [];
    } catch {
      return [];
    }
  });
}

/** Warnings and errors, each once. */
export function toWarnings(output: string): readonly string[] {
  const warnings = toLines(output).filter(({ level }) => /^(?:warn|error)/i.test(level));
  return [...new Set(warnings.map(({ message }) => message))];
}

export function checkEndpoint(scenario: ScenarioOutcome): readonly Check[] {
  return [
    { name: 'the function behaved as written', problems: checkFunction(scenario) },
    { name: 'the extension ended in time, with exit code 0', problems: checkExit(scenario) },
    ...checkTotals(scenario),
  ];
}

const SIGNALS = [
  ['spans', 'spansExported', 'spansDropped'],
  ['metric data points', 'dataPointsExported', 'dataPointsDropped'],
  ['log records', 'logRecordsExported', 'logRecordsDropped'],
] as const;

function checkTotals({ extensionOutput }: ScenarioOutcome): readonly Check[] {
  const stopLines = toLines(extensionOutput).filter(({ fields }) => 'spansExported' in fields);
  if (stopLines.length === 0)
    return [
      { name: 'the endpoint accepted everything', problems: ['the extension gave no totals'] },
    ];
  const total = (field: string): number =>
    stopLines.reduce((sum, { fields }) => sum + Number(fields[field] ?? 0), 0);
  return SIGNALS.map(([what, exported, dropped]) => ({
    name: `the endpoint accepted ${total(exported)} ${what}`,
    problems: total(dropped) === 0 ? [] : [`${total(dropped)} were not delivered`],
  }));
}
