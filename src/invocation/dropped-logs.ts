// platform.logsDropped carries running totals (captures of the service: 3005, then 6169): what counts is
// the increase over the previous event; a smaller total starts anew. A total that is missing says nothing.
import type { LogsDroppedEvent } from '../telemetry/event';
import { compareTimes } from '../telemetry/timestamp';
import type { LogsDroppedFact } from './fact';

export class DroppedLogs {
  private records = 0;
  private bytes = 0;
  private previous: LogsDroppedEvent | undefined;

  /** The same event once more. */
  isDuplicate({ time, droppedRecords, droppedBytes }: LogsDroppedEvent): boolean {
    const { previous } = this;
    if (previous === undefined || compareTimes(previous.time, time) !== 0) return false;
    return previous.droppedRecords === droppedRecords && previous.droppedBytes === droppedBytes;
  }

  /** The increase that this event states, if any. */
  add(event: LogsDroppedEvent): LogsDroppedFact[] {
    this.previous = event;
    const { droppedRecords = this.records, droppedBytes = this.bytes, time } = event;
    const startsAnew = droppedRecords < this.records || droppedBytes < this.bytes;
    const records = toIncrease(event.droppedRecords, startsAnew ? 0 : this.records);
    const bytes = toIncrease(event.droppedBytes, startsAnew ? 0 : this.bytes);
    this.records = droppedRecords;
    this.bytes = droppedBytes;
    return records === 0 && bytes === 0 ? [] : [{ kind: 'logsDropped', records, bytes, time }];
  }
}

function toIncrease(total: number | undefined, known: number): number {
  return total === undefined ? 0 : total - known;
}
