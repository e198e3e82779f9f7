// Did everything arrive? What the receiver decoded against what the platform emitted: pure.
import { checkOtlp } from 'local-lambda/otlp/proto-rules';
import type { AcceptedRequests, ReceivedRequest } from 'local-lambda/otlp/arrivals';
import type { FlatLogRecord, FlatSpan } from 'local-lambda/otlp/flatten';
import {
  toFlatLogRecords,
  toFlatMetrics,
  toFlatSpans,
  toPlainAttributes,
} from 'local-lambda/otlp/flatten';
import { SPAN_KIND, STATUS_CODE } from 'local-lambda/otlp/model';
import type { MetricSeries } from 'local-lambda/render/metric-series';
import { toMetricSeries } from 'local-lambda/render/metric-series';
import type { ScenarioOutcome } from './scenario';

export interface Check {
  readonly name: string;
  /** What is wrong; empty: it holds. */
  readonly problems: readonly string[];
}

interface Arrived {
  readonly spans: readonly FlatSpan[];
  readonly logRecords: readonly FlatLogRecord[];
  readonly series: readonly MetricSeries[];
}

export function checkArrivals(
  scenario: ScenarioOutcome,
  accepted: AcceptedRequests,
  requests: readonly ReceivedRequest[],
): readonly Check[] {
  const arrived: Arrived = {
    spans: toFlatSpans(accepted.traces),
    logRecords: toFlatLogRecords(accepted.logs),
    series: toMetricSeries(toFlatMetrics(accepted.metrics)),
  };
  return [
    { name: 'the function behaved as written', problems: checkFunction(scenario) },
    { name: 'one invocation span per request', problems: checkInvocationSpans(scenario, arrived) },
    { name: 'platform spans below their invocation', problems: checkChildren(scenario, arrived) },
    { name: 'a cold start with its init span', problems: checkColdStart(scenario, arrived) },
    { name: 'errors where they belong', problems: checkErrors(scenario, arrived) },
    { name: 'every log line, with its trace id', problems: checkLogLines(scenario, arrived) },
    { name: 'metrics that add up', problems: checkSums(scenario, arrived) },
    { name: 'OTLP that any back end accepts', problems: checkRules(requests) },
    { name: 'the extension ended in time, with exit code 0', problems: checkExit(scenario) },
  ];
}

export function checkFunction({ outcomes }: ScenarioOutcome): string[] {
  return outcomes.flatMap(({ step, invocation }) => {
    const { status, functionError } = invocation;
    const asExpected =
      status === step.expectedStatus && (functionError !== undefined) === step.functionError;
    const seen = `${status}${functionError === undefined ? '' : ', error'}`;
    return asExpected ? [] : [`${step.title}: expected ${step.expectedStatus}, got ${seen}`];
  });
}

function invocationSpansOf({ spans }: Arrived, requestId: string): readonly FlatSpan[] {
  return spans.filter(
    ({ span }) =>
      span.kind === SPAN_KIND.server &&
      toPlainAttributes(span.attributes)['faas.invocation_id'] === requestId,
  );
}

function checkInvocationSpans({ outcomes }: ScenarioOutcome, arrived: Arrived): string[] {
  const problems = outcomes.flatMap(({ step, invocation: { requestId } }) => {
    const { length } = invocationSpansOf(arrived, requestId);
    return length === 1 ? [] : [`${step.title} (${requestId}): got ${length} invocation spans`];
  });
  const servers = arrived.spans.filter(({ span }) => span.kind === SPAN_KIND.server).length;
  return servers === outcomes.length
    ? problems
    : [...problems, `expected ${outcomes.length} SERVER spans in all, got ${servers}`];
}

/** The spans that the platform named in runtimeDone and report, by request. */
function checkChildren({ events }: ScenarioOutcome, arrived: Arrived): string[] {
  return events.flatMap(({ type, record }) => {
    if (!/^platform\.(?:runtimeDone|report)$/.test(type) || typeof record === 'string') return [];
    const requestId = String(record['requestId']);
    const parent = invocationSpansOf(arrived, requestId)[0]?.span;
    const named = (record['spans'] ?? []) as readonly { readonly name: string }[];
    return named.flatMap(({ name }) => {
      const found = arrived.spans.filter(
        ({ span }) => span.name === name && span.parentSpanId === parent?.spanId,
      ).length;
      return found === 1 ? [] : [`${name} of ${requestId}: expected 1 span, got ${found}`];
    });
  });
}

