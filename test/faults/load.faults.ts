// Much at once: everything arrives where there is a way out, and is counted where there is none; memory stays
// bounded in either case.
import { functionLogs, readTelemetry, total } from '../scenarios/arrived-telemetry';
import { countSent, countedDrops, readStopLine, withoutRepeats } from './accounting';
import { EXTENSION, drain, endRuns, startFaultyRun } from './faulty-run';
import type { FaultyRun } from './faulty-run';

afterEach(endRuns);

const MIB = 1_048_576;
/** Nothing may be lost before the extension sees it, and a busy machine prints for minutes. */
const ROOMY = {
  telemetryBacklog: { maxItems: 1_000_000, maxBytes: 256 * MIB },
  timeoutMs: 900_000,
};
/** Less than what one invocation may take: whoever waits for its deadline fails. */
const TEST_TIMEOUT_MS = 600_000;

interface Memory {
  readonly anonymousBytes: number;
  readonly peakRssBytes: number;
}

function memoryOf({ lambda }: FaultyRun): Memory {
  const own = lambda.extensions.find(({ name }) => name === EXTENSION)?.readStatistics();
  return own ?? { anonymousBytes: 0, peakRssBytes: 0 };
}

async function print(run: FaultyRun, count: number, bytes: number): Promise<void> {
  const { response } = await run.lambda.invoke({ count, bytes });
  expect(response).toEqual({ printed: count });
}

test(
  '100 000 lines of one invocation all arrive, with less than 60 MB more memory',
  async () => {
    const run = await startFaultyRun({
      ...ROOMY,
      settings: { LAMBDA_OTLP_FLUSH: 'end' },
    });
    await run.invoke(['first']);
    const before = memoryOf(run);
    await print(run, 100_000, 150);
    const after = memoryOf(run);
    await run.invoke(['last']);
    const end = await run.shutdown();
    expect({ ...end, output: run.output() }).toMatchObject({ exitCode: 0, killed: false });
    expect(after.peakRssBytes - before.peakRssBytes).toBeLessThan(60 * MIB);
    const logs = functionLogs(readTelemetry(run.endpoint.requests));
    const numbers = new Set(
      logs.map(({ text }) => /^line (\d+) /.exec(JSON.stringify(text).slice(1))?.[1]),
    );
    expect(logs).toHaveLength(100_002);
    expect(numbers.size).toBe(100_001);
    expect(readStopLine(run.output()).dropped).toEqual({ traces: 0, metrics: 0, logs: 0 });
  },
  TEST_TIMEOUT_MS,
);

test.each([
  ['refuses connections', 'refused'],
  ['hangs', 'hang'],
  ['answers 503', '503'],
])(
  '30 MB of backlog for an endpoint that %s are bounded and counted',
  async (_what, kind) => {
    const run = await startFaultyRun({
      ...ROOMY,
      // A request that hangs is to be over soon, one that is only slow is not.
      settings: kind === 'hang' ? { OTEL_EXPORTER_OTLP_TIMEOUT: '1500' } : {},
    });
    await run.invoke(['first']);
    const before = memoryOf(run);
    if (kind === 'refused') await run.endpoint.stopListening();
    else
      run.endpoint.respondWith(() =>
        kind === 'hang' ? { kind } : { kind: 'status', status: 503 },
      );
    for (let part = 0; part < 6; part += 1) await print(run, 25_000, 200);
    const after = memoryOf(run);
    expect(after.peakRssBytes - before.peakRssBytes).toBeLessThan(60 * MIB);
    await run.endpoint.heal();
    await drain(run);
    const end = await run.shutdown();
    expect({ ...end, output: run.output() }).toMatchObject({ exitCode: 0, killed: false });
    const telemetry = readTelemetry(withoutRepeats(run.endpoint.requests));
    const { exported, dropped } = readStopLine(run.output());
    expect(exported.logs + dropped.logs).toBe(countSent(run.lambda.events).logs);
    expect(telemetry.logs).toHaveLength(exported.logs);
    // How many depends on the pace: what an extension has not been handed by now comes when the endpoint is well.
    expect(dropped.logs).toBeGreaterThan(0);
    expect(dropped.traces).toBe(0);
    expect(total(telemetry, 'otel.sdk.exporter.log.exported', { 'error.type': 'queue_full' })).toBe(
      dropped.logs,
    );
    expect(countedDrops(telemetry)).toEqual(dropped);
    expect(functionLogs(telemetry).map(({ text }) => text)).toContain('after 0');
  },
  TEST_TIMEOUT_MS,
);
