// Did the traces arrive in Jaeger? Asked through the API that its own pages use.
import type { Check } from './checks';
import { checkExit, checkFunction } from './checks';
import type { Jaeger, JaegerTrace } from './jaeger';
import type { ScenarioOutcome } from './scenario';
import { traceIdOf } from './trace-id';

/** Jaeger stores for a moment before it finds. */
const ARRIVAL_TIMEOUT_MS = 10_000;
const POLL_MS = 100;

/**
 * Jaeger 1.76's `/api/traces` tells hosts apart by the process tag `ip` of its old clients, not by
 * `host.id`, and so takes an init before its invocation for a clock that is wrong.
 */
const CLOCK_SKEW = 'clock skew adjustment disabled';

export async function checkJaeger(
  scenario: ScenarioOutcome,
  jaeger: Jaeger,
): Promise<readonly Check[]> {
  const deadlineMs = Date.now() + ARRIVAL_TIMEOUT_MS;
  const problems: string[] = [];
  for (const { step, invocation } of scenario.outcomes) {
    const traceId = traceIdOf(invocation.traceHeader) ?? '';
    let trace = await jaeger.trace(traceId);
    while (!hasInvocation(trace) && Date.now() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      trace = await jaeger.trace(traceId);
    }
    if (!hasInvocation(trace)) problems.push(`${step.title}: no invocation span in ${traceId}`);
    for (const { operationName, warnings } of trace?.spans ?? [])
      for (const warning of warnings ?? [])
        if (!warning.startsWith(CLOCK_SKEW)) problems.push(`${operationName}: ${warning}`);
  }
  return [
    { name: 'the function behaved as written', problems: checkFunction(scenario) },
    { name: 'every trace is in Jaeger, with no parent missing', problems },
    { name: 'the extension ended in time, with exit code 0', problems: checkExit(scenario) },
  ];
}

function hasInvocation(trace: JaegerTrace | undefined): boolean {
  return trace?.spans.some(({ operationName }) => operationName === 'orders') ?? false;
}
