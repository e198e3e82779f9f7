// The request that a record names, under the keys that runtimes and loggers use. Names that only Lambda has are
// trusted; `requestId` and the like may also come from API Gateway, DynamoDB or the application.
import { isObject } from '../telemetry/fields';
import type { JsonObject } from '../telemetry/fields';
import type { LineDraft } from './log-line';

const TRUSTED = [
  'function_request_id',
  'AWSRequestId',
  'awsRequestId',
  'aws_request_id',
  'functionRequestId',
  'FunctionRequestId',
  'AwsRequestId',
  'lambdaRequestId',
  'lambda_request_id',
  'LambdaRequestId',
  'faas.invocation_id',
  'faas.invocation.id',
  'faas.execution',
] as const;
const GENERAL = [
  'requestId',
  'RequestId',
  'request_id',
  'requestID',
  'RequestID',
  'reqId',
  'req_id',
  'aws.requestId',
  'aws.request_id',
  'request.id',
] as const;
/** Where loggers put the invocation's context: a map, or a list of spans (Rust's tracing). */
const CONTEXTS = [
  'mdc',
  'contextMap',
  'context',
  'labels',
  'fields',
  'lambda_context',
  'lambdaContext',
  'lambda',
  'aws',
  'span',
  'spans',
  'extra',
  'record',
  'Scopes',
  'State',
  'Properties',
] as const;

/** The names within `faas`, as loggers write ECS and the semantic conventions as nested maps. */
const FAAS_IDS = ['invocation_id', 'execution'] as const;

export const TRUSTED_ID_KEYS: readonly string[] = TRUSTED;
export const GENERAL_ID_KEYS: readonly string[] = GENERAL;
export const ID_CONTEXT_KEYS: readonly string[] = [...CONTEXTS, 'faas'];

const MAX_LENGTH = 128;
const MAX_ABSENT_LENGTH = 'undefined'.length;
const MAX_SPANS = 16;
/** The characters that an HTTP header may hold: no space, control character or surrogate. */
const PRINTABLE = /^[\x21-\x7e]+$/;
/** What runtimes print when there is no request, as during an init. */
const ABSENT: ReadonlySet<string> = new Set(['-', 'undefined', 'null', 'None', 'nil', 'N/A']);
/** The span that Rust's runtime opens around each invocation. */
export const RUST_INVOKE_SPAN = 'Lambda runtime invoke';

export function readTrustedId(record: JsonObject): string | undefined {
  return firstId(record, TRUSTED);
}

export function readGeneralId(record: JsonObject): string | undefined {
  return firstId(record, GENERAL);
}

/** Sets the id found within the members named by ID_CONTEXT_KEYS; a trusted id wins, wherever it stands. */
export function addContextId(record: JsonObject, line: LineDraft): void {
  const contexts = contextsOf(record);
  const { faas } = record;
  const ofFaas = isObject(faas) ? firstId(faas, FAAS_IDS) : undefined;
  const trusted = ofFaas ?? firstIdWithin(contexts, trustedIdOf);
  if (trusted !== undefined) {
    line.requestId = trusted;
    return;
  }
  const possible = firstIdWithin(contexts, readGeneralId);
  if (possible !== undefined) line.possibleRequestId ??= possible;
}

/** Undefined for the words that runtimes print when there is no request, and for anything that cannot be an id. */
export function toRequestId(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.length > MAX_LENGTH || !PRINTABLE.test(text))
    return undefined;
  return text.length <= MAX_ABSENT_LENGTH && ABSENT.has(text) ? undefined : text;
}

/** True for the form of every id that Lambda itself makes: 8-4-4-4-12 characters. */
export function isUuid(text: string): boolean {
  return (
    text.length === 36 &&
    text.charCodeAt(8) === 0x2d &&
    text.charCodeAt(13) === 0x2d &&
    text.charCodeAt(18) === 0x2d &&
    text.charCodeAt(23) === 0x2d
  );
}

function contextsOf(record: JsonObject): readonly JsonObject[] {
  const found: JsonObject[] = [];
  for (const name of CONTEXTS) {
    const context = record[name];
    if (isObject(context)) found.push(context);
    else if (Array.isArray(context)) found.push(...context.slice(0, MAX_SPANS).filter(isObject));
  }
  return found;
}

function firstIdWithin(
  contexts: readonly JsonObject[],
  idOf: (context: JsonObject) => string | undefined,
): string | undefined {
  for (const context of contexts) {
    const extra = context['extra'];
    const id = idOf(context) ?? (isObject(extra) ? idOf(extra) : undefined);
    if (id !== undefined) return id;
  }
  return undefined;
}

function trustedIdOf(context: JsonObject): string | undefined {
  const id = firstId(context, TRUSTED);
  if (id !== undefined || context['name'] !== RUST_INVOKE_SPAN) return id;
  return firstId(context, GENERAL);
}

function firstId(record: JsonObject, names: readonly string[]): string | undefined {
  for (const name of names) {
    const id = toRequestId(record[name]);
    if (id !== undefined) return id;
  }
  return undefined;
}
