// platform.logsDropped carries running totals (captures of the service: 3005, then 6169): what counts is
// the increase over the previous event; a smaller total starts anew.
import type { LogsDroppedEvent } from '../telemetry/event';
import type { LogsDroppedFact } from './fact';

export class DroppedLogs {
  private records = 0;
  private bytes = 0;

  /** The increase that this event states, or undefined when there is none (a duplicate). */
  add({
    droppedRecords = 0,
    droppedBytes = 0,
    time,
  }: LogsDroppedEvent): LogsDroppedFact | undefined {
    const startsAnew = droppedRecords < this.records || droppedBytes < this.bytes;
    const records = startsAnew ? droppedRecords : droppedRecords - this.records;
    const bytes = startsAnew ? droppedBytes : droppedBytes - this.bytes;
    this.records = droppedRecords;
    this.bytes = droppedBytes;
    if (records === 0 && bytes === 0) return undefined;
    return { kind: 'logsDropped', records, bytes, time };
  }
}
