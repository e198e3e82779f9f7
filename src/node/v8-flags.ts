// Tunes V8 for a process that does a little work now and then. The flags are set at run time, not on the command
// line: a flag changes the hash by which V8 accepts Node's code cache of built-in modules, so every module loaded
// afterwards is compiled anew (crypto: 2 ms with its cache, 12 without). That is why the modules that the settings
// need are loaded first. Figures: docs/decisions/0007-what-the-extension-loads.md.

/** A flag and the first and last major version of V8 that have it; any other version prints an error on stderr. */
const FLAGS: readonly (readonly [string, number, number])[] = [
  // Otherwise the young generation doubles to 2 × 2 MB while the pipeline is loaded and to 3 × 16 MB in a burst, and
  // stays that large.
  ['--semi-space-growth-factor=1', 10, 13],
  // Otherwise the old generation may double before it is collected.
  ['--heap-growing-percent=50', 10, 13],
  // Otherwise V8 begins to mark at 8 MB, which is more than is alive. At a seventh of that, marking is done in ten
  // steps of half a millisecond once in 450 invocations, in a task between two turns of the event loop. The second
  // flag sets where marking begins within a turn, which is where V8 would begin without the first.
  ['--incremental-marking-soft-trigger=15', 10, 13],
  ['--incremental-marking-hard-trigger=100', 10, 13],
  // Optimized code does not pay off within 500 invocations. Compiling it took a tenth of their CPU at a fifth of this
  // budget, and a quarter at the default of V8 11 (Node.js 20), 67584. A burst of lines soon exceeds the budget
  // anyway.
  ['--interrupt-budget=1000000', 11, 11],
  // Half of the default for inlining: compilation becomes cheaper by more than the code becomes slower.
  ['--max-inlined-bytecode-size-cumulative=400', 11, 11],
];

/** The flags that the V8 of this version (process.versions.v8) understands. */
export function flagsFor(version: string): readonly string[] {
  const major = Number.parseInt(version, 10);
  return FLAGS.filter(([, from, to]) => major >= from && major <= to).map(([flag]) => flag);
}

const ENDPOINTS = /^(?:LAMBDA_OTLP_)?OTEL_EXPORTER_OTLP_(?:\w+_)?(?:ENDPOINT|COMPRESSION)$/;

/** Called once, after the first poll has been sent and before the pipeline is loaded. */
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
