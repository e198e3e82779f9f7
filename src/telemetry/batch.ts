// The body of one Telemetry API delivery → events. Total, like decodeEvent: text that is no JSON costs
// the batch and says so, an element that is no event costs itself.
import type { HrTime } from '@opentelemetry/api';
import { decodeEvent } from './decode';
import type { TelemetryEvent } from './event';

/** What one delivery held. `problem` is set when the text as a whole could not be read. */
export interface DecodedBatch {
  readonly events: readonly TelemetryEvent[];
  /** Elements that were no events (null, numbers, objects without a `type`). */
  readonly badRecords: number;
  readonly problem?: string;
}

const BYTE_ORDER_MARK = 0xfeff;

/**
 * Decodes a JSON array of events (or a single event object). `observed` is the time of delivery.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html
 */
export function decodeBatch(text: string, observed: HrTime): DecodedBatch {
  const json = text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
  if (json.trim() === '') return { events: [], badRecords: 0 };
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    return { events: [], badRecords: 0, problem: (error as Error).message };
  }
  const elements: readonly unknown[] = Array.isArray(value) ? value : [value];
  const events: TelemetryEvent[] = [];
  for (const element of elements) {
    const event = decodeEvent(element, observed);
    if (event !== undefined) events.push(event);
  }
  return { events, badRecords: elements.length - events.length };
}
