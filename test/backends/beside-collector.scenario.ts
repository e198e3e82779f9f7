// The layer and a real Collector in one environment, frozen between invocations, and SHUTDOWN to both at once: with
// no setting but the address on localhost, what the Collector does not take is the last report, and that is counted.
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../free-ports';
import { readStopLine } from '../faults/accounting';
import { functionLogs, readTelemetry, serverSpans, total } from '../scenarios/arrived-telemetry';
import { EXTENSION, endRuns, startLayer } from '../scenarios/layer-run';
import type { LayerRun } from '../scenarios/layer-run';
import { install } from './install/install';
import { sayOnStderr } from './install/progress';
import { report } from './report';

const NAME = 'collector';
const PAUSES = 12;
const BURST = 13;

let binary: string;

beforeAll(async () => {
  binary = await install('otelcol', sayOnStderr);
}, 900_000);

afterEach(endRuns);

async function startBesideCollector(): Promise<LayerRun> {
  const port = await freePort();
  const script = path.join(__dirname, 'collector-extension.mjs');
  return startLayer({
    extensionCommands: [{ name: NAME, command: [process.execPath, script] }],
    settings: (receiverUrl) => ({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://localhost:${port}`,
      LAMBDA_OTLP_LOG_LEVEL: 'info',
      COLLECTOR: binary,
      COLLECTOR_CONFIG: path.join(__dirname, 'collector-extension.yaml'),
      COLLECTOR_PORT: String(port),
      COLLECTOR_TARGET: receiverUrl,
    }),
  });
}

it('every invocation arrives, those of a burst before SHUTDOWN too', async () => {
  const run = await startBesideCollector();
  for (let index = 0; index < PAUSES; index += 1) {
    await run.lambda.invoke({ action: 'log', lines: [`rare ${index}`] });
    await wait(200);
  }
  for (let index = 0; index < BURST; index += 1) {
    await run.lambda.invoke({ action: 'log', lines: [`close ${index}`] });
  }
  const { extensions } = await run.lambda.shutdown();
  const own = extensions.find(({ name }) => name === EXTENSION);
  const theirs = extensions.find(({ name }) => name === NAME);
  expect({ ...own, output: run.output() }).toMatchObject({ exitCode: 0, killed: false });
  expect(theirs).toMatchObject({ exitCode: 0, killed: false });

  const telemetry = readTelemetry(run.receiver.requests);
  const invocations = PAUSES + BURST;
  expect(serverSpans(telemetry)).toHaveLength(invocations);
  // One more while it was loaded.
  expect(functionLogs(telemetry)).toHaveLength(invocations + 1);
  expect(total(telemetry, 'faas.invocations')).toBe(invocations);
  const { exported, dropped } = readStopLine(run.output());
  report('Beside a Collector in the same environment', 'the stop line', { exported, dropped });
  expect(dropped.traces).toBeLessThanOrEqual(1);
  expect(dropped.logs).toBeLessThanOrEqual(1);
  expect(telemetry.spans).toHaveLength(exported.traces);
  expect(telemetry.logs).toHaveLength(exported.logs);
});
