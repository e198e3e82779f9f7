// A misspelt setting would silently have no effect, so every LAMBDA_OTLP_* variable that is not a known setting causes
// a warning with the nearest name. The values are never looked at, since they may be credentials.
import type { Diagnostics } from './diagnostics';
import { OWN_PREFIX, SCRIPT_VARIABLES, SETTINGS, withSignals } from './settings';
import type { Setting, SignalSettingName } from './settings';

/**
 * LAMBDA_OTLP_OTEL_* may be any variable of the specification, even one that the extension does not read. Such a name
 * counts as misspelt only if it differs by at most this many characters from one that the extension reads; names of the
 * specification differ from each other by more.
 */
const MAX_SLIPS = 2;

/** Warns once for each variable that begins with LAMBDA_OTLP_ but is not a setting. */
export function warnOfMisspeltSettings(
  variables: Readonly<Record<string, string | undefined>>,
  diagnostics: Diagnostics,
): void {
  const ownNames = Object.keys(variables).filter((name) =>
    name.toUpperCase().startsWith(OWN_PREFIX),
  );
  if (ownNames.length === 0) return;
  const known = listNames();
  for (const name of ownNames.filter((seen) => !known.has(seen))) {
    const nearest = findNearest(name, known);
    if (name.startsWith(`${OWN_PREFIX}OTEL_`) && nearest.slips > MAX_SLIPS) continue;
    diagnostics.warn(
      `${name}: expected a setting of lambda-otlp, got an unknown name; ignoring it (did you mean ${nearest.name}?)`,
    );
  }
}

/** Every name with the prefix LAMBDA_OTLP_ that is read. */
function listNames(): ReadonlySet<string> {
  const names = Object.entries<Setting>(SETTINGS).flatMap(([name, { perSignal }]) => [
    ...(perSignal === true ? withSignals(name as SignalSettingName) : [name]),
  ]);
  return new Set([
    ...names.map((name) => (name.startsWith(OWN_PREFIX) ? name : OWN_PREFIX + name)),
    ...SCRIPT_VARIABLES,
  ]);
}

interface Nearest {
  readonly name: string;
  readonly slips: number;
}

function findNearest(seen: string, known: ReadonlySet<string>): Nearest {
  const scriptVariables: readonly string[] = SCRIPT_VARIABLES;
  let nearest: Nearest = { name: '', slips: Number.POSITIVE_INFINITY };
  for (const name of known) {
    if (scriptVariables.includes(name)) continue;
    const slips = countSlips(seen.toUpperCase(), name);
    if (slips < nearest.slips) nearest = { name, slips };
  }
  return nearest;
}

/** The Levenshtein distance: the number of characters to insert, delete or change. */
export function countSlips(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 0; row < from.length; row += 1) {
    const current = [row + 1];
    for (let column = 0; column < to.length; column += 1) {
      const changed = (above[column] ?? 0) + (to[column] === from[row] ? 0 : 1);
      current.push(Math.min(changed, (above[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    above = current;
  }
  return above[to.length] ?? 0;
}
