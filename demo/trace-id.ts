// The trace id that an X-Ray header stands for in OpenTelemetry.

/** `Root=1-8hex-24hex` without version and dashes; undefined when there is none. */
export function traceIdOf(traceHeader: string): string | undefined {
  const [, seconds, rest] =
    /(?:^|;)Root=1-([0-9a-f]{8})-([0-9a-f]{24})(?:;|$)/.exec(traceHeader) ?? [];
  return seconds === undefined || rest === undefined ? undefined : seconds + rest;
}
