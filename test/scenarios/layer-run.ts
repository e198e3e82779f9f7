// Runs the built layer, as it is published, under the local Lambda, with a real OTLP receiver. Every
// run ends with the promises that hold always: valid OTLP, nothing twice, exit 0 in time.
import { EventEmitter, once } from 'node:events';
import { join, resolve } from 'node:path';
import { startLocalLambda } from 'local-lambda/lambda/local-lambda';
import type { LocalLambda } from 'local-lambda/lambda/local-lambda';
import type { LocalLambdaOptions } from 'local-lambda/lambda/local-lambda-options';
import type { TelemetryEvent } from 'local-lambda/lambda/telemetry-event';
import { startOtlpReceiver } from 'local-lambda/otlp/otlp-receiver';
import type { OtlpReceiver } from 'local-lambda/otlp/otlp-receiver';
import { expectSoundRequests, readTelemetry } from './arrived-telemetry';
import type { ArrivedTelemetry } from './arrived-telemetry';

/** LAMBDA_OTLP_LAYER: another unpacked layer than the one for Node.js. */
export const EXTENSIONS = resolve(
  process.env['LAMBDA_OTLP_LAYER'] ?? join(__dirname, '../../build/layer'),
  'extensions',
);
export const EXTENSION = 'lambda-otlp';
const FUNCTION = join(__dirname, 'function.handler');

type Settings = Readonly<Record<string, string>>;

export interface LayerOptions extends Omit<LocalLambdaOptions, 'environment' | 'extensionsDir'> {
  /** Default: the built layer's. */
  readonly extensionsDir?: string;
  /** Environment variables of function and extension, beside the endpoint. */
  readonly settings?: Settings | ((receiverUrl: string) => Settings);
}

export interface LayerRun {
  readonly lambda: LocalLambda;
  readonly receiver: OtlpReceiver;
  /** Resolves with the first event from now on that the predicate takes. */
  readonly nextEvent: (predicate: (event: TelemetryEvent) => boolean) => Promise<TelemetryEvent>;
  /** What the extension printed so far. */
  readonly output: () => string;
  /** What has arrived by now. */
  readonly arrived: () => ArrivedTelemetry;
  /** What had arrived when the n-th platform.report was emitted: right after the extension's poll. */
  readonly arrivedAtReport: (index: number) => ArrivedTelemetry;
}

const running = new Set<LayerRun>();

/** For afterEach: ends what a failed test left. */
export async function endRuns(): Promise<void> {
  await Promise.all(
    [...running].map(async ({ lambda, receiver }) => {
      await lambda.shutdown();
      await receiver.close();
    }),
  );
  running.clear();
}

/** Defaults: a Node function that does as told, an environment on demand, no time limit in the way. */
export async function startLayer(options: LayerOptions = {}): Promise<LayerRun> {
  const { settings, ...lambdaOptions } = options;
  const receiver = await startOtlpReceiver();
  const requestsAtReport: number[] = [];
  const emitter = new EventEmitter<{ event: [TelemetryEvent] }>();
  let output = '';
  const lambda = await startLocalLambda({
    ...(options.bootstrap === undefined ? { handler: FUNCTION } : {}),
    functionName: 'orders',
    functionVersion: '7',
    timeoutMs: 20_000,
    extensionsDir: EXTENSIONS,
    ...lambdaOptions,
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      // A slow machine is no reason to leave telemetry for the next invocation.
      LAMBDA_OTLP_FLUSH_BUDGET_MS: '10000',
      ...(typeof settings === 'function' ? settings(receiver.url) : settings),
    },
    onEvent(event: TelemetryEvent) {
      if (event.type === 'platform.report') requestsAtReport.push(receiver.requests.length);
      emitter.emit('event', event);
    },
    onExtensionOutput(name, chunk) {
      if (name === EXTENSION) output += chunk;
    },
  });
  const run: LayerRun = {
    lambda,
    receiver,
    async nextEvent(predicate) {
      for (;;) {
        const [event] = (await once(emitter, 'event')) as [TelemetryEvent];
        if (predicate(event)) return event;
      }
    },
    output: () => output,
    arrived: () => readTelemetry(receiver.requests),
    arrivedAtReport: (index) => readTelemetry(receiver.requests.slice(0, requestsAtReport[index])),
  };
  running.add(run);
  return run;
}

/** Shuts the environment down; gives everything that arrived, having checked what holds always. */
export async function finish(run: LayerRun): Promise<ArrivedTelemetry> {
  const { extensions } = await run.lambda.shutdown();
  // After a reset there is none until the next invocation starts it.
  for (const own of extensions.filter(({ name }) => name === EXTENSION)) {
    expect({ ...own, output: run.output() }).toMatchObject({ exitCode: 0, killed: false });
  }
  expect(run.receiver.refused).toEqual([]);
  expectSoundRequests(run.receiver.requests);
  return run.arrived();
}

/** Logs arrive while the handler of the only invocation still runs. */
export async function expectLogsWhileRunning({ receiver, lambda }: LayerRun): Promise<void> {
  await receiver.waitFor(
    ({ requests }) => requests.some(({ signal }) => signal === 'logs'),
    20_000,
  );
  expect(lambda.events.some(({ type }) => type === 'platform.runtimeDone')).toBe(false);
}
