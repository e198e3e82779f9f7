// What the variables say: everything that the extension itself would warn of, read by its own readers, and what
// it cannot know to be a mistake.
import type { Diagnostics } from '../../src/diagnostics';
import { createEnvironment, type Environment } from '../../src/environment';
import {
  readExportConfiguration,
  type ExportConfiguration,
} from '../../src/delivery/settings/configuration';
import { readExtensionSettings } from '../../src/extension/settings';
import { warnOfMisspeltSettings } from '../../src/misspelt-settings';
import { readTranslationSettings } from '../../src/otel/translation-settings';
import type { Finding } from './finding';

export interface ReadVariables {
  readonly environment: Environment;
  readonly configuration: ExportConfiguration;
  readonly findings: readonly Finding[];
}

type Variables = Readonly<Record<string, string>>;

/** Where a wrong value sends telemetry astray; elsewhere it changes what is sent. */
const DECISIVE = /_(ENDPOINT|HEADERS|CERTIFICATE|CLIENT_KEY)$/;

/** Where the extension listens for the function's own SDK. */
const LOCAL = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:|\/|$)/i;

/** Reads `variables` as the extension would. Nothing is sent and no file is read. */
export function readVariables(variables: Variables): ReadVariables {
  const findings: Finding[] = [];
  const environment = createEnvironment(variables, collectInto(findings));
  warnOfMisspelt(variables, findings);
  const configuration = readExportConfiguration(environment);
  readTranslationSettings(environment);
  readExtensionSettings(environment, false);
  findings.push(...checkSignals(configuration, environment));
  findings.push(
    ...checkHeaders(variables),
    ...checkPrecedence(variables),
    ...checkOthers(variables),
  );
  return { environment, configuration, findings };
}

function collectInto(
  findings: Finding[],
  isFault = (name: string): boolean => DECISIVE.test(name),
): Diagnostics {
  const add = (message: string): void => {
    const [, about = 'configuration', text = message] =
      /^([A-Z][A-Z0-9_]+): (.*)$/s.exec(message) ?? [];
    findings.push({ level: isFault(about) ? 'fault' : 'warning', about, text });
  };
  return { error: add, warn: add, info: () => undefined, debug: () => undefined };
}

/** OTEL_* as well: nobody else would say so of a name that every SDK ignores. */
function warnOfMisspelt(variables: Variables, findings: Finding[]): void {
  const isFault = (): boolean => true;
  warnOfMisspeltSettings(variables, collectInto(findings, isFault));
  const unprefixed = Object.keys(variables).filter((name) => name.startsWith('OTEL_'));
  const prefixed = unprefixed.map((name) => [`LAMBDA_OTLP_${name}`, ''] as const);
  const own: Finding[] = [];
  warnOfMisspeltSettings(Object.fromEntries(prefixed), collectInto(own, isFault));
  findings.push(
    ...own.map(({ about, text, ...rest }) => ({
      ...rest,
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

/** A credential as such is readable by whoever may read the function's configuration. */
function checkHeaders(variables: Variables): readonly Finding[] {
  return Object.entries(variables).flatMap(([about, value]): readonly Finding[] => {
    if (!/OTEL_EXPORTER_OTLP_(\w+_)?HEADERS$/.test(about)) return [];
    if (
      !/^\s*(authorization|[\w-]*(key|token|secret)[\w-]*)\s*=/im.test(value.replaceAll(',', '\n'))
    )
      return [];
    const isReference = value.includes('${secretsmanager:') || value.includes('${ssm:');
    if (isReference && about.startsWith('LAMBDA_OTLP_')) return [];
    if (isReference) {
      const text =
        'holds a reference that this extension resolves, but a function’s own SDK would send as it stands';
      return [{ level: 'note', about, text, next: `set it as LAMBDA_OTLP_${about}` }];
    }
    const text =
      'holds a credential that everybody who may read the function’s configuration can read';
    return [
      {
        level: 'note',
        about,
        text,
        next: 'keep it in Secrets Manager: api-key=${secretsmanager:NAME#FIELD}',
      },
    ];
  });
}

/** Both spellings set: says which one holds for the extension. */
function checkPrecedence(variables: Variables): readonly Finding[] {
  return Object.keys(variables).flatMap((name): readonly Finding[] => {
    const own = `LAMBDA_OTLP_${name}`;
    const isShadowed = name.startsWith('OTEL_') && variables[own]?.trim();
    if (!isShadowed || variables[own] === variables[name]) return [];
    return [
      {
        level: 'note',
        about: own,
        text: `holds for the extension; ${name} is the function’s own SDK’s`,
      },
    ];
  });
}

function checkOthers(variables: Variables): readonly Finding[] {
  const findings: Finding[] = [];
  const set = (name: string): string | undefined => {
    const value = variables[name]?.trim();
    return value === '' ? undefined : value;
  };
  const wrapper = set('AWS_LAMBDA_EXEC_WRAPPER');
  if (wrapper !== undefined) {
    const isDirect =
      set('LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT') === undefined ||
      !LOCAL.test(set('OTEL_EXPORTER_OTLP_ENDPOINT') ?? 'http://localhost');
    const text = isDirect
      ? `${wrapper} starts an SDK in the function, which sends by itself and lets the handler wait for it`
      : `${wrapper} starts an SDK in the function, which hands over to this extension where OTEL_EXPORTER_OTLP_ENDPOINT is unset or http://localhost:4318`;
    const next =
      'set the endpoint as LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT, and OTEL_EXPORTER_OTLP_ENDPOINT to http://localhost:4318';
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
      text: 'Application Signals makes a second SERVER span and metrics of its own for each request',
      next: 'set it to false, or leave this function to Application Signals',
    });
  }
  for (const about of ['OTEL_CONFIG_FILE', 'OTEL_EXPERIMENTAL_CONFIG_FILE']) {
    if (set(about) !== undefined)
      findings.push({
        level: 'note',
        about,
        text: 'is not read by this extension; the function’s SDK ignores all other variables where it is set',
      });
  }
  return findings;
}
