// A function with its SDK beside the built layer, called as callers do: by W3C's header in the event, through X-Ray, or
// by nobody.
import { randomBytes } from 'node:crypto';
import type { InvokeOptions } from 'local-lambda/lambda/invocation';
import { freePort } from '../free-ports';
import { startLayer } from '../scenarios/layer-run';
import type { LayerRun } from '../scenarios/layer-run';
import type { Language } from './languages';

export const CALLERS = ['called by W3C', 'called through X-Ray', 'without a caller'] as const;
export type Caller = (typeof CALLERS)[number];

/** Id of the caller's span. */
export const CALLER = 'cdcdcdcdcdcdcdcd';

export interface Invoked {
  readonly requestId: string;
  /** That the handler saw. */
  readonly traceId: string;
}

export interface FunctionPlan {
  readonly language: Language;
  readonly protocol: string;
  readonly caller: Caller;
  readonly functionName?: string;
  /** Beside or instead of what every run has. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Invoked twice: a cold start and a warm one, each in a trace of its own. */
export async function runInstrumented(
  plan: FunctionPlan,
): Promise<{ readonly run: LayerRun; readonly invoked: readonly Invoked[] }> {
  const run = await start(plan);
  const invoked: Invoked[] = [];
  for (let count = 0; count < 2; count += 1) {
    const { headers, options } = toCall(plan.caller);
    const { requestId, response } = await run.lambda.invoke({ headers }, options);
    const { traceId } = response as { readonly traceId: string };
    invoked.push({ requestId, traceId });
  }
  return { run, invoked };
}

function toCall(caller: Caller): {
  readonly headers: Readonly<Record<string, string>>;
  readonly options: InvokeOptions;
} {
  const traceId = randomBytes(16).toString('hex');
  if (caller === 'called by W3C') {
    return { headers: { traceparent: `00-${traceId}-${CALLER}-01` }, options: {} };
  }
  if (caller === 'without a caller') return { headers: {}, options: {} };
  const root = `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`;
  return { headers: {}, options: { traceHeader: `Root=${root};Parent=${CALLER};Sampled=1` } };
}

async function start({ language, protocol, caller, ...plan }: FunctionPlan): Promise<LayerRun> {
  const { installed = '', xRay } = language;
  const { settings, ...lambda } = language.start(installed);
  const port = await freePort();
  return startLayer({
    ...lambda,
    // A virtual machine of Java's takes its time on a busy machine.
    initTimeoutMs: 120_000,
    timeoutMs: 120_000,
    ...(plan.functionName !== undefined && { functionName: plan.functionName }),
    settings: (receiverUrl) => ({
      ...settings,
      LAMBDA_OTLP_RECEIVER: String(port),
      LAMBDA_OTLP_FLUSH: 'end',
      LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT: receiverUrl,
      LAMBDA_OTLP_OTEL_METRICS_EXPORTER: 'otlp',
      LAMBDA_OTLP_OTEL_LOGS_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_TRACES_SAMPLER: 'always_on',
      OTEL_PROPAGATORS: caller === 'called through X-Ray' ? `tracecontext,${xRay}` : 'tracecontext',
      ...plan.settings,
    }),
  });
}
