// OTEL_*_EXPORTER=console, for local debugging: each request is one line of OTLP/JSON on stdout.
import type { Transport } from './transport';

/** `write` gets whole lines, e.g. `process.stdout.write`. */
export function createConsoleTransport(write: (line: string) => void): Transport {
  const decoder = new TextDecoder();
  return {
    send(data) {
      write(`${decoder.decode(data)}\n`);
      return Promise.resolve({ status: 'success' });
    },
    shutdown: () => undefined,
  };
}
