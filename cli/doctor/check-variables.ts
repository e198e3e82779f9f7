// Checks the variables: gives every warning that the extension itself would give, using its own code, and names
// mistakes that the extension cannot recognize.
import type { Diagnostics } from '../../src/diagnostics';
import { createEnvironment, isLoopback, type Environment } from '../../src/environment';
import {
  readExportConfiguration,
  type ExportConfiguration,
} from '../../src/delivery/settings/configuration';
import {
  readReceiverSettings,
  withoutSdkProtocols,
  withoutSdkSampler,
} from '../../src/extension/receiver-settings';
import { readExtensionSettings } from '../../src/extension/settings';
import { warnOfMisspeltSettings } from '../../src/misspelt-settings';
import { readTranslationSettings } from '../../src/otel/translation-settings';
import { ofSignal } from '../../src/settings';
import { ENDPOINTS, hasOwnEndpoint, SIGNALS } from './describe-destinations';
import type { Finding } from './finding';

export interface ReadVariables {
  readonly environment: Environment;
  readonly configuration: ExportConfiguration;
  readonly findings: readonly Finding[];
}

type Variables = Readonly<Record<string, string>>;

/** Variables whose wrong value keeps telemetry from arriving; others only change what is sent. */
const DECISIVE = /_(ENDPOINT|HEADERS|CERTIFICATE|CLIENT_KEY)$/;

/** How the extension words this problem; it uses what is between the quotes. */
const QUOTES_TAKEN_OFF = 'expected name=value pairs without quotes';

/** Where the extension listens for the function's own SDK. */
const LOCAL = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:|\/|$)/i;

/**
 * Reads `variables` as the extension would, with or without the layer of a Collector. Sends nothing and reads no file.
 */
export function readVariables(variables: Variables, hasCollectorLayer: boolean): ReadVariables {
  const findings: Finding[] = [...checkSpelling(variables)];
  const diagnostics = collectInto(findings, variables);
  const hasCollector =
    hasCollectorLayer ||
    Object.keys(variables).some((name) => name.startsWith('OPENTELEMETRY_COLLECTOR_CONFIG_'));
  const receiver = readReceiverSettings(variables, hasCollector);
  for (const warning of receiver.warnings) diagnostics.warn(warning);
  const isReceiving = receiver.ports.length > 0;
  const own = isReceiving ? withoutSdkProtocols(variables) : withoutSdkSampler(variables);
  const environment = createEnvironment(own, diagnostics);
  warnOfMisspelt(variables, findings);
  const configuration = readExportConfiguration(environment);
  readTranslationSettings(environment);
  readExtensionSettings(environment, false);
  findings.push(...checkSignals(configuration, environment));
  findings.push(
    ...checkHeaders(variables),
    ...checkForeignHeaders(variables, environment),
    ...checkPrecedence(variables),
    ...checkOthers(variables, isReceiving),
  );
  return { environment, configuration, findings };
}

function collectInto(
  findings: Finding[],
  variables: Variables,
  isFault = (name: string): boolean => DECISIVE.test(name),
): Diagnostics {
  const add = (message: string): void => {
    const [, name = 'configuration', text = message] =
      /^([A-Z][A-Z0-9_]+): (.*)$/s.exec(message) ?? [];
    const next = findNext(name, text);
    findings.push({
      level: isFault(name) && !text.startsWith(QUOTES_TAKEN_OFF) ? 'fault' : 'warning',
      // Under the name that is set.
      about: asSet(name, variables),
      text,
      ...(next !== undefined && { next }),
    });
  };
  return { error: add, warn: add, info: () => undefined, debug: () => undefined };
}

/** The name that is set and applies, with or without the prefix. */
function asSet(name: string, variables: Variables): string {
  const plain = name.replace(/^LAMBDA_OTLP_/, '');
  const spellings = [`LAMBDA_OTLP_${plain}`, plain];
  return spellings.find((spelling) => variables[spelling]?.trim()) ?? name;
}