function checkColdStart({ outcomes }: ScenarioOutcome, arrived: Arrived): string[] {
  const requestId = outcomes[0]?.invocation.requestId ?? '';
  const first = invocationSpansOf(arrived, requestId)[0]?.span;
  const inits = arrived.spans.filter(
    ({ span }) => span.name === 'init' && span.parentSpanId === first?.spanId,
  ).length;
  const isCold =
    first !== undefined && toPlainAttributes(first.attributes)['faas.coldstart'] === true;
  return [
    ...(inits === 1 ? [] : [`expected 1 init span in the first trace, got ${inits}`]),
    ...(isCold ? [] : ['the first invocation is not marked faas.coldstart']),
  ];
}

function checkErrors({ outcomes }: ScenarioOutcome, arrived: Arrived): string[] {
  return outcomes.flatMap(({ step, invocation: { requestId } }) => {
    const span = invocationSpansOf(arrived, requestId)[0]?.span;
    if (span === undefined) return [`${step.title}: no invocation span`];
    const failed = span.status?.code === STATUS_CODE.error;
    const expected = step.functionError;
    if (failed !== expected)
      return [`${step.title}: expected status ${expected ? 'ERROR' : 'UNSET'} on its span`];
    if (step.payload['fate'] !== 'declined') return [];
    const exceptions = arrived.logRecords.filter(
      ({ logRecord }) =>
        logRecord.traceId === span.traceId &&
        toPlainAttributes(logRecord.attributes)['exception.type'] === 'PaymentDeclined',
    ).length;
    return exceptions > 0 ? [] : [`${step.title}: no log record with its exception.type`];
  });
}

function checkLogLines({ events }: ScenarioOutcome, arrived: Arrived): string[] {
  const emitted = events.filter(({ type }) => type === 'function').length;
  const records = arrived.logRecords.filter(({ scopeName }) => scopeName.endsWith('/function'));
  const traceIds = new Set(arrived.spans.map(({ span }) => span.traceId));
  const lost = records.filter(({ logRecord }) => !traceIds.has(logRecord.traceId)).length;
  return [
    ...(records.length === emitted
      ? []
      : [`the function wrote ${emitted} lines, ${records.length} records arrived`]),
    ...(lost === 0 ? [] : [`${lost} records carry no trace id of an invocation`]),
  ];
}

function checkSums({ outcomes, events }: ScenarioOutcome, arrived: Arrived): string[] {
  const expect = (name: string, expected: number): string[] => {
    const series = arrived.series.filter((candidate) => candidate.name === name);
    const seen = series.reduce((total, { count, sum }) => total + (count ?? sum), 0);
    return seen === expected ? [] : [`${name}: expected ${expected}, got ${seen}`];
  };
  // An exception that the runtime caught is a success to the platform, and an error to everyone else.
  const errors = outcomes.filter(
    ({ invocation: { status, functionError } }) =>
      status === 'error' || (status === 'success' && functionError !== undefined),
  ).length;
  const timeouts = outcomes.filter(({ invocation }) => invocation.status === 'timeout').length;
  const durations = events.filter(({ type }) => type === 'platform.runtimeDone').length;
  const inits = events.filter(({ type }) => type === 'platform.initReport').length;
  return [
    ...expect('faas.invocations', outcomes.length - errors - timeouts),
    ...expect('faas.errors', errors),
    ...expect('faas.timeouts', timeouts),
    ...expect('faas.coldstarts', 1),
    ...expect('faas.invoke_duration', durations),
    ...expect('faas.init_duration', inits),
  ];
}

function checkRules(requests: readonly ReceivedRequest[]): string[] {
  if (requests.length === 0) return ['no request arrived'];
  return requests.flatMap((request) => [
    ...checkOtlp(request.signal, request.otlp),
    ...request.unknownFields.map((field) => `${field} is not in OTLP`),
  ]);
}

export function checkExit({ shutdown }: ScenarioOutcome): string[] {
  return shutdown.extensions.flatMap(({ name, exitCode, signal }) =>
    exitCode === 0 ? [] : [`${name}: ended with ${signal ?? `exit code ${exitCode ?? 'unknown'}`}`],
  );
}
