// Completes the SERVER span that the function's own SDK made of an invocation with what only Lambda knows. What the
// SDK says stays; an error that it did not see is added.
import type { Fact, InvocationFact } from '../invocation/fact';
import type { ReceivedSpans } from '../invocation/received-spans';
import { readAttributes } from '../relay/attributes';
import type { AttributeValue, SpanEdit } from '../relay/edit-span';
import { FieldReader, LENGTH_DELIMITED, VARINT } from '../relay/field-reader';
import { bytesOf } from '../relay/item';
import type { ReceivedSpan } from '../relay/received-span';
import { Attribute } from './semconv';
import { toInvocationAttributes } from './spans';
import type { SpanOrigin } from './spans';

const ATTRIBUTES = 9;
const STATUS = 15;
const STATUS_CODE = 3;
/** Of OTLP, where OK and ERROR are numbered as in the API. */
const ERROR = 2;

/** A span that names its request keeps to the names it has; one that was only found there gets both. */
const INVOCATION_IDS: readonly string[] = [
  Attribute.FAAS_INVOCATION_ID,
  Attribute.FAAS_INVOCATION_ID_1_44,
];
const ERROR_TYPE: string = Attribute.ERROR_TYPE;
const ADDED = /^(?:lambda\.|aws\.lambda\.)|^(?:faas\.coldstart|cloud\.resource_id)$/;

/** True: the SDK's span leaves instead of ours. Every invocation whose span is stated is closed for late ones. */
export function completeServed(
  fact: Fact<unknown>,
  origin: SpanOrigin,
  received: ReceivedSpans,
): boolean {
  if (fact.kind !== 'invocation') return false;
  const { servedBy, requestId, identity } = fact;
  received.close(requestId, identity);
  if (servedBy === undefined) return false;
  received.complete(servedBy, toServedEdit(servedBy, fact, origin));
  return true;
}

function toServedEdit(span: ReceivedSpan, fact: InvocationFact, origin: SpanOrigin): SpanEdit {
  const bytes = bytesOf(span);
  const known = readAttributes(bytes, ATTRIBUTES);
  const raisesError = fact.isError && !isErroneous(bytes);
  const namesRequest = span.invocationId !== undefined;
  const isAdded = (key: string): boolean => {
    if (known.has(key)) return false;
    if (INVOCATION_IDS.includes(key)) return !namesRequest;
    return ADDED.test(key) || (raisesError && key === ERROR_TYPE);
  };
  const attributes = Object.fromEntries(
    Object.entries(toInvocationAttributes(fact, origin)).filter(([key]) => isAdded(key)),
  ) as Record<string, AttributeValue>;
  if (!raisesError) return { attributes };
  const { errorMessage: message } = fact;
  const status = { code: ERROR as number, ...(message === undefined ? {} : { message }) };
  return { attributes, status };
}

function isErroneous(span: Uint8Array): boolean {
  const fields = new FieldReader(span);
  const status = new FieldReader(span);
  let code = 0;
  fields.enter(0, span.length);
  while (fields.next()) {
    if (!fields.is(STATUS, LENGTH_DELIMITED)) continue;
    status.enter(fields.start, fields.end);
    while (status.next()) if (status.is(STATUS_CODE, VARINT)) code = status.value;
  }
  return code === ERROR;
}
