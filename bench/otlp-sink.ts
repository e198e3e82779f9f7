// The OTLP endpoint of the measurements. Not in this process: the local Lambda's own work would be
// taken for the endpoint's slowness.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface OtlpSink {
  readonly url: string;
  /** How many log lines of the bench's function came since the last call. */
  takeLineCount(): Promise<number>;
  close(): Promise<void>;
}

/** In every line that the bench's function writes (function/function.mjs). */
const LINE_MARK = 'card declined by issuer';

export async function startOtlpSink(
  mode: 'ok' | '503' | 'reset' | 'hang' = 'ok',
): Promise<OtlpSink> {
  const child = fork(join(__dirname, 'sink/sink.mjs'), [LINE_MARK, mode], { execArgv: [] });
  const [{ port }] = (await once(child, 'message')) as [{ readonly port: number }];
  return {
    url: `http://127.0.0.1:${port}`,
    async takeLineCount() {
      const answer = once(child, 'message');
      child.send('count');
      const [{ found }] = (await answer) as [{ readonly found: number }];
      return found;
    },
    async close() {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}
