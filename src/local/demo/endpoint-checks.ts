// With the user's own endpoint nobody here sees what arrived: what can be said is whether function
// and extension did well. The extension's own messages say what was refused.
import type { Check } from './checks';
import { checkExit, checkFunction } from './checks';
import type { ScenarioOutcome } from './scenario';

export function checkEndpoint(scenario: ScenarioOutcome): readonly Check[] {
  return [
    { name: 'the function behaved as written', problems: checkFunction(scenario) },
    { name: 'the extension left in time, with exit code 0', problems: checkExit(scenario) },
    { name: 'the extension had nothing to complain of', problems: complaints(scenario) },
  ];
}

/** Lines of JSON on its stderr, level warn or error. */
function complaints({ extensionOutput }: ScenarioOutcome): string[] {
  return extensionOutput.split('\n').flatMap((line) => {
    try {
      const { level, message } = JSON.parse(line) as { level?: unknown; message?: unknown };
      return /^(?:warn|error)/i.test(String(level)) ? [String(message)] : [];
    } catch {
      return [];
    }
  });
}
