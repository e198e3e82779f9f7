// Runs the built layer beside a function whose own OpenTelemetry SDK sends to it, at a port of its own.
import { join } from 'node:path';
import { freePort } from '../free-ports';
import { startLayer } from './layer-run';
import type { LayerOptions, LayerRun } from './layer-run';

export interface InstrumentedRun extends LayerRun {
  /** Where the SDK hands over. */
  readonly receiverPort: number;
}

export async function startInstrumented(options: LayerOptions = {}): Promise<InstrumentedRun> {
  const port = await freePort();
  const run = await startLayer({
    ...options,
    handler: join(__dirname, 'instrumented.handler'),
    settings: {
      LAMBDA_OTLP_RECEIVER: String(port),
      RECEIVER_URL: `http://127.0.0.1:${port}`,
      LAMBDA_OTLP_FLUSH: 'end',
      ...(options.settings as Readonly<Record<string, string>> | undefined),
    },
  });
  return { ...run, receiverPort: port };
}
