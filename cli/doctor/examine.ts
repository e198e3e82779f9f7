// The whole examination of one function: configuration first, then one test item of each signal.
import type { Signal } from '../../src/delivery/delivery';
import { checkDeployment } from './check-deployment';
import { readVariables } from './check-variables';
import { describeDestinations, SIGNALS, type Destination } from './describe-destinations';
import { sortFindings, type Finding } from './finding';
import type { FunctionConfiguration } from './function-configuration';
import { resolveHeaders } from './headers';
import { probe } from './probe';
import { makeTestItem } from './test-items';
import { judge, type Verdict } from './verdict';

export interface Examination {
  readonly name: string;
  /** Faults first, those of the configuration before those that a test request showed. */
  readonly findings: readonly Finding[];
  readonly destinations: readonly Destination[];
  /** Absent: not exported, or not sent because it was not asked for. */
  readonly verdicts: Readonly<Partial<Record<Signal, Verdict>>>;
}

/** `canSend` false: nothing leaves this machine. */
export async function examine(
  configuration: FunctionConfiguration,
  canSend: boolean,
): Promise<Examination> {
  const { deployment } = configuration;
  const name =
    deployment?.name ?? configuration.variables['AWS_LAMBDA_FUNCTION_NAME'] ?? 'lambda-otlp doctor';
  const variables = {
    ...(deployment?.region !== undefined && { AWS_REGION: deployment.region }),
    ...configuration.variables,
  };
  const read = readVariables(variables);
  const verdicts = canSend ? await sendTestItems(read.configuration.signals, name) : {};
  const findings = [...read.findings, ...checkDeployment(configuration), ...toFindings(verdicts)];
  return {
    name,
    findings: sortFindings(findings),
    destinations: describeDestinations(read.configuration, read.environment, variables),
    verdicts,
  };
}

type Signals = ReturnType<typeof readVariables>['configuration']['signals'];

async function sendTestItems(signals: Signals, name: string): Promise<Examination['verdicts']> {
  const sent = SIGNALS.map(async (signal) => {
    const settings = signals[signal];
    if (settings?.exporter !== 'otlp') return [];
    const item = await makeTestItem(signal, settings.protocol, name);
    const headers = await resolveHeaders(settings, item.body);
    if (headers.kind === 'unknown')
      return [[signal, { level: 'untested', text: `not sent: ${headers.reason}` }]] as const;
    return [[signal, judge(await probe(settings, item, headers.headers), settings, item)]] as const;
  });
  return Object.fromEntries((await Promise.all(sent)).flat());
}

/** What was refused for one reason is one finding, however many signals met it. */
function toFindings(verdicts: Examination['verdicts']): readonly Finding[] {
  const findings = new Map<string, Finding>();
  for (const [signal, { level, text, next }] of Object.entries(verdicts)) {
    if (level === 'arrived') continue;
    const earlier = findings.get(text)?.about;
    findings.set(text, {
      level: level === 'refused' ? 'fault' : 'warning',
      about: earlier === undefined ? signal : `${earlier}, ${signal}`,
      text,
      ...(next !== undefined && { next }),
    });
  }
  return [...findings.values()];
}
