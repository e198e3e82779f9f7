// The demo's judgement: it has to notice what is missing.
import { parseDemoArguments } from '../../demo/arguments';
import { checkArrivals } from '../../demo/checks';
import { checkEndpoint, toWarnings } from '../../demo/endpoint-checks';
import { findEndpoint } from '../../demo/destination';
import type { ScenarioOutcome } from '../../demo/scenario';
import { STEPS } from '../../demo/scenario';
import { toStepHeader, toStepRow } from '../../demo/step-rows';
import { traceIdOf } from '../../demo/trace-id';
import { plain } from 'local-lambda/render/paint';
import { widthOf } from 'local-lambda/render/terminal-text';
import { accepted } from '../../local-lambda/test/otlp/sample';

const [step] = STEPS;
if (step === undefined) throw new Error('the demo has no step');

const scenario: ScenarioOutcome = {
  outcomes: [
    {
      step,
      invocation: {
        requestId: '8f5a3c1e-97d2-4c2f-8d2f-6b7e8a1c0d11',
        traceHeader: 'Root=1-0af76519-16cd43dd8448eb211c80319c;Sampled=0',
        status: 'success',
        errorType: undefined,
        response: {},
        functionError: undefined,
        streamBroke: false,
        metrics: undefined,
        timings: {
          startedAtMs: 0,
          respondedAtMs: 1,
          runtimeDoneAtMs: 2,
          runtimeDoneDeliveredAtMs: {},
          extensionNextAtMs: {},
          postInvokeMs: 0,
          endedAtMs: 3,
        },
      },
    },
  ],
  events: [
    {
      time: '2026-09-21T14:13:20.300Z',
      type: 'platform.runtimeDone',
      record: {
        requestId: '8f5a3c1e-97d2-4c2f-8d2f-6b7e8a1c0d11',
        spans: [{ name: 'responseLatency' }],
      },
    },
    ...[1, 2, 3].map((line) => ({ time: '', type: 'function', record: `line ${line}` })),
  ],
  shutdown: {
    reason: 'spindown',
    durationMs: 1,
    extensions: [{ name: 'lambda-otlp', exitCode: 0, signal: null, durationMs: 1, killed: false }],
  },
  extensionOutput: '',
};

const failing = (of: ScenarioOutcome, what = accepted): string[] =>
  checkArrivals(of, what, [])
    .filter(({ problems }) => problems.length > 0)
    .map(({ name }) => name);

test('nothing arrived: every check of telemetry says so', () => {
  expect(failing(scenario, { traces: [], metrics: [], logs: [] })).toEqual([
    'one invocation span per request',
    'platform spans below their invocation',
    'a cold start with its init span',
    'errors where they belong',
    'every log line, with its trace id',
    'metrics that add up',
    'OTLP that any back end accepts',
  ]);
});

test('what did arrive passes, what is wrong in it does not', () => {
  // The sample's span failed though the scenario expects success, a log record has no trace id, most
  // metrics are missing, and no request is given.
  expect(failing(scenario)).toEqual([
    'errors where they belong',
    'every log line, with its trace id',
    'metrics that add up',
    'OTLP that any back end accepts',
  ]);
});

test.each([66, 80, 120])('the rows of the invocations fit into %i columns', (width) => {
  const metrics = { durationMs: 1234.5, initDurationMs: 1234.5, billedDurationMs: 1235 };
  const rows = STEPS.map((each) =>
    scenario.outcomes.map(({ invocation }) => {
      const functionError = each.functionError ? ('Unhandled' as const) : undefined;
      const seen = { ...invocation, metrics, functionError, status: each.expectedStatus };
      return toStepRow({ step: each, invocation: seen }, { width, paint: plain });
    }),
  );
  const lines = [toStepHeader({ width, paint: plain }), ...rows.flat()].join('\n').split('\n');
  expect(lines.filter((line) => widthOf(line) > width)).toEqual([]);
  expect(lines.filter((line) => line.includes('success, function error'))).toHaveLength(1);
});

test('telemetry sent twice is noticed', () => {
  const twice = { ...accepted, traces: [...accepted.traces, ...accepted.traces] };
  expect(failing(scenario, twice)).toContain('one invocation span per request');
});

test('an extension that was killed is noticed', () => {
  const killed = {
    name: 'x',
    exitCode: null,
    signal: 'SIGKILL' as const,
    durationMs: 1,
    killed: true,
  };
  const shutdown = { ...scenario.shutdown, extensions: [killed] };
  expect(failing({ ...scenario, shutdown })).toContain(
    'the extension ended in time, with exit code 0',
  );
});

describe("with the user's endpoint", () => {
  const warning = JSON.stringify({ level: 'warn', message: 'endpoint refused' });
  const stopLine = (spansExported: number, spansDropped: number): string =>
    JSON.stringify({ level: 'info', message: 'stopped', spansExported, spansDropped });
  const check = (...lines: readonly string[]): [string, readonly string[]][] =>
    checkEndpoint({ ...scenario, extensionOutput: lines.join('\n') })
      .slice(2)
      .map(({ name, problems }) => [name, problems]);

  test('the totals of all processes of the extension are what was delivered', () => {
    expect(check('no JSON', stopLine(3, 0), warning, stopLine(4, 0))).toEqual([
      ['the endpoint accepted 7 spans', []],
      ['the endpoint accepted 0 metric data points', []],
      ['the endpoint accepted 0 log records', []],
    ]);
  });

  test('what was dropped is missing', () => {
    expect(check(stopLine(3, 2))[0]).toEqual([
      'the endpoint accepted 3 spans',
      ['2 were not delivered'],
    ]);
  });

  test('an extension without totals proves nothing', () => {
    expect(check(warning)).toEqual([
      ['the endpoint accepted everything', ['the extension gave no totals']],
    ]);
  });

  test('each warning is shown once', () => {
    expect(toWarnings([warning, stopLine(1, 0), warning].join('\n'))).toEqual(['endpoint refused']);
  });
});

test.each([
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a' }, 'http://a'],
  [{ LAMBDA_OTLP_OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://b' }, 'http://b'],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }, undefined],
  [{ OTEL_EXPORTER_OTLP_HEADERS: 'a=b' }, undefined],
])('%j means the endpoint %s', (environment, expected) => {
  expect(findEndpoint(environment)).toBe(expected);
});

test.each([
  ['Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=53995c3f42cd8ad8;Sampled=1', true],
  ['Parent=53995c3f42cd8ad8;Root=1-0af76519-16cd43dd8448eb211c80319c', true],
  ['Root=0af76519', false],
  ['', false],
])('the trace id of "%s"', (header, valid) => {
  expect(traceIdOf(header)).toBe(valid ? '0af7651916cd43dd8448eb211c80319c' : undefined);
});

test.each([
  [[], { kind: 'run', arguments: { jaeger: false, uiPort: undefined, skipBuild: false } }],
  [['--jaeger', '--skip-build'], { kind: 'run', arguments: { jaeger: true, skipBuild: true } }],
  [['--ui', '0'], { kind: 'run', arguments: { uiPort: 0 } }],
  [['--ui', 'x'], { kind: 'wrong' }],
  [['-h'], { kind: 'help' }],
  [['--jager'], { kind: 'wrong' }],
  [['extra'], { kind: 'wrong' }],
])('the arguments %j are understood', (args, expected) => {
  expect(parseDemoArguments(args)).toMatchObject(expected);
});
