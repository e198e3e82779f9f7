// Lambda's own lines as text: `START RequestId: …`, `END RequestId: …`, `REPORT RequestId: …` and the
// errors of the platform. They name a request; the line stays whole.
import { SeverityNumber } from '@opentelemetry/api-logs';
import { toRequestId } from './request-id';
import type { TextHead } from './text-head';

const REQUEST_ID = 'RequestId: ';
const LONGEST_BEGINNING = 'REPORT '.length;
const ID_END = /[\s,]/;
const FAILURE = /^(?:Error: |Process exited |Task timed out |Error )/;

/** Undefined for any other line. */
export function readPlatformHead(text: string): TextHead | undefined {
  const label = text.indexOf(REQUEST_ID);
  if (label === -1 || label > LONGEST_BEGINNING) return undefined;
  const isPlatformLine =
    label === 0 || ['START ', 'END ', 'REPORT '].includes(text.slice(0, label));
  if (!isPlatformLine) return undefined;
  const start = label + REQUEST_ID.length;
  const length = text.slice(start, start + 129).search(ID_END);
  const id = length === -1 ? text.slice(start) : text.slice(start, start + length);
  const requestId = toRequestId(id);
  const isFailure = label === 0 && FAILURE.test(text.slice(start + id.length + 1));
  return {
    bodyStart: 0,
    messageStart: 0,
    time: undefined,
    requestId,
    severity: isFailure ? { number: SeverityNumber.ERROR } : undefined,
    attributes: undefined,
  };
}
