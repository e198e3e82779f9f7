// Examines one function: its configuration first, then one test item of each signal.
import type { Signal } from '../../src/delivery/delivery';
import { learnSecrets } from '../../src/delivery/settings/configuration';
import { findSecrets } from '../../src/extension/diagnostics-writer';
import { Secrets } from '../../src/secrets';
import { checkDeployment, findCollector } from './check-deployment';
import { readVariables } from './check-variables';
import { describeDestinations, SIGNALS, type Destination } from './describe-destinations';
import { sortFindings, type Finding } from './finding';
import type { FunctionConfiguration } from './function-configuration';
import { resolveHeaders, type Access, type AwsCli } from './headers';
import { probe } from './probe';
import { makeTestItem } from './test-items';
import { judge, type Verdict } from './verdict';

/** Contains no secrets, not even in quoted texts. */
export interface Examination {
  readonly name: string;
  /** Faults come first, and those of the configuration come before those that a test request showed. */
  readonly findings: readonly Finding[];
  readonly destinations: readonly Destination[];
  /** Missing for signals that are not exported or were not to be sent. */
  readonly verdicts: Readonly<Partial<Record<Signal, Verdict>>>;
}

export interface ExamineOptions {
  /** If false, nothing is sent from this machine. */
  readonly canSend: boolean;
  /** If it has no region, the function's region is used. */
  readonly aws?: AwsCli;
}

export async function examine(
  configuration: FunctionConfiguration,
  { canSend, aws = {} }: ExamineOptions,
): Promise<Examination> {
  const { deployment } = configuration;
  const name =
    deployment?.name ?? configuration.variables['AWS_LAMBDA_FUNCTION_NAME'] ?? 'lambda-otlp doctor';
  const variables = {
    ...(deployment?.region !== undefined && { AWS_REGION: deployment.region }),
    ...configuration.variables,
  };
  const collector = findCollector(deployment);
  const read = readVariables(variables, collector !== undefined);
  const secrets = new Secrets();
  for (const secret of findSecrets(variables)) secrets.add(secret);
  learnSecrets(read.configuration, secrets);
  const isKnown = configuration.unreadable === undefined;
  const { signals } = read.configuration;
  const destinations = isKnown
    ? describeDestinations(read.configuration, read.environment, variables)
    : [];
  const lost = collector === undefined ? findLost(destinations) : [];
  const region = aws.region ?? variables.AWS_REGION;
  const options = { name, collector, lost, secrets, aws: { ...aws, region } };
  const verdicts = canSend && isKnown ? await sendTestItems(signals, options) : {};
  const findings = [
    ...(isKnown ? excuse(read.findings, collector) : [toUnreadable(configuration.unreadable)]),
    ...(isKnown && collector === undefined && deployment !== undefined
      ? checkLocal(signals, lost)
      : []),
    ...checkDeployment(configuration),
    ...toFindings(verdicts),
  ];
  return {
    name,
    findings: withoutSecrets(sortFindings(findings), secrets),
    destinations,
    verdicts: withoutSecrets(verdicts, secrets),
  };
}

/** Members that may quote a server or a value; all others contain only the doctor's own words. */
const QUOTING: ReadonlySet<string> = new Set(['text', 'next']);

function withoutSecrets<Value>(value: Value, secrets: Secrets): Value {
  const redact = (name: string, member: unknown): unknown =>
    typeof member === 'string' && QUOTING.has(name) ? secrets.redact(member) : member;
  return JSON.parse(JSON.stringify(value, redact)) as Value;
}

type Signals = ReturnType<typeof readVariables>['configuration']['signals'];

/** Lambda returned no variables, so nothing else can be said about them. */
function toUnreadable(code: string): Finding {
  return {
    level: 'fault',
    about: 'Environment',
    text: `Lambda did not return the variables (${code})`,
    next: 'run this as a user who may use the function’s KMS key (kms:Decrypt)',
  };
}

/** With a Collector layer, localhost is an endpoint like any other. */
function excuse(findings: readonly Finding[], collector: string | undefined): readonly Finding[] {
  if (collector === undefined) return findings;
  const isOfCollector = ({ text }: Finding): boolean => text.includes('a Collector layer');
  return findings.filter((finding) => !isOfCollector(finding));
}

/** Where Collectors listen. One on this machine would say nothing about the function's environment. */
const LOCAL_COLLECTOR = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\]):431[78]\//;

/** Signals without a usable endpoint: that is the fault, rather than that nothing listens here. */
function findLost(destinations: readonly Destination[]): readonly Signal[] {
  return destinations.filter(({ from }) => from === 'default').map(({ signal }) => signal);
}

function checkLocal(signals: Signals, lost: readonly Signal[]): readonly Finding[] {
  const local = SIGNALS.filter(
    (signal) => !lost.includes(signal) && LOCAL_COLLECTOR.test(signals[signal]?.url ?? ''),
  );
  if (local.length === 0) return [];
  return [
    {
      level: 'warning',
      about: local.join(', '),
      text: 'localhost is the function’s own environment, and no known Collector layer is attached',
      next: 'set LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT to the back end or a Collector elsewhere',
    },
  ];
}

interface SendOptions extends Access {
  readonly name: string;
  readonly collector: string | undefined;
  readonly lost: readonly Signal[];
}

async function sendTestItems(
  signals: Signals,
  { name, collector, lost, ...access }: SendOptions,
): Promise<Examination['verdicts']> {
  const sent = SIGNALS.map(async (signal) => {
    const settings = signals[signal];
    if (settings?.exporter !== 'otlp') return [];
    if (lost.includes(signal)) {
      const text = 'not sent: it has no usable endpoint';
      return [[signal, { level: 'elsewhere', text }]] as const;
    }
    if (collector !== undefined && LOCAL_COLLECTOR.test(settings.url)) {
      const text = `not sent: localhost is the function’s own environment, where ${collector} listens`;
      return [[signal, { level: 'elsewhere', text }]] as const;
    }
    const item = await makeTestItem(signal, settings.protocol, name);
    const headers = await resolveHeaders(settings, item.body, access);
    if (headers.kind === 'unknown')
      return [[signal, { level: 'untested', text: `not sent: ${headers.reason}` }]] as const;
    const outcome = await probe(settings, item, headers.headers);
    return [[signal, judge(outcome, settings, { item, secrets: access.secrets })]] as const;
  });
  return Object.fromEntries((await Promise.all(sent)).flat());
}

/** Signals that were refused for the same reason make one finding. */
function toFindings(verdicts: Examination['verdicts']): readonly Finding[] {
  const findings = new Map<string, Finding>();
  for (const [signal, { level, text, next }] of Object.entries(verdicts)) {
    if (level === 'arrived' || level === 'elsewhere') continue;
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
