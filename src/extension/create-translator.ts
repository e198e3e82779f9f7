// Wires the pure core: environment variables and the register answer → a Translator.
import { createHash, randomUUID } from 'node:crypto';
import { readResourceAttributes } from '../configuration/resource-attributes';
import type { Environment } from '../configuration/environment';
import type { TranslationSettings } from '../configuration/translation-settings';
import type { Handover } from '../invocation/handover';
import { createSampler } from '../otel/sampler';
import { Translator } from '../otel/translator';
import type { TranslatorOptions } from '../otel/translator';
import { defined } from '../telemetry/defined';
import { VERSION } from '../version';
import type { Registration } from './pipeline-port';
import { SDK_VERSION } from './sdk-version';

export interface TranslatorSources {
  readonly environment: Environment;
  readonly settings: TranslationSettings;
  readonly registration?: Registration;
  readonly handover?: Handover;
  /** A UUID for the environment; random by default. */
  readonly createEnvironmentId?: () => string;
}

export function createTranslator(sources: TranslatorSources): Translator {
  const { environment, settings, handover } = sources;
  const initializationType = environment.text('AWS_LAMBDA_INITIALIZATION_TYPE');
  const sampler = createSampler(settings.sampler, settings.samplerRatio);
  return new Translator({
    resource: toResourceFacts(sources),
    spanAt: settings.spanAt,
    spanLimits: settings.spanLimits,
    logLimits: settings.logLimits,
    platformSeverity: settings.platformSeverity,
    sampling: { keep: settings.keep, ...defined({ sampler }) },
    sha256: (text) => createHash('sha256').update(text).digest('hex'),
    createEnvironmentId: sources.createEnvironmentId ?? randomUUID,
    ...defined({ initializationType, handover }),
  });
}

function toResourceFacts({
  environment,
  registration,
}: TranslatorSources): TranslatorOptions['resource'] {
  const memorySizeMb = Number(environment.text('AWS_LAMBDA_FUNCTION_MEMORY_SIZE'));
  return {
    userAttributes: readResourceAttributes(environment),
    arch: process.arch,
    sdkVersion: SDK_VERSION,
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
