// The faults of an OTLP endpoint that the matrix goes through, and what may become of telemetry under each.
import type { ScriptedAnswer } from 'local-lambda/otlp/answer';
import type { ReceivedRequest } from 'local-lambda/otlp/arrivals';

/** A request as a script sees it, before its answer. */
export type Unanswered = Pick<ReceivedRequest, 'signal' | 'body' | 'otlp'>;

/**
 * What delivery promises under a fault that ends before SHUTDOWN.
 * `kept`: everything arrives once. `kept but windows`: so do spans and logs, but a metric window whose
 * request broke after its body was written is dropped and counted. `refused`: what was sent meanwhile is
 * dropped and counted (OTLP: must not be retried). `in part`: one item of every request is.
 */
export type Pledge = 'kept' | 'kept but windows' | 'refused' | 'in part';

export interface Fault {
  readonly name: string;
  readonly pledge: Pledge;
  /** The endpoint is not there: connections are refused. */
  readonly isDown?: true;
  /** The endpoint is well, but closes its idle connections while the environment is frozen. */
  readonly closesIdle?: true;
  /** Requests get through: flushes do not fail, so that nothing opens the breaker. */
  readonly isAnswering?: true;
  readonly respond?: (request: Unanswered) => ScriptedAnswer | undefined;
  readonly settings?: Readonly<Record<string, string>>;
  /** Time enough for the requests under way to be settled, before the environment ends. */
  readonly settlesMs?: number;
}

const status = (code: number, headers: Record<string, string> = {}): ScriptedAnswer => ({
  kind: 'status',
  status: code,
  headers,
});

/** Small enough to cut every batch, large enough for one item with its resource. */
const MAX_BODY_BYTES = 3_000;

/** Requests without an answer end sooner than by the default of 10 s, so that recovery can be waited for. */
const IMPATIENT = { OTEL_EXPORTER_OTLP_TIMEOUT: '1500' };

export const FAULTS: readonly Fault[] = [
  { name: 'refused', pledge: 'kept', isDown: true },
  { name: '500', pledge: 'refused', respond: () => status(500) },
  { name: '503', pledge: 'kept', respond: () => status(503) },
  {
    name: '503, Retry-After in seconds',
    pledge: 'kept',
    respond: () => status(503, { 'Retry-After': '1' }),
  },
  {
    name: '503, Retry-After as a date',
    pledge: 'kept',
    respond: () => status(503, { 'Retry-After': new Date(Date.now() + 1_000).toUTCString() }),
  },
  { name: '429', pledge: 'kept', respond: () => status(429) },
  {
    name: 'hang',
    pledge: 'kept but windows',
    respond: () => ({ kind: 'hang' }),
    settings: IMPATIENT,
    settlesMs: 1_600,
  },
  { name: 'reset', pledge: 'kept but windows', respond: () => ({ kind: 'reset' }) },
  {
    name: 'answers after 3 s',
    pledge: 'kept but windows',
    respond: () => ({ kind: 'slow', delayMs: 3_000 }),
    settlesMs: 3_100,
  },
  {
    name: 'slow-loris head',
    pledge: 'kept but windows',
    respond: () => ({ kind: 'slow-loris', part: 'head', byteEveryMs: 100 }),
    settings: IMPATIENT,
    settlesMs: 1_600,
  },
  {
    name: 'slow-loris body of a 200',
    pledge: 'kept',
    isAnswering: true,
    respond: () => ({ kind: 'slow-loris', part: 'body', byteEveryMs: 100 }),
  },
  {
    name: '413 above 3 kB',
    pledge: 'kept',
    isAnswering: true,
    respond: ({ body }) => (body.length > MAX_BODY_BYTES ? status(413) : undefined),
  },
  {
    name: 'resets above 3 kB',
    pledge: 'kept but windows',
    isAnswering: true,
    respond: ({ body }) => (body.length > MAX_BODY_BYTES ? { kind: 'reset' } : undefined),
  },
  {
    name: '502 above 3 kB',
    pledge: 'kept',
    isAnswering: true,
    respond: ({ body }) => (body.length > MAX_BODY_BYTES ? status(502) : undefined),
  },
  {
    name: 'partial success',
    pledge: 'in part',
    respond: () => ({ kind: 'partial-success', rejected: 1, message: 'one too many' }),
  },
  {
    name: 'closes idle connections in the freeze',
    pledge: 'kept',
    isAnswering: true,
    closesIdle: true,
  },
];

export function faultNamed(name: string): Fault {
  const found = FAULTS.find((fault) => fault.name === name);
  if (found === undefined) throw new Error(`no fault is named ${name}`);
  return found;
}
