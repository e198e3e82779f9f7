// Compares what the extension printed into a function's log with what the README says about each way to end.
import { ACTIONS, type Action } from './plan';

export interface LogEvent {
  readonly message: string;
}

export interface Expectation {
  readonly action: Action;
  /** What was seen instead of what the documents promise. */
  readonly seen: string;
  readonly isMet: boolean;
  readonly expected: string;
}

interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
}
interface Span {
  readonly spanId: string;
  readonly kind?: number | string;
  readonly startTimeUnixNano: string;
  readonly attributes?: readonly { readonly key: string; readonly value: AnyValue }[];
  readonly status?: { readonly code?: number | string; readonly message?: string };
}
interface TraceRequest {
  readonly resourceSpans?: readonly {
    readonly scopeSpans?: readonly { readonly spans?: readonly Span[] }[];
  }[];
}

const SERVER = 2;
const ERROR = 2;

/** For each action, the error types that its span may have; undefined for no error. */
const EXPECTED: Readonly<Record<Action, RegExp | undefined>> = {
  answer: undefined,
  throw: /^TypeError$/,
  'time out': /^timeout$/,
  'run out of memory': /^(Runtime\.OutOfMemory|Runtime\.ExitError|failure|timeout)$/,
};

/** One SERVER span for each invocation, in the order of their starts. */
export function readInvocationSpans(events: readonly LogEvent[]): readonly Span[] {
  const spans = events.flatMap(({ message }) => parseTraces(message)).flatMap(listSpans);
  const invocations = spans.filter(({ kind }) => kind === SERVER || kind === 'SPAN_KIND_SERVER');
  const unique = new Map(invocations.map((span) => [span.spanId, span]));
  return [...unique.values()].sort((a, b) =>
    BigInt(a.startTimeUnixNano) < BigInt(b.startTimeUnixNano) ? -1 : 1,
  );
}

export function compare(events: readonly LogEvent[]): readonly Expectation[] {
  const spans = readInvocationSpans(events);
  return ACTIONS.map((action, index) => judge(action, spans[index]));
}

function judge(action: Action, span: Span | undefined): Expectation {
  const wanted = EXPECTED[action];
  const expected =
    wanted === undefined
      ? 'a span without error'
      : `an error of type ${wanted.source.replace(/[\\^$()]/g, '')}`;
  if (span === undefined) return { action, expected, seen: 'no span', isMet: false };
  const { code } = span.status ?? {};
  const isError = code === ERROR || code === 'STATUS_CODE_ERROR';
  const type = span.attributes?.find(({ key }) => key === 'error.type')?.value.stringValue;
  const seen = isError ? `an error of type ${String(type)}` : 'a span without error';
  return {
    action,
    expected,
    seen,
    isMet: isError === (wanted !== undefined) && (wanted?.test(type ?? '') ?? true),
  };
}

function parseTraces(message: string): readonly TraceRequest[] {
  const start = message.indexOf('{"resourceSpans"');
  if (start < 0) return [];
  try {
    return [JSON.parse(message.slice(start)) as TraceRequest];
  } catch {
    return [];
  }
}

function listSpans({ resourceSpans = [] }: TraceRequest): readonly Span[] {
  return resourceSpans.flatMap(({ scopeSpans = [] }) =>
    scopeSpans.flatMap(({ spans = [] }) => spans),
  );
}
