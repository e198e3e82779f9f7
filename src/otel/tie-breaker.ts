// Lambda stamps log lines with milliseconds; lines of one millisecond keep their order by nanoseconds
// added in the order in which they came.
import type { HrTime } from '@opentelemetry/api';

const NANOS_PER_MS = 1_000_000;

export class TieBreaker {
  private readonly last = new Map<string, { time: HrTime; ties: number }>();

  /** The same time, or a little later when `stream` had a line at that millisecond just before. */
  separate(time: HrTime, stream: string): HrTime {
    const previous = this.last.get(stream);
    if (previous?.time[0] !== time[0] || previous.time[1] !== time[1]) {
      this.last.set(stream, { time, ties: 0 });
      return time;
    }
    const isMilliseconds = time[1] % NANOS_PER_MS === 0;
    if (!isMilliseconds || previous.ties + 1 >= NANOS_PER_MS) return time;
    previous.ties += 1;
    return [time[0], time[1] + previous.ties];
  }
}
