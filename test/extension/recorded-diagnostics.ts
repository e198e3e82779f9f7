// Diagnostics that keep their lines, as `level message`, or say nothing.
import type { Diagnostics } from '../../src/diagnostics';

export interface RecordedDiagnostics extends Diagnostics {
  readonly lines: string[];
}

export function recordDiagnostics(): RecordedDiagnostics {
  const lines: string[] = [];
  const log = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  return { lines, error: log('error'), warn: log('warn'), info: log('info'), debug: log('debug') };
}

const ignore = (): void => undefined;

/** For tests of something else. */
export const silentDiagnostics: Diagnostics = {
  error: ignore,
  warn: ignore,
  info: ignore,
  debug: ignore,
};
