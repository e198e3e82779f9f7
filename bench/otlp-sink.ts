// The OTLP endpoint of the measurements, in a process of its own: otherwise the local Lambda's work would make the
// endpoint look slow.
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface OtlpSink {
  readonly url: string;
  /** How many log lines of the bench's function came since the last call. */
  takeLineCount(): Promise<number>;
  close(): Promise<void>;
}

/** In every line that the bench's function writes (function/function.mjs). */
export const LINE_MARK = 'card declined by issuer';

/** A folder with a certificate for localhost and that of its authority. */
const CERTIFICATES = join(__dirname, '../test/delivery/certificates');
/** For the extensions, where the sink is https. */
export const AUTHORITY = join(CERTIFICATES, 'ca.pem');

export async function startOtlpSink(
  mode: 'ok' | '503' | 'reset' | 'hang' = 'ok',
  isHttps = false,
): Promise<OtlpSink> {
  const argv = [LINE_MARK, mode, ...(isHttps ? [CERTIFICATES] : [])];
  const child = fork(join(__dirname, 'sink/sink.mjs'), argv, { execArgv: [] });
  const [{ port }] = (await once(child, 'message')) as [{ readonly port: number }];
  return {
    url: `${isHttps ? 'https://localhost' : 'http://127.0.0.1'}:${port}`,
    async takeLineCount() {
      const answer = once(child, 'message');
      child.send('count');
      const [{ found }] = (await answer) as [{ readonly found: number }];
      return found;
    },
    close: () => end(child),
  };
}

interface Way {
  readonly oneWayMs: number;
  /** Milliseconds without a byte after which a connection is closed; 0 means never. */
  readonly idleMs: number;
}

/** The same sink, behind a connection with latency. */
export async function startFarSink(way: Way): Promise<Pick<OtlpSink, 'url' | 'close'>> {
  const sink = await startOtlpSink('ok', true);
  const argv = [way.oneWayMs, new URL(sink.url).port, way.idleMs].map(String);
  const child = fork(join(__dirname, 'sink/far.mjs'), argv, { execArgv: [] });
  const [{ port }] = (await once(child, 'message')) as [{ readonly port: number }];
  return {
    url: `https://localhost:${port}`,
    async close() {
      await end(child);
      await sink.close();
    },
  };
}

/** A server of the bench ends when it is disconnected. */
export async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.disconnect();
  await exited;
}
