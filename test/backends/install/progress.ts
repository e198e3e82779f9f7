// Where installers and servers say what takes them so long.

export interface BackendOptions {
  /** Takes progress lines, e.g. that a build has begun. Default: stderr. */
  readonly say?: (line: string) => void;
}

export function sayOnStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}
