// What a person looks for in Jaeger after a cold start, a warm call, an error and a timeout: layer → Collector →
// Jaeger, and layer → Jaeger, which takes no metrics and no logs.
import type { Collector } from './install/collector';
import { startCollector } from './install/collector';
import { eventually } from './install/http-query';
import type { Jaeger, JaegerTrace } from './install/jaeger';
import { startJaeger } from './install/jaeger';
import { outline, parentOf, rootsOf, spanNamed, tagsOf, warningsOf } from './jaeger-traces';
import { report } from './report';
import type { FunctionRun } from './run-function';
import { runFunction, traceIdOf, uniqueFunctionName } from './run-function';
import { createServers } from './servers';

const servers = createServers();
let jaeger: Jaeger;
let collector: Collector;

beforeAll(async () => {
  jaeger = servers.add(await startJaeger());
  const env = { JAEGER_OTLP_URL: jaeger.otlpUrl };
  collector = servers.add(await startCollector({ config: 'jaeger/collector.yaml', env }));
}, 900_000);

afterAll(() => servers.stopAll());

/** The trace of the run's n-th invocation once its root has come. */
function traceOf(run: FunctionRun, index: number, name: string): Promise<JaegerTrace> {
  const invocation = run.invocations[index];
  if (invocation === undefined) throw new Error(`there was no invocation ${index}`);
  return eventually(
    () => jaeger.trace(traceIdOf(invocation)),
    (answer) => {
      const trace = answer as JaegerTrace | undefined;
      return trace?.spans.some(({ operationName }) => operationName === name) === true
        ? trace
        : undefined;
    },
  );
}

/** runtimeDone's own duration of the n-th invocation, in milliseconds. */
function platformDurationMs(run: FunctionRun, index: number): number {
  const done = run.events.filter(({ type }) => type === 'platform.runtimeDone')[index];
  return (done?.record as { metrics: { durationMs: number } }).metrics.durationMs;
}

describe('through the Collector', () => {
  const name = uniqueFunctionName('checkout');
  let run: FunctionRun;

  beforeAll(async () => {
    run = await runFunction({
      functionName: name,
      payloads: ['ok', 'ok', 'error', 'hang', 'ok', 'crash'].map((mode) => ({ mode })),
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.otlpUrl },
    });
  });

  it(
    'shows a cold start as one trace with one root and the phases below it',
    servers.explained(async () => {
      const trace = await traceOf(run, 0, name);
      report('Jaeger: a cold start', `GET /api/traces/${trace.traceID}`, outline(trace));
      const [root, ...others] = rootsOf(trace);
      expect(others).toEqual([]);
      expect(root?.operationName).toBe(name);
      expect(warningsOf(trace)).toEqual([]);
      expect(await jaeger.warnings(trace.traceID)).toEqual([]);
      for (const phase of ['init', 'responseLatency', 'responseDuration', 'runtimeOverhead']) {
        expect(parentOf(trace, spanNamed(trace, phase))).toBe(root);
      }
    }),
  );

  it(
    'gives the invocation the duration and the tags that the platform reported',
    servers.explained(async () => {
      const trace = await traceOf(run, 0, name);
      const root = spanNamed(trace, name);
      const durationMs = platformDurationMs(run, 0);
      expect(Math.abs(root.duration / 1000 - durationMs)).toBeLessThan(5);
      expect(tagsOf(root)).toMatchObject({
        'faas.coldstart': true,
        'faas.invocation_id': run.invocations[0]?.requestId,
        'span.kind': 'server',
      });
      const process = trace.processes[root.processID];
      expect(process?.serviceName).toBe(name);
      expect(process?.tags).toContainEqual(
        expect.objectContaining({ key: 'cloud.platform', value: 'aws_lambda' }),
      );
    }),
  );

  it(
    'has no init in the trace of a warm call',
    servers.explained(async () => {
      const trace = await traceOf(run, 1, name);
      expect(trace.spans.map(({ operationName }) => operationName)).not.toContain('init');
      expect(tagsOf(spanNamed(trace, name))).toMatchObject({ 'faas.coldstart': false });
    }),
  );

  it(
    'shows the exception that the function threw',
    servers.explained(async () => {
      const trace = await traceOf(run, 2, name);
      const root = spanNamed(trace, name);
      const fields = root.logs.flatMap((log) => log.fields);
      report('Jaeger: the exception of a call', `GET /api/traces/${trace.traceID}`, fields);
      for (const [key, value] of [
        ['exception.type', 'TypeError'],
        ['exception.message', 'payment was refused'],
      ]) {
        expect(fields).toContainEqual(expect.objectContaining({ key, value }));
      }
    }),
  );

  it(
    'marks a crash of the runtime as an error',
    servers.explained(async () => {
      const trace = await traceOf(run, 5, name);
      report('Jaeger: a crash', `GET /api/traces/${trace.traceID}`, outline(trace));
      expect(tagsOf(spanNamed(trace, name))).toMatchObject({
        error: true,
        'error.type': 'Runtime.ExitError',
      });
    }),
  );

  it(
    'marks a timeout, and puts the restart of the environment into the next call',
    servers.explained(async () => {
      const timedOut = await traceOf(run, 3, name);
      report('Jaeger: a timeout', `GET /api/traces/${timedOut.traceID}`, outline(timedOut));
      expect(tagsOf(spanNamed(timedOut, name))).toMatchObject({
        error: true,
        'error.type': 'timeout',
      });
      const next = await traceOf(run, 4, name);
      report('Jaeger: the call after it', `GET /api/traces/${next.traceID}`, outline(next));
      expect(parentOf(next, spanNamed(next, 'init'))).toBe(spanNamed(next, name));
    }),
  );

  it('has as many invocation spans as there were invocations', async () => {
    const traces = await jaeger.traces(name);
    const roots = traces.flatMap((trace) =>
      trace.spans.filter(({ operationName }) => operationName === name),
    );
    expect(roots).toHaveLength(run.invocations.length);
    expect(traces.flatMap(warningsOf)).toEqual([]);
  });
});

describe('straight to Jaeger, which knows no metrics and no logs', () => {
  it(
    'delivers the traces, says one thing about each of the others and harms nothing',
    servers.explained(async () => {
      const name = uniqueFunctionName('direct');
      const run = await runFunction({
        functionName: name,
        payloads: Array.from({ length: 6 }, () => ({ mode: 'ok' })),
        environment: { OTEL_EXPORTER_OTLP_ENDPOINT: jaeger.otlpUrl },
      });
      expect(run.invocations.filter(({ status }) => status === 'success')).toHaveLength(6);
      expect(run.extensionExit).toBe(0);
      const trace = await traceOf(run, 0, name);
      expect(trace.spans.map(({ operationName }) => operationName)).toContain('init');
      expect(await jaeger.warnings(trace.traceID)).toEqual([]);
      await traceOf(run, 2, name);
      const warnings = run.extensionOutput.split('\n').filter((line) => line.includes('404'));
      report('Straight to Jaeger: the warnings', 'output of the extension', warnings.join('\n'));
      for (const signal of ['metrics', 'logs']) {
        const ofSignal = warnings.filter((line) => line.includes(`/v1/${signal}`));
        const texts = ofSignal.map((line) => (JSON.parse(line) as { message: string }).message);
        expect(new Set(texts).size).toBe(1);
        // A message is printed three times, then once a minute.
        expect(texts.length).toBeLessThanOrEqual(3);
      }
    }),
  );
});
