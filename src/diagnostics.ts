// What the extension logs about itself. This is a port: code that warns takes a Diagnostics, and the composition root
// decides where the lines go. Messages say what failed, what was expected, what was seen and what happens now; they
// never contain credentials.

/** Extra machine-readable members of a diagnostic line. */
export type DiagnosticFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Leveled diagnostics. Implementations never throw and limit repeated messages themselves. */
export interface Diagnostics {
  error(message: string, fields?: DiagnosticFields): void;
  warn(message: string, fields?: DiagnosticFields): void;
  info(message: string, fields?: DiagnosticFields): void;
  debug(message: string, fields?: DiagnosticFields): void;
}

const ignore = (): void => undefined;

/** Discards everything. */
export const SILENT: Diagnostics = { error: ignore, warn: ignore, info: ignore, debug: ignore };
