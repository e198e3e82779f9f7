// What meets SHUTDOWN: a request that hangs, a clock that was set back, a Collector that is gone first.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort } from '../free-ports';
import { functionLogs, readTelemetry, serverSpans, total } from '../scenarios/arrived-telemetry';
import { countSent, readStopLine } from './accounting';
import type { Fault } from './fault';
import { faultNamed } from './fault';
import type { FaultyRun, FaultyRunOptions } from './faulty-run';
import { endRuns, IS_HOST, LAYER, startFaultyRun } from './faulty-run';
import { recordFinding } from './report';

const folders: string[] = [];

afterEach(async () => {
  await endRuns();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Exit 0 in time, everything counted; the stop line for the page. */
async function shutDown(run: FaultyRun, what: string): Promise<void> {
  const end = await run.shutdown();
  expect({ ...end, output: run.output() }).toMatchObject({ exitCode: 0, killed: false });
  const { exported, dropped } = readStopLine(run.output());
  const sent = countSent(run.lambda.events);
  expect(exported.traces + dropped.traces).toBe(sent.traces);
  expect(exported.logs + dropped.logs).toBe(sent.logs);
  recordFinding(
    what,
    `${exported.traces} spans and ${exported.logs} records delivered, ${dropped.traces} and ${dropped.logs} dropped, all counted; exit ${end.exitCode ?? 'killed'} after ${end.exitMs.toFixed(0)} ms`,
  );
}

const textsOf = (run: FaultyRun): readonly unknown[] => [
  ...new Set(functionLogs(readTelemetry(run.endpoint.requests)).map(({ text }) => text)),
];

test('a request that hangs at SHUTDOWN is sent anew once the endpoint answers again', async () => {
  const run = await startFaultyRun({ settings: { LAMBDA_OTLP_FLUSH: 'end' } });
  await run.invoke(['before']);
  await run.endpoint.begin(faultNamed('hang'));
  await run.invoke(['hung']);
  await run.endpoint.heal();
  await shutDown(run, 'a request that hangs, and SHUTDOWN with an endpoint that is well again');
  expect(textsOf(run)).toEqual(expect.arrayContaining(['before', 'hung']));
  expect(readStopLine(run.output()).dropped).toMatchObject({ traces: 0, logs: 0 });
});

const CLOCK = join(__dirname, 'clock.cjs');

interface Clock {
  readonly options: Pick<FaultyRunOptions, 'layer'>;
  readonly settings: Record<string, string>;
  setBack(): void;
}

/** A clock of the extension's that can be set back. */
function createClock(): Clock {
  const folder = mkdtempSync(join(tmpdir(), 'lambda-otlp-clock-'));
  folders.push(folder);
  const file = join(folder, 'set-back');
  return {
    options: IS_HOST ? { layer: layerWithClock(folder) } : {},
    settings: {
      CLOCK_IS_SET_BACK: file,
      ...(!IS_HOST && { PATH: [nodeWithClock(folder), process.env['PATH'] ?? ''].join(delimiter) }),
    },
    setBack: () => writeFileSync(file, ''),
  };
}

/** The folder of a Node.js that loads the clock first. */
function nodeWithClock(folder: string): string {
  const node = join(folder, 'node');
  writeFileSync(node, `#!/bin/sh\nexec '${process.execPath}' -r '${CLOCK}' "$@"\n`);
  chmodSync(node, 0o755);
  return folder;
}

/** A copy of the layer with the native host whose program begins with the clock. */
function layerWithClock(folder: string): string {
  const layer = join(folder, 'layer');
  cpSync(LAYER, layer, { recursive: true });
  const program = join(layer, 'lambda-otlp');
  renameSync(join(program, 'main.qbc'), join(program, 'own-main.qbc'));
  const source = join(folder, 'main.js');
  writeFileSync(
    source,
    `${readFileSync(CLOCK, 'utf8')}\nmodule.exports = require('./own-main.js');\n`,
  );
  const host = join(layer, 'extensions/lambda-otlp');
  execFileSync(host, ['compile', source, join(program, 'main.qbc')]);
  return layer;
}

const RETRY_LATER: Fault = {
  name: '503, Retry-After of ten minutes',
  pledge: 'kept',
  respond: () => ({ kind: 'status', status: 503, headers: { 'Retry-After': '600' } }),
};

test.each([RETRY_LATER, faultNamed('hang'), faultNamed('refused')])(
  'a clock that is set back two hours after $name stops nothing',
  async (fault) => {
    const clock = createClock();
    const run = await startFaultyRun({
      ...clock.options,
      settings: { LAMBDA_OTLP_FLUSH: 'end', ...fault.settings, ...clock.settings },
    });
    await run.invoke(['before']);
    await run.endpoint.begin(fault);
    for (const line of ['one', 'two', 'three', 'four']) await run.invoke([line]);
    clock.setBack();
    await run.endpoint.heal();
    // Whatever was waited for ends with the first look at the clock.
    for (const line of ['five', 'six']) await run.invoke([line]);
    const arrived = [...textsOf(run)];
    await shutDown(run, `a clock that is set back two hours after ${fault.name}`);
    expect(arrived).toEqual(expect.arrayContaining(['one', 'two', 'three', 'four', 'five']));
  },
);

const COLLECTOR = join(__dirname, '../scenarios/collector-stand-in.mjs');
const INVOCATIONS = 30;

test('beside a Collector that is gone at SHUTDOWN only the last report is lost', async () => {
  const port = await freePort();
  const run = await startFaultyRun({
    extensionCommands: [{ name: 'collector', command: [process.execPath, COLLECTOR] }],
    settings: (url) => ({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://localhost:${port}`,
      COLLECTOR_PORT: String(port),
      COLLECTOR_TARGET: url,
    }),
  });
  for (let index = 0; index < INVOCATIONS; index += 1) await run.invoke([`line ${index}`]);
  await shutDown(run, 'a Collector on localhost that is gone at SHUTDOWN');
  const telemetry = readTelemetry(run.endpoint.requests);
  expect(serverSpans(telemetry)).toHaveLength(INVOCATIONS);
  expect(functionLogs(telemetry)).toHaveLength(INVOCATIONS);
  expect(total(telemetry, 'faas.invocations')).toBe(INVOCATIONS);
  expect(readStopLine(run.output()).dropped).toMatchObject({ traces: 1, logs: 1 });
});
