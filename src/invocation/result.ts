// How an invocation ended, from everything that is known. Lambda's status is not enough: a handler that throws is a
// success to Lambda, and running out of memory is an exit, a failure or a timeout.
import type { ReportEvent } from '../telemetry/event';
import type { ExceptionFact } from './fact';
import type { Invocation } from './invocation';
import type { Ended, Outcome } from './status';
import { INCOMPLETE, toOutcome } from './status';

export interface InvocationResult {
  /** Undefined: a status word that AWS does not use yet, or an end that was never seen. */
  readonly outcome: Outcome | undefined;
  /** Lambda says success, and the runtime gave no answer. */
  readonly isFunctionError: boolean;
  readonly isOutOfMemory: boolean;
  readonly errorType: string | undefined;
  readonly errorMessage: string | undefined;
}

export interface ResultRules {
  /** LAMBDA_OTLP_FUNCTION_ERRORS. */
  readonly functionErrors: boolean;
  /** Lambda Managed Instances say `error` themselves. */
  readonly managedInstances: boolean;
}

/** `error.type` of an error without a name (semantic conventions, error.type). */
export const OTHER = '_OTHER';
const OUT_OF_MEMORY = 'Runtime.OutOfMemory';
/** Names from Lambda, Java and .NET; from Python; from Ruby, whose runtime wraps what a handler raised. */
const OUT_OF_MEMORY_TYPE =
  /(?:^|\.)OutOfMemory(?:Error|Exception)?$|^MemoryError$|^(?:NoMemoryError|Function<NoMemoryError>)$/;

/** What `ended` means: runtimeDone, the report, the worse of both, or a word for an end that never came. */
export function toResult(
  invocation: Invocation,
  ended: Ended,
  rules: ResultRules,
): InvocationResult {
  const isFunctionError = isUnansweredSuccess(invocation, ended, rules);
  const outcome = isFunctionError ? 'error' : toOutcome(ended.status);
  const isFailed = outcome === 'error' || outcome === 'timeout';
  const isOutOfMemory = isFailed && ranOutOfMemory(invocation, ended, isFunctionError);
  const report = outcome === 'error' ? invocation.runtimeReport : undefined;
  const named = nameError(ended, { isFailed, isFunctionError, report });
  const errorType = isOutOfMemory ? OUT_OF_MEMORY : named;
  const isErroneous = isError({ outcome, errorType });
  const errorMessage = isErroneous ? describe(invocation, { named, report, errorType }) : undefined;
  return { outcome, isFunctionError, isOutOfMemory, errorType, errorMessage };
}

/** An error, a timeout, or an end that was never seen. */
export function isError({
  outcome,
  errorType,
}: Pick<InvocationResult, 'outcome'> & Partial<Pick<InvocationResult, 'errorType'>>): boolean {
  return outcome === 'error' || outcome === 'timeout' || errorType === INCOMPLETE;
}

/**
 * The runtime posted to /invocation/{id}/error: Lambda writes responseLatency, and bytes, exactly where it
 * posted a response (AWS's emulator, GetRuntimeDoneSpans). Without metrics nothing is concluded.
 */
function isUnansweredSuccess(
  { done }: Invocation,
  ended: Ended,
  { functionErrors, managedInstances }: ResultRules,
): boolean {
  if (!functionErrors || managedInstances || done === undefined) return false;
  if (!isSuccess(done) || !isSuccess(ended)) return false;
  return done.metrics?.producedBytes === 0 && done.isAnswered !== true;
}

/** Success that was reported, not merely assumed. */
function isSuccess({ status }: Ended): boolean {
  return status?.toLowerCase() === 'success';
}

interface Naming {
  readonly isFailed: boolean;
  readonly isFunctionError: boolean;
  /** The runtime's own report of the error. */
  readonly report: ExceptionFact | undefined;
}

/** AWS's errorType, else the exception's, else the status word; for a function error, only the exception's. */
function nameError(
  { status, errorType }: Ended,
  { isFailed, isFunctionError, report }: Naming,
): string | undefined {
  if (isFunctionError) return report?.type ?? OTHER;
  return errorType ?? (isFailed ? (report?.type ?? status) : undefined);
}

/** The message of the exception that the error is named after, else of the runtime's own report. */
function describe(
  { exceptions, initException }: Invocation,
  {
    named,
    report,
    errorType,
  }: { readonly named: string | undefined } & Pick<Naming, 'report'> & {
      readonly errorType: string | undefined;
    },
): string | undefined {
  if (report?.message !== undefined) return report.message;
  const isNamed = ({ type }: ExceptionFact) =>
    type !== undefined &&
    (named?.endsWith(type) === true ||
      (errorType === OUT_OF_MEMORY && OUT_OF_MEMORY_TYPE.test(type)));
  const exception = [...(initException ? [initException] : []), ...exceptions].findLast(isNamed);
  return exception?.message ?? (errorType === OTHER ? undefined : errorType);
}

/** True if Lambda or the runtime says so, or if memory was full and Lambda says that the invocation failed. */
function ranOutOfMemory(
  { done, report, runtimeReport, outOfMemory }: Invocation,
  { errorType }: Ended,
  isFunctionError: boolean,
): boolean {
  if ([errorType, done?.errorType, report?.errorType].includes(OUT_OF_MEMORY)) return true;
  // What the runtime reported is the error; what was logged beside it was handled.
  if (isFunctionError && runtimeReport?.type !== undefined) {
    return OUT_OF_MEMORY_TYPE.test(runtimeReport.type);
  }
  return outOfMemory.isSaid || (!isFunctionError && hasFullMemory(report));
}

function hasFullMemory(report: ReportEvent | undefined): boolean {
  const { memorySizeMB, maxMemoryUsedMB } = report?.metrics ?? {};
  return memorySizeMB !== undefined && memorySizeMB > 0 && maxMemoryUsedMB !== undefined
    ? maxMemoryUsedMB >= memorySizeMB
    : false;
}

/** True for an exception that means running out of memory. */
export function isOutOfMemoryType(type: string | undefined): boolean {
  return type !== undefined && OUT_OF_MEMORY_TYPE.test(type);
}
