// Reads Jaeger's own JSON the way its UI shows it: spans by name, a span's parent, its tags.
import type { JaegerSpan, JaegerTrace } from './install/jaeger';

export function spanNamed(trace: JaegerTrace, name: string): JaegerSpan {
  const found = trace.spans.filter((span) => span.operationName === name);
  const [span] = found;
  if (span === undefined || found.length > 1) {
    const names = trace.spans.map(({ operationName }) => operationName).join(', ');
    throw new Error(`expected one span '${name}' in ${trace.traceID}, got: ${names}`);
  }
  return span;
}

export function parentOf(trace: JaegerTrace, span: JaegerSpan): JaegerSpan | undefined {
  const parentId = span.references.find(({ refType }) => refType === 'CHILD_OF')?.spanID;
  return trace.spans.find(({ spanID }) => spanID === parentId);
}

export function rootsOf(trace: JaegerTrace): readonly JaegerSpan[] {
  return trace.spans.filter((span) => parentOf(trace, span) === undefined);
}

export function tagsOf(span: JaegerSpan): Readonly<Record<string, unknown>> {
  return Object.fromEntries(span.tags.map(({ key, value }) => [key, value]));
}

/** Everything Jaeger complains of: clock skew, missing parents, duplicate ids. */
export function warningsOf(trace: JaegerTrace): readonly string[] {
  return trace.spans.flatMap((span) => span.warnings ?? []);
}

/** An outline for people: two spaces a level, name, duration, tags that matter. */
export function outline(trace: JaegerTrace): string {
  const lines = (span: JaegerSpan, depth: number): readonly string[] => [
    `${'  '.repeat(depth)}${span.operationName}  ${(span.duration / 1000).toFixed(3)} ms  ${notes(span)}`,
    ...trace.spans
      .filter((child) => parentOf(trace, child) === span)
      .sort((a, b) => a.startTime - b.startTime)
      .flatMap((child) => lines(child, depth + 1)),
  ];
  return rootsOf(trace)
    .flatMap((root) => lines(root, 0))
    .join('\n');
}

const NOTED = ['faas.coldstart', 'lambda.status', 'error', 'error.type'];

function notes(span: JaegerSpan): string {
  const tags = tagsOf(span);
  return NOTED.filter((key) => tags[key] !== undefined)
    .map((key) => `${key}=${String(tags[key])}`)
    .join(' ');
}
