// Wires the pure core: environment variables and the register answer → a Translator.
import { readRedactionRules } from '../otel/redaction-rules';
import { readResourceAttributes } from '../otel/resource';
import type { Environment } from '../environment';
import type { TranslationSettings } from '../otel/translation-settings';
import type { Handover } from '../invocation/handover';
import type { ReceivedSpans } from '../invocation/received-spans';
import { Translator } from '../otel/translator';
import type { TranslatorOptions } from '../otel/translation';
import { defined } from '../telemetry/defined';
import type { Registration } from '../lambda/extensions-api';
import { compilePattern } from '../node/compile-pattern';
import { createRandomUuid, sha256Hex } from '../node/crypto';
import { VERSION } from '../version';

export interface TranslatorSources {
  readonly environment: Environment;
  readonly settings: TranslationSettings;
  readonly registration?: Registration;
  readonly handover?: Handover;
  readonly received?: ReceivedSpans;
  /** A UUID for the environment; random by default. */
  readonly createEnvironmentId?: () => string;
}

export function createTranslator(sources: TranslatorSources): Translator {
  const { environment, settings, handover, received } = sources;
  const redaction = readRedactionRules(environment, compilePattern);
  const initializationType = environment.text('AWS_LAMBDA_INITIALIZATION_TYPE');
  return new Translator({
    resource: toFunctionDescription(sources),
    spanAt: settings.spanAt,
    functionErrors: settings.functionErrors,
    spanLimits: settings.spanLimits,
    logLimits: settings.logLimits,
    platformSeverity: settings.platformSeverity,
    selection: settings.selection,
    sha256: sha256Hex,
    createEnvironmentId: sources.createEnvironmentId ?? createRandomUuid,
    ...defined({ initializationType, handover, received, redaction }),
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
