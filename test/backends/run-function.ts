// A function with the built layer in the local Lambda: invoked one after the other, then shut down, so that what was
// delivered is complete when this resolves.
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Invocation, InvokeOptions } from 'local-lambda/lambda/invocation';
import { startLocalLambda } from 'local-lambda/lambda/local-lambda';
import type { LocalLambdaOptions } from 'local-lambda/lambda/local-lambda-options';

const ROOT = path.resolve(__dirname, '..', '..');
/** LAMBDA_OTLP_LAYER: another unpacked layer than the one for Node.js. */
const LAYER = process.env['LAMBDA_OTLP_LAYER'] ?? path.join(ROOT, 'build', 'layer');
const EXTENSIONS = path.join(LAYER, 'extensions');
export const FUNCTION_DIR = path.join(__dirname, 'function');

export interface FunctionRun {
  readonly invocations: readonly Invocation[];
  /** Everything the extension wrote. */
  readonly extensionOutput: string;
  /** Events that the platform emitted, as `LocalLambda.events`. */
  readonly events: readonly { readonly type: string; readonly record: unknown }[];
  /** Exit code or signal of the extension at the end. */
  readonly extensionExit: number | string | null;
}

export interface FunctionPlan {
  readonly functionName: string;
  /** `{ mode }` of test/backends/function/handler.cjs, one per invocation. */
  readonly payloads: readonly object[];
  readonly environment: Readonly<Record<string, string>>;
  readonly options?: InvokeOptions;
  readonly lambda?: Partial<LocalLambdaOptions>;
}

/** One execution environment's life. Rejects when the layer is not built. */
export async function runFunction(plan: FunctionPlan): Promise<FunctionRun> {
  if (!existsSync(EXTENSIONS)) throw new Error(`${EXTENSIONS} is missing: npm run build makes it`);
  let extensionOutput = '';
  const lambda = await startLocalLambda({
    extensionsDir: EXTENSIONS,
    ...(plan.lambda?.bootstrap === undefined && {
      handler: path.join(FUNCTION_DIR, 'handler.handler'),
    }),
    functionName: plan.functionName,
    memorySizeMb: 256,
    timeoutMs: 1500,
    onExtensionOutput: (_name, chunk) => {
      extensionOutput += chunk;
    },
    ...plan.lambda,
    environment: plan.environment,
  });
  const invocations: Invocation[] = [];
  try {
    for (const payload of plan.payloads) {
      invocations.push(await lambda.invoke(payload, plan.options));
    }
  } catch (error) {
    await lambda.shutdown();
    throw error;
  }
  const { extensions } = await lambda.shutdown();
  const exit = extensions[0]?.signal ?? extensions[0]?.exitCode ?? null;
  return { invocations, extensionOutput, events: lambda.events, extensionExit: exit };
}

/** Trace id of an invocation: its X-Ray Root without version and dashes. */
export function traceIdOf(invocation: Pick<Invocation, 'traceHeader'>): string {
  const root = /Root=1-([0-9a-f]{8})-([0-9a-f]{24})/.exec(invocation.traceHeader);
  if (root === null) throw new Error(`no Root in '${invocation.traceHeader}'`);
  return `${root[1] ?? ''}${root[2] ?? ''}`;
}

let runs = 0;

/** A function name of its own for every run, so that scenarios do not see each other's data. */
export function uniqueFunctionName(base: string): string {
  runs += 1;
  return `${base}-${process.pid}-${runs}`;
}
