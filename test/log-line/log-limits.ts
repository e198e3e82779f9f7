// The limits that apply without configuration, and a request id to print.
import type { HrTime } from '@opentelemetry/api';
import type { LogLimits, LogLine } from '../../src/log-line/log-line';
import { LineReader } from '../../src/log-line/read-log-line';

export const DEFAULT_LIMITS: LogLimits = {
  maxBodyBytes: 262_144,
  maxAttributes: 128,
  maxAttributeValueLength: Number.POSITIVE_INFINITY,
  maxDepth: 8,
};
export const REQUEST_ID = '8f507cfc-5c3e-4f0b-9d6a-2b0f8f1c7e11';
/** 2024-05-20T16:29:45.009Z, the time of most lines here. */
export const LINE_TIME: HrTime = [1_716_222_585, 9_000_000];

/** When the platform got the lines, unless a test says otherwise: a moment after they were printed. */
export const EVENT_TIME: HrTime = [1_716_222_585, 10_000_000];

/** Reads under the default limits. */
export function readLine(
  record: unknown,
  limits: Partial<LogLimits> = {},
  eventTime: HrTime = EVENT_TIME,
): LogLine {
  return new LineReader({ ...DEFAULT_LIMITS, ...limits }).read(record, eventTime);
}
