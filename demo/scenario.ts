// The story of the demo: one environment from its cold start through errors, a crash and a timeout to
// its end, under the local Lambda with the built layer.
import { join } from 'node:path';
import type { Invocation } from 'local-lambda/lambda/invocation';
import { startLocalLambda } from 'local-lambda/lambda/local-lambda';
import type { TelemetryEvent } from 'local-lambda/lambda/telemetry-event';
import type { ShutdownOutcome } from 'local-lambda/lambda/phases/shutdown-phase';

export interface Step {
  readonly title: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** As the platform reports it. An exception that the runtime caught is a success to the platform. */
  readonly expectedStatus: 'success' | 'error' | 'timeout';
  /** The caller gets an error. */
  readonly functionError: boolean;
}

const PAID = { expectedStatus: 'success', functionError: false } as const;

export const STEPS: readonly Step[] = [
  { title: 'cold start', payload: { orderId: 1 }, ...PAID },
  { title: 'warm', payload: { orderId: 2, amount: 35 }, ...PAID },
  { title: 'warm', payload: { orderId: 3, currency: 'USD' }, ...PAID },
  {
    title: 'handler throws',
    payload: { orderId: 4, fate: 'declined' },
    expectedStatus: 'success',
    functionError: true,
  },
  {
    title: 'process crashes',
    payload: { orderId: 5, fate: 'crash' },
    expectedStatus: 'error',
    functionError: true,
  },
  { title: 'recovery after the crash', payload: { orderId: 6 }, ...PAID },
  {
    title: 'timeout',
    payload: { orderId: 7, fate: 'timeout' },
    expectedStatus: 'timeout',
    functionError: true,
  },
  { title: 'recovery after the timeout', payload: { orderId: 8 }, ...PAID },
];

export interface StepOutcome {
  readonly step: Step;
  readonly invocation: Invocation;
}

export interface ScenarioOutcome {
  readonly outcomes: readonly StepOutcome[];
  /** Everything the platform emitted: the truth that the telemetry is compared with. */
  readonly events: readonly TelemetryEvent[];
  readonly shutdown: ShutdownOutcome;
  /** What the extension wrote. */
  readonly extensionOutput: string;
}

export interface ScenarioOptions {
  readonly extensionsDir: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly onStep: (outcome: StepOutcome) => void;
}

export async function playScenario(options: ScenarioOptions): Promise<ScenarioOutcome> {
  let extensionOutput = '';
  const lambda = await startLocalLambda({
    extensionsDir: options.extensionsDir,
    handler: join(__dirname, 'function.handler'),
    functionName: 'orders',
    memorySizeMb: 256,
    // The default of Lambda. A busy machine needs more than one second for the init inside an invocation.
    timeoutMs: 3000,
    environment: options.environment,
    onExtensionOutput: (_name, chunk) => {
      extensionOutput += chunk;
    },
  });
  const outcomes: StepOutcome[] = [];
  try {
    for (const step of STEPS) {
      const outcome = { step, invocation: await lambda.invoke(step.payload) };
      outcomes.push(outcome);
      options.onStep(outcome);
    }
  } finally {
    await lambda.shutdown();
  }
  const shutdown = await lambda.shutdown();
  return { outcomes, events: lambda.events, shutdown, extensionOutput };
}
