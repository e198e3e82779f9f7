// A long freeze: the clock jumps, connections die meanwhile, and a request under way outlives its own timeout.
import { setTimeout as wait } from 'node:timers/promises';
import { functionLogs, readTelemetry, total } from '../scenarios/arrived-telemetry';
import { readStopLine } from './accounting';
import { faultNamed } from './fault';
import { endRuns, startFaultyRun } from './faulty-run';

afterEach(endRuns);

/** Longer than connections are trusted (3 s), and than any request may take here. */
const FREEZE_MS = 4_000;

test.each(['end', 'overlap', 'adaptive'])(
  '%s: nothing is lost over a freeze in which every connection died',
  async (strategy) => {
    const run = await startFaultyRun({ settings: { LAMBDA_OTLP_FLUSH: strategy } });
    await run.invoke(['before']);
    await run.endpoint.closeConnections();
    await wait(FREEZE_MS);
    await run.invoke(['after']);
    expect(await run.shutdown()).toMatchObject({ exitCode: 0, killed: false });
    const telemetry = readTelemetry(run.endpoint.requests);
    expect(functionLogs(telemetry).map(({ text }) => text)).toEqual(['before', 'after']);
    expect(total(telemetry, 'faas.invocations')).toBe(2);
    expect(readStopLine(run.output()).dropped).toEqual({ traces: 0, metrics: 0, logs: 0 });
  },
);

test('requests that hung before the freeze are over after it, and their items are sent anew', async () => {
  const fault = faultNamed('hang');
  const run = await startFaultyRun({ fault, settings: { ...fault.settings } });
  await run.invoke(['before']);
  await run.endpoint.heal();
  await wait(FREEZE_MS);
  await run.invoke(['after']);
  expect(await run.shutdown()).toMatchObject({ exitCode: 0, killed: false });
  const texts = functionLogs(readTelemetry(run.endpoint.requests)).map(({ text }) => text);
  expect(texts.sort()).toEqual(['after', 'before']);
  expect(readStopLine(run.output()).dropped).toMatchObject({ traces: 0, logs: 0 });
});
