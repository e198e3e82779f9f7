// Two extensions in one environment: the layer sends to a Collector on localhost, which hears of SHUTDOWN when
// we do and is gone at once. Only what the platform tells last can be lost, and that is said.
import { join } from 'node:path';
import { freePort } from '../free-ports';
import { functionLogs, serverSpans, total } from './arrived-telemetry';
import { endRuns, finish, startLayer } from './layer-run';

afterEach(endRuns);

const STAND_IN = join(__dirname, 'collector-stand-in.mjs');
const INVOCATIONS = 13;

it('a burst of invocations arrives but for the last report, which is counted', async () => {
  const port = await freePort();
  const run = await startLayer({
    extensionCommands: [{ name: 'collector', command: [process.execPath, STAND_IN] }],
    settings: (receiverUrl) => ({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://localhost:${port}`,
      COLLECTOR_PORT: String(port),
      COLLECTOR_TARGET: receiverUrl,
    }),
  });
  for (let index = 0; index < INVOCATIONS; index += 1) {
    await run.lambda.invoke({ action: 'log', lines: [`order ${index}`] });
  }
  const telemetry = await finish(run);
  expect(serverSpans(telemetry)).toHaveLength(INVOCATIONS);
  // One more while it was loaded.
  expect(functionLogs(telemetry)).toHaveLength(INVOCATIONS + 1);
  expect(total(telemetry, 'faas.invocations')).toBe(INVOCATIONS);
  const stop = run
    .output()
    .split('\n')
    .find((line) => line.includes('stopped:'));
  expect(JSON.parse(stop ?? '{}')).toMatchObject({ spansDropped: 1, logRecordsDropped: 1 });
});
