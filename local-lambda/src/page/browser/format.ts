// Numbers and times as the page writes them.
import { formatDuration, formatQuantity } from '../../render/quantity';

export { formatDuration, formatQuantity };

/** `14:03:22.180`, in the reader's own zone. */
export function formatTime(epochMs: number): string {
  const date = new Date(epochMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${time}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** Time after a start: `+12.3 ms`. */
export function formatOffset(offsetMs: number): string {
  return `${offsetMs < 0 ? '−' : '+'}${formatDuration(Math.abs(offsetMs))}`;
}

export type Severity = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'none';

/** Source: OpenTelemetry logs data model, SeverityNumber. */
export function severityOf(severityNumber: number): Severity {
  if (severityNumber >= 21) return 'fatal';
  if (severityNumber >= 17) return 'error';
  if (severityNumber >= 13) return 'warn';
  if (severityNumber >= 9) return 'info';
  if (severityNumber >= 5) return 'debug';
  return severityNumber >= 1 ? 'trace' : 'none';
}
