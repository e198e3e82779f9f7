// One case: a good request, then the one that goes wrong, and what of it arrived in the three signals.
import { startLocalLambda } from 'local-lambda/lambda/local-lambda';
import type { LocalLambda } from 'local-lambda/lambda/local-lambda';
import type { Invocation } from 'local-lambda/lambda/invocation';
import type { AcceptedRequests } from 'local-lambda/otlp/arrivals';
import {
  toFlatLogRecords,
  toFlatMetrics,
  toFlatSpans,
  toPlainAttributes,
} from 'local-lambda/otlp/flatten';
import { SPAN_KIND, STATUS_CODE } from 'local-lambda/otlp/model';
import { startOtlpReceiver } from 'local-lambda/otlp/otlp-receiver';
import { toMetricSeries } from 'local-lambda/render/metric-series';
import type { Case, Language } from './languages';

export interface CaseRun {
  readonly language: Language;
  readonly runtime: ReturnType<Language['build']>;
  readonly extensionsDir: string;
  readonly name: Case;
}

export interface CaseResult {
  readonly name: Case;
  readonly lambda: string;
  readonly span: string;
  readonly metrics: readonly string[];
  readonly errorLines: number;
  /** Empty: the case looks right in trace, metrics and logs. */
  readonly problems: readonly string[];
}

const INVOKE_TIMEOUT_MS = 600_000;
const SHOWN_METRICS = /^(faas\.(errors|timeouts)|lambda\.out_of_memory)$/;
const EXPECTED_METRICS: Readonly<Record<Case, string>> = {
  throw: 'faas.errors',
  return: 'faas.errors',
  timeout: 'faas.timeouts',
  exit: 'faas.errors',
  memory: 'lambda.out_of_memory',
};

/** The function says that it sleeps; its time is over then, however slow the machine. */
function timeOutWhenAsleep(lambda: LocalLambda): void {
  const isAsleep = (): boolean =>
    lambda.events.some(
      ({ type, record }) => type === 'function' && JSON.stringify(record).includes('case timeout'),
    );
  const timer = setInterval(() => {
    if (!isAsleep()) return;
    clearInterval(timer);
    lambda.timeOut();
  }, 20);
}

function judge(run: CaseRun, failed: Invocation, accepted: AcceptedRequests): CaseResult {
  const { name } = run;
  const span = toFlatSpans(accepted.traces)
    .map((flat) => flat.span)
    .find(
      ({ kind, attributes }) =>
        kind === SPAN_KIND.server &&
        toPlainAttributes(attributes)['faas.invocation_id'] === failed.requestId,
    );
  const attributes = toPlainAttributes(span?.attributes ?? []);
  const isError = span?.status?.code === STATUS_CODE.error;
  const errorType = toWord(attributes['error.type']);
  const message = span?.status?.message ?? '';
  const series = toMetricSeries(toFlatMetrics(accepted.metrics)).filter((one) =>
    SHOWN_METRICS.test(one.name),
  );
  const metrics = series.map(({ name: metric, sum, attributes: own }) =>
    `${metric} ${sum} ${toWord(own['error.type'])}`.trim(),
  );
  const errorLines = toFlatLogRecords(accepted.logs).filter(
    ({ logRecord, scopeName }) => scopeName.endsWith('/function') && logRecord.severityNumber >= 17,
  ).length;
  const expected = EXPECTED_METRICS[name];
  return {
    name,
    lambda: [failed.status, failed.errorType].filter(Boolean).join(' '),
    span: `${isError ? 'ERROR' : 'no error'} ${errorType}${message === '' ? '' : `: ${message}`}`,
    metrics,
    errorLines,
    problems: [
      ...(isError ? [] : ['its span is no error']),
      ...(series.some((one) => one.name === expected && one.sum === 1)
        ? []
        : [`expected ${expected} 1, got ${metrics.join(', ') || 'none'}`]),
    ],
  };
}

export async function runCase(run: CaseRun): Promise<CaseResult> {
  const { environment = {}, ...runtime } = run.runtime;
  const receiver = await startOtlpReceiver();
  const lambda = await startLocalLambda({
    ...runtime,
    extensionsDir: run.extensionsDir,
    functionName: 'runtimes',
    memorySizeMb: run.language.memorySizeMb,
    timeoutMs: INVOKE_TIMEOUT_MS,
    initTimeoutMs: INVOKE_TIMEOUT_MS,
    environment: { ...environment, LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
  });
  try {
    await lambda.invoke({ case: 'fine' });
    if (run.name === 'timeout') timeOutWhenAsleep(lambda);
    const failed = await lambda.invoke({ case: run.name });
    await lambda.shutdown();
    return judge(run, failed, receiver.accepted);
  } finally {
    await lambda.shutdown();
    await receiver.close();
  }
}

function toWord(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
