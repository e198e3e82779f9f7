// Cuts what a process writes into log events: a line ends with its newline and is stamped when that
// arrives; what is unfinished waits, or ends with the stream (captures: "partial stdout is joined").
import { StringDecoder } from 'node:string_decoder';

export interface LogLines {
  write(chunk: Buffer): void;
  /** To be called at the end of the stream; an unfinished line then counts as a line. */
  end(): void;
}

/** The longest record in UTF-16 units; a longer line is split. */
export const MAX_LINE_LENGTH = 256 * 1024;

/** `onLine`: gets the line with its newline. */
export function createLogLines(onLine: (line: string) => void): LogLines {
  const decoder = new StringDecoder('utf8');
  let rest = '';

  const emit = (line: string): void => {
    for (let start = 0; start < line.length; start += MAX_LINE_LENGTH) {
      onLine(line.slice(start, start + MAX_LINE_LENGTH));
    }
  };

  const take = (text: string): void => {
    let start = 0;
    for (;;) {
      const end = text.indexOf('\n', start);
      if (end < 0) break;
      emit(rest + text.slice(start, end + 1));
      rest = '';
      start = end + 1;
    }
    rest += text.slice(start);
    if (rest.length >= MAX_LINE_LENGTH) {
      const whole = rest.length - (rest.length % MAX_LINE_LENGTH);
      emit(rest.slice(0, whole));
      rest = rest.slice(whole);
    }
  };

  return {
    write: (chunk) => take(decoder.write(chunk)),
    end() {
      take(decoder.end());
      emit(rest);
      rest = '';
    },
  };
}
