// The Lambda requestId that a record names, under the keys of runtimes and loggers. Names that can only
// mean Lambda's come before `requestId`, which may be API Gateway's or the application's own.
import { isObject } from '../telemetry/fields';
import type { JsonObject } from '../telemetry/fields';

const LAMBDA_ONLY = [
  'function_request_id',
  'AWSRequestId',
  'awsRequestId',
  'aws_request_id',
  'functionRequestId',
  'FunctionRequestId',
  'AwsRequestId',
  'lambdaRequestId',
  'lambda_request_id',
  'aws.request_id',
  'aws.requestId',
  'faas.invocation_id',
  'faas.invocation.id',
  'faas.execution',
] as const;
const GENERAL = ['requestId', 'RequestId', 'request_id', 'requestID'] as const;
/** Where loggers put the invocation's context: a map, or (Rust's tracing) a list of spans. */
const CONTEXTS = ['lambda_context', 'lambdaContext', 'lambda', 'aws', 'span', 'spans'] as const;
/** Where Java's loggers put the thread's context, and Rust's tracing the members of the event. */
const MIXED_CONTEXTS = ['mdc', 'contextMap', 'context', 'labels', 'fields'] as const;

export const REQUEST_ID_KEYS: readonly string[] = LAMBDA_ONLY;
export const GENERAL_REQUEST_ID_KEYS: readonly string[] = GENERAL;
export const REQUEST_CONTEXT_KEYS: readonly string[] = [...CONTEXTS, ...MIXED_CONTEXTS];

const MAX_LENGTH = 128;
const MAX_ABSENT_LENGTH = 'undefined'.length;
const MAX_SPANS = 16;
/** What an HTTP header can hold: no space, no control character, no surrogate. */
const PRINTABLE = /^[\x21-\x7e]+$/;
/** What runtimes print where there is no request, as during an init. */
const ABSENT: ReadonlySet<string> = new Set(['-', 'undefined', 'null', 'None', 'nil', 'N/A']);

/** The id under one of REQUEST_ID_KEYS. */
export function readLambdaRequestId(record: JsonObject): string | undefined {
  return firstId(record, LAMBDA_ONLY);
}

/** The id under one of GENERAL_REQUEST_ID_KEYS. */
export function readGeneralRequestId(record: JsonObject): string | undefined {
  return firstId(record, GENERAL);
}

/** The id within one of the members named by REQUEST_CONTEXT_KEYS. */
export function readContextRequestId(record: JsonObject): string | undefined {
  for (const name of CONTEXTS) {
    const found = readContext(record[name]);
    if (found !== undefined) return found;
  }
  for (const name of MIXED_CONTEXTS) {
    const context = record[name];
    const found = isObject(context) ? firstId(context, LAMBDA_ONLY) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Undefined for what runtimes print when there is no request, and for what cannot be an id. */
export function toRequestId(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.length > MAX_LENGTH || !PRINTABLE.test(text))
    return undefined;
  return text.length <= MAX_ABSENT_LENGTH && ABSENT.has(text) ? undefined : text;
}

/** The form of every id that Lambda itself makes: 8-4-4-4-12 characters. */
export function isUuid(text: string): boolean {
  return (
    text.length === 36 &&
    text.charCodeAt(8) === 0x2d &&
    text.charCodeAt(13) === 0x2d &&
    text.charCodeAt(18) === 0x2d &&
    text.charCodeAt(23) === 0x2d
  );
}

function readContext(context: unknown): string | undefined {
  if (Array.isArray(context)) {
    const spans: unknown[] = context;
    for (const span of spans.slice(0, MAX_SPANS)) {
      const found = isObject(span) ? readContext(span) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (!isObject(context)) return undefined;
  return firstId(context, LAMBDA_ONLY) ?? firstId(context, GENERAL);
}

function firstId(record: JsonObject, names: readonly string[]): string | undefined {
  for (const name of names) {
    const id = toRequestId(record[name]);
    if (id !== undefined) return id;
  }
  return undefined;
}
