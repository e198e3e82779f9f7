// Diagnostics that keep their lines, as `level message`.
import type { Diagnostics } from '../../src/diagnostics/diagnostics';

export interface RecordedDiagnostics extends Diagnostics {
  readonly lines: string[];
}

export function recordDiagnostics(): RecordedDiagnostics {
  const lines: string[] = [];
  const log = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  return { lines, error: log('error'), warn: log('warn'), info: log('info'), debug: log('debug') };
}
