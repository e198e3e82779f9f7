// Fits V8 to a process that does a little now and then. Set at run time, not on the command line: a flag
// changes the hash by which V8 accepts Node's code cache of built-in modules, so that every one loaded
// afterwards is compiled anew (crypto: 2 ms with its cache, 12 without). Hence what the settings will need
// is loaded first. Figures: docs/decisions/0007-what-the-extension-loads.md.

/** A flag, and the major versions of V8 that have it: any other prints an error on stderr. */
const FLAGS: readonly (readonly [string, number, number])[] = [
  // The young generation would double to 2 × 2 MB while the pipeline is loaded, to 3 × 16 MB in a burst,
  // and keep that.
  ['--semi-space-growth-factor=1', 10, 13],
  // The old one would double before it is collected.
  ['--heap-growing-percent=50', 10, 13],
  // V8 would begin to mark when 8 MB have gathered, more than live in it. At a seventh of that it is
  // done in steps of half a millisecond, ten in all, once in 450 invocations: by a task, between two turns of
  // the event loop. The second flag begins within a turn, as V8 would without the first.
  ['--incremental-marking-soft-trigger=15', 10, 13],
  ['--incremental-marking-hard-trigger=100', 10, 13],
  // Optimized code does not pay off within 500 invocations, and compiling it was a tenth of their CPU at a fifth of
  // this, a quarter at the default of V8 11 (Node.js 20), 67584. Many lines at once are soon beyond it.
  ['--interrupt-budget=1000000', 11, 11],
  // Half of what a compiled function takes in of others: their compilation is cheaper by more than the
  // code is slower.
  ['--max-inlined-bytecode-size-cumulative=400', 11, 11],
];

/** The flags that the V8 of this version (process.versions.v8) understands. */
export function flagsFor(version: string): readonly string[] {
  const major = Number.parseInt(version, 10);
  return FLAGS.filter(([, from, to]) => major >= from && major <= to).map(([flag]) => flag);
}

const ENDPOINTS = /^(?:LAMBDA_OTLP_)?OTEL_EXPORTER_OTLP_(?:\w+_)?(?:ENDPOINT|COMPRESSION)$/;

/** Once, after the first poll is on its way and before the pipeline is loaded. */
export async function fitV8(
  variables: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const settings = Object.keys(variables).filter((name) => ENDPOINTS.test(name));
  const isSet = (pattern: RegExp): boolean =>
    settings.some((name) => pattern.test(variables[name] ?? ''));
  await Promise.all([
    import('node:crypto'),
    isSet(/^\s*https:/i) && import('node:tls'),
    isSet(/^\s*gzip/i) && import('node:zlib'),
  ]);
  const { setFlagsFromString } = await import('node:v8');
  for (const flag of flagsFor(process.versions.v8)) setFlagsFromString(flag);
}
