// Creates the Translator, the pure core, from environment variables and the answer to register.
import { RedactionFilter } from '../otel/redaction-filter';
import { readRedactionRules } from '../otel/redaction-rules';
import { readResourceAttributes } from '../otel/resource';
import type { Environment } from '../environment';
import type { TranslationSettings } from '../otel/translation-settings';
import type { Handover } from '../invocation/handover';
import type { RepeatedLines } from '../otel/repeated-lines';
import { Translator } from '../otel/translator';
import type { TranslatorOptions } from '../otel/translator';
import { defined } from '../telemetry/fields';
import type { Registration } from '../lambda/extensions-api';
import { compilePattern, compileSigns } from '../node/compile-pattern';
import { createRandomUuid, sha256Hex } from '../node/crypto';
import { VERSION } from '../version';
import { readEndpoint } from '../delivery/settings/endpoint';
import { ReceivedSpans } from '../invocation/received-spans';

export interface TranslatorSources {
  readonly environment: Environment;
  readonly settings: TranslationSettings;
  readonly registration?: Registration;
  readonly handover?: Handover;
  readonly received?: ReceivedSpans;
  /** Made by `createRedaction`. */
  readonly redaction?: RedactionFilter | undefined;
  readonly repeated?: RepeatedLines | undefined;
  /** A UUID for the environment; random by default. */
  readonly createEnvironmentId?: () => string;
}

/** Undefined if no rule is set; then no text is looked at. */
export function createRedaction(environment: Environment): RedactionFilter | undefined {
  const rules = readRedactionRules(environment, compilePattern);
  return rules && new RedactionFilter(rules, compileSigns);
}

export function createTranslator(sources: TranslatorSources): Translator {
  const { environment, settings, handover, received, redaction, repeated } = sources;
  const initializationType = environment.text('AWS_LAMBDA_INITIALIZATION_TYPE');
  return new Translator({
    ...settings,
    resource: toFunctionDescription(sources),
    sha256: sha256Hex,
    createEnvironmentId: sources.createEnvironmentId ?? createRandomUuid,
    ...defined({ initializationType, handover, received, redaction, repeated }),
  });
}

function toFunctionDescription({
  environment,
  registration,
}: TranslatorSources): TranslatorOptions['resource'] {
  const memorySizeMb = Number(environment.text('AWS_LAMBDA_FUNCTION_MEMORY_SIZE'));
  return {
    userAttributes: readResourceAttributes(environment),
    arch: process.arch,
    distroVersion: VERSION,
    ...defined({
      serviceName: environment.text('OTEL_SERVICE_NAME'),
      functionName: environment.text('AWS_LAMBDA_FUNCTION_NAME') ?? registration?.functionName,
      functionVersion:
        environment.text('AWS_LAMBDA_FUNCTION_VERSION') ?? registration?.functionVersion,
      memorySizeMb: memorySizeMb > 0 ? memorySizeMb : undefined,
      region: environment.text('AWS_REGION') ?? environment.text('AWS_DEFAULT_REGION'),
      accountId: registration?.accountId,
      logGroupName: environment.text('AWS_LAMBDA_LOG_GROUP_NAME'),
      logStreamName: environment.text('AWS_LAMBDA_LOG_STREAM_NAME'),
    }),
  };
}

const X_RAY_HOST = /^xray(?:-fips)?\./;

/**
 * Undefined if the spans of the function's SDK are exported as they came and not joined with ours: with
 * `LAMBDA_OTLP_JOIN=off`, without a receiver, and if traces are sent to X-Ray, which has segments of its own for each
 * request.
 */
export function createReceivedSpans(
  environment: Environment,
  isReceiving: boolean,
): ReceivedSpans | undefined {
  // Read in any case: a value that cannot be used is worth a warning.
  const choice = environment.read('LAMBDA_OTLP_JOIN');
  if (!isReceiving || choice === 'off') return undefined;
  const { hostname } = new URL(readEndpoint(environment, 'traces').url);
  return X_RAY_HOST.test(hostname) ? undefined : new ReceivedSpans();
}