/** What to try next, if the extension's own message only says what was expected. */
function findNext(name: string, text: string): string | undefined {
  const nearest = /did you mean (\w+)\?/.exec(text)?.[1];
  if (nearest !== undefined) return `rename it to ${nearest}, or remove it`;
  if (name.endsWith('_ENDPOINT')) {
    return name === 'OTEL_EXPORTER_OTLP_ENDPOINT'
      ? 'set LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT to a base URL, such as https://otlp.example.com:4318'
      : 'set it to the whole URL, path included';
  }
  if (text.startsWith(QUOTES_TAKEN_OFF)) return 'leave the quotation marks out';
  if (name.endsWith('_HEADERS'))
    return 'write name=value,name=value; a comma, a quotation mark or a % in a value is percent-encoded';
  if (name.endsWith('_PROTOCOL'))
    return /got 'grpc'/i.test(text)
      ? 'remove it, and send to the port for OTLP over HTTP, usually 4318: gRPC is not supported'
      : 'write http/protobuf or http/json, or remove it';
  return undefined;
}

/**
 * Mistakes that the extension does not notice: quotation marks meant for a shell, and names that are not in capitals.
 */
function checkSpelling(variables: Variables): readonly Finding[] {
  return Object.entries(variables).flatMap(([about, value]): readonly Finding[] => {
    const inCapitals = about.toUpperCase();
    if (!/^(LAMBDA_OTLP_|OTEL_)/.test(inCapitals)) return [];
    if (about !== inCapitals) {
      const text = 'is not read: names of variables must be in capitals';
      return [{ level: 'fault', about, text, next: `rename it to ${inCapitals}` }];
    }
    if (HEADERS.test(about) || !/^\s*(["']).*\1\s*$/s.test(value)) return [];
    const text = 'has quotation marks around its value, which are part of it';
    const level = DECISIVE.test(about) ? 'fault' : 'warning';
    return [{ level, about, text, next: 'leave them out' }];
  });
}

/** Checks OTEL_* as well, since every SDK silently ignores an unknown name. */
function warnOfMisspelt(variables: Variables, findings: Finding[]): void {
  const isFault = (): boolean => true;
  warnOfMisspeltSettings(variables, collectInto(findings, variables, isFault));
  const unprefixed = Object.keys(variables).filter((name) => name.startsWith('OTEL_'));
  const prefixed = unprefixed.map((name) => [`LAMBDA_OTLP_${name}`, ''] as const);
  const own: Finding[] = [];
  warnOfMisspeltSettings(Object.fromEntries(prefixed), collectInto(own, {}, isFault));
  findings.push(
    ...own.map(({ about, text, level, next }) => ({
      level,
      ...(next !== undefined && { next: next.replace('LAMBDA_OTLP_OTEL_', 'OTEL_') }),
      about: about.replace('LAMBDA_OTLP_', ''),
      text: text
        .replaceAll('LAMBDA_OTLP_OTEL_', 'OTEL_')
        .replace('a setting of lambda-otlp', 'a variable of OpenTelemetry'),
    })),
  );
}

function checkSignals(
  { signals }: ExportConfiguration,
  environment: Environment,
): readonly Finding[] {
  if (Object.keys(signals).length > 0) return [];
  const isDisabled = environment.read('OTEL_SDK_DISABLED');
  const about = isDisabled ? 'OTEL_SDK_DISABLED' : 'OTEL_{TRACES,METRICS,LOGS}_EXPORTER';
  return [{ level: 'fault', about, text: 'nothing is exported', next: 'remove it' }];
}

const GENERAL_HEADERS = 'OTEL_EXPORTER_OTLP_HEADERS';
const HEADERS = /OTEL_EXPORTER_OTLP_(\w+_)?HEADERS$/;
const REFERENCE = /\$\{(secretsmanager|ssm):[^}]+\}/g;
/** What may be meant as a reference: an incomplete one, or the syntax of another tool, CloudFormation or a shell. */
const LIKE_A_REFERENCE = /\$\{|\{\{resolve:|\$\(|\b(secretsmanager|ssm):/;
const CREDENTIAL = /^\s*["']?(authorization|[\w-]*(key|token|secret)[\w-]*)\s*=/im;

/** Whoever may read the function's configuration can read a credential in it. */
function checkHeaders(variables: Variables): readonly Finding[] {
  return Object.entries(variables).flatMap(([about, value]): readonly Finding[] => {
    if (!HEADERS.test(about)) return [];
    if (LIKE_A_REFERENCE.test(value.replace(REFERENCE, ''))) {
      const text =
        'contains what looks like a reference to a secret but is none: it is sent as it is';
      const next = 'write ${secretsmanager:NAME-OR-ARN#FIELD} or ${ssm:PARAMETER}';
      return [{ level: 'fault', about, text, next }];
    }
    if (!CREDENTIAL.test(value.replaceAll(',', '\n'))) return [];
    const isReference = value.search(REFERENCE) >= 0;
    if (isReference && about.startsWith('LAMBDA_OTLP_')) return [];
    const text = isReference
      ? 'contains a reference that this extension resolves, but a function’s own SDK would send as it is'
      : 'contains a credential that everybody who may read the function’s configuration can read';
    const next = isReference
      ? `set it as LAMBDA_OTLP_${about}`
      : 'keep it in Secrets Manager: api-key=${secretsmanager:NAME#FIELD}';
    return [{ level: 'note', about, text, next }];
  });
}

/** If the SDK has an endpoint of its own, headers without the prefix are for that endpoint only. */
function checkForeignHeaders(variables: Variables, environment: Environment): readonly Finding[] {
  const isSet = (name: string): boolean => Boolean(variables[name]?.trim());
  const own = ENDPOINTS.map((name) => `LAMBDA_OTLP_${name}`).filter(isSet);
  const theirs = ENDPOINTS.filter(isSet).filter((name) => !isLoopback(variables[name] ?? ''));
  return [GENERAL_HEADERS, ...SIGNALS.map((signal) => ofSignal(GENERAL_HEADERS, signal))]
    .filter((name) => isSet(name) && environment.text(name) === undefined)
    .map((about) => ({
      level: 'warning',
      about,
      text: `applies to ${theirs.join(', ')} and is not sent to ${own.join(', ')}`,
      next: `set LAMBDA_OTLP_${about} if that endpoint needs headers`,
    }));
}

/** If both names are set, says which one applies to the extension. */
function checkPrecedence(variables: Variables): readonly Finding[] {
  return Object.keys(variables).flatMap((name): readonly Finding[] => {
    const own = `LAMBDA_OTLP_${name}`;
    const isHidden = ENDPOINTS.includes(name) && hasOwnEndpoint(variables);
    if (isHidden && !variables[own]?.trim() && variables[name]?.trim()) {
      const text =
        'is not read because an endpoint with LAMBDA_OTLP_ is set: it applies to the function’s own SDK only';
      return [{ level: 'note', about: name, text }];
    }
    const isShadowed = name.startsWith('OTEL_') && variables[own]?.trim();
    if (!isShadowed || variables[own] === variables[name]) return [];
    return [
      {
        level: 'note',
        about: own,
        text: `applies to the extension; ${name} applies to the function’s own SDK`,
      },
    ];
  });
}

function checkOthers(variables: Variables, isReceiving: boolean): readonly Finding[] {
  const findings: Finding[] = [];
  const set = (name: string): string | undefined => {
    const value = variables[name]?.trim();
    return value === '' ? undefined : value;
  };
  const wrapper = set('AWS_LAMBDA_EXEC_WRAPPER');
  if (wrapper !== undefined) {
    const isDirect =
      !isReceiving || !LOCAL.test(set('OTEL_EXPORTER_OTLP_ENDPOINT') ?? 'http://localhost');
    const text = isDirect
      ? `${wrapper} starts an SDK in the function, which sends by itself while the handler waits`
      : `${wrapper} starts an SDK in the function, which sends to this extension if OTEL_EXPORTER_OTLP_ENDPOINT is unset or http://localhost:4318`;
    const isOff = set('LAMBDA_OTLP_RECEIVER')?.toLowerCase() === 'off';
    const next = `${isOff ? 'remove LAMBDA_OTLP_RECEIVER, ' : ''}set the endpoint as LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT, and OTEL_EXPORTER_OTLP_ENDPOINT to http://localhost:4318`;
    findings.push({
      level: isDirect ? 'warning' : 'note',
      about: 'AWS_LAMBDA_EXEC_WRAPPER',
      text,
      ...(isDirect && { next }),
    });
  }
  if (set('OTEL_AWS_APPLICATION_SIGNALS_ENABLED')?.toLowerCase() === 'true') {
    findings.push({
      level: 'warning',
      about: 'OTEL_AWS_APPLICATION_SIGNALS_ENABLED',
      text: 'Application Signals adds a second SERVER span and its own metrics to each request',
      next: 'set it to false, or leave this function to Application Signals',
    });
  }
  for (const about of ['OTEL_CONFIG_FILE', 'OTEL_EXPERIMENTAL_CONFIG_FILE']) {
    if (set(about) !== undefined)
      findings.push({
        level: 'note',
        about,
        text: 'is not read by this extension; if it is set, the function’s SDK ignores all other variables',
      });
  }
  return findings;
}
