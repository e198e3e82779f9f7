// Cuts what a process writes into log events: a line ends with its newline and is stamped when that
// arrives; what is unfinished waits, or ends with the stream (captures: "partial stdout is joined").
import { StringDecoder } from 'node:string_decoder';

export interface LogLines {
  write(chunk: Buffer): void;
  /** The stream ended: an unfinished line is a line. */
  end(): void;
}

/** Longest record: a longer line goes in pieces. */
export const MAX_LINE_BYTES = 256 * 1024;

/** `onLine`: gets the line with its newline. */
export function createLogLines(onLine: (line: string) => void): LogLines {
  const decoder = new StringDecoder('utf8');
  let rest = '';

  const take = (text: string): void => {
    let start = 0;
    for (;;) {
      const end = text.indexOf('\n', start);
      if (end < 0) break;
      onLine(rest + text.slice(start, end + 1));
      rest = '';
      start = end + 1;
    }
    rest += text.slice(start);
    while (rest.length >= MAX_LINE_BYTES) {
      onLine(rest.slice(0, MAX_LINE_BYTES));
      rest = rest.slice(MAX_LINE_BYTES);
    }
  };

  return {
    write: (chunk) => take(decoder.write(chunk)),
    end() {
      take(decoder.end());
      if (rest !== '') onLine(rest);
      rest = '';
    },
  };
}
