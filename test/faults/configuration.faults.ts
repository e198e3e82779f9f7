// Every variable that the source reads, set to nonsense: the function runs, one warning names the variable, and
// telemetry is what it is without it.
import { NONSENSE } from '../settings/nonsense';
import { functionLogs, readTelemetry, serverSpans, total } from '../scenarios/arrived-telemetry';
import { endRuns, startFaultyRun } from './faulty-run';
import type { FaultyRun } from './faulty-run';

afterEach(endRuns);

async function serveThree(run: FaultyRun): Promise<void> {
  for (const line of ['one', 'two', 'three']) await run.invoke([line]);
  const end = await run.shutdown();
  expect({ ...end, output: run.output() }).toMatchObject({ exitCode: 0, killed: false });
}

async function expectServed(run: FaultyRun): Promise<void> {
  await serveThree(run);
  expect(run.endpoint.refusals).toEqual([]);
  const telemetry = readTelemetry(run.endpoint.requests);
  expect(serverSpans(telemetry)).toHaveLength(3);
  expect(
    functionLogs(telemetry)
      .map(({ text }) => text)
      .sort(),
  ).toEqual(['one', 'three', 'two']);
  expect(total(telemetry, 'faas.invocations')).toBe(3);
}

const WARN = { LAMBDA_OTLP_LOG_LEVEL: 'warn' };

test.each(Object.entries(NONSENSE))(
  '%s set to nonsense costs one warning at most',
  async (name, { value, isValid }) => {
    const run = await startFaultyRun({ settings: { ...WARN, [name]: value } });
    await expectServed(run);
    const named = run
      .output()
      .split('\n')
      .filter((line) => line.includes(name));
    if (isValid !== true)
      expect({ named, output: run.output() }).toMatchObject({ named: [expect.any(String)] });
    expect(run.output().trim().split('\n').length).toBeLessThanOrEqual(3);
  },
);

test('all of them at once are no worse', async () => {
  const all = Object.fromEntries(
    Object.entries(NONSENSE).map(([name, { value }]) => [name, value]),
  );
  const run = await startFaultyRun({ settings: all });
  await expectServed(run);
  expect(run.output().trim().split('\n').length).toBeLessThan(60);
});

test.each([
  ['no address', 'nowhere at all'],
  ['another scheme', 'ftp://127.0.0.1:4318'],
  ['a port out of range', 'http://127.0.0.1:99999'],
  ['a host that does not exist', 'http://collector.invalid:4318'],
  ['an empty text', ''],
])('an endpoint that is %s leaves the function alone, and says so', async (_what, value) => {
  const run = await startFaultyRun({ settings: { ...WARN, OTEL_EXPORTER_OTLP_ENDPOINT: value } });
  await serveThree(run);
  expect(run.output()).toMatch(/OTEL_EXPORTER_OTLP_ENDPOINT|export to/);
  expect(run.output().split('\n').length).toBeLessThan(20);
});

test('credentials of a failing endpoint are printed nowhere', async () => {
  const settings = {
    LAMBDA_OTLP_LOG_LEVEL: 'debug',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20s3cr3t-t0ken,x-api-key=an0ther-s3cret',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://user:passw0rd@127.0.0.1:9/base?token=t0psecret',
  };
  const run = await startFaultyRun({ settings });
  await serveThree(run);
  expect(run.output()).toContain('127.0.0.1');
  expect(run.output()).not.toMatch(/s3cr3t|an0ther|passw0rd|t0psecret/);
});

test('the extension stream does not feed on the warnings about it', async () => {
  const settings = { ...WARN, LAMBDA_OTLP_STREAMS: 'platform,function,extension' };
  const run = await startFaultyRun({ settings });
  run.endpoint.respondWith(() => ({ kind: 'status', status: 503 }));
  for (let index = 0; index < 30; index += 1) await run.invoke([`line ${index}`]);
  const own = run.lambda.events.filter(({ type }) => type === 'extension');
  expect(own.length).toBeGreaterThan(0);
  expect(own.length).toBeLessThan(20);
  await run.endpoint.heal();
  await run.shutdown();
});
