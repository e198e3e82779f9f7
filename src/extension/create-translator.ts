// Wires the pure core: environment variables and the register answer → a Translator.
import * as crypto from 'node:crypto';
import { readResourceAttributes } from '../otel/resource';
import type { Environment } from '../environment';
import type { TranslationSettings } from '../otel/translation-settings';
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
    resource: toFunctionDescription(sources),
    spanAt: settings.spanAt,
    functionErrors: settings.functionErrors,
    spanLimits: settings.spanLimits,
    logLimits: settings.logLimits,
    platformSeverity: settings.platformSeverity,
    sampling: { keep: settings.keep, ...defined({ sampler }) },
    sha256,
    createEnvironmentId: sources.createEnvironmentId ?? randomEnvironmentId,
    ...defined({ initializationType, handover }),
  });
}

/** In one call where Node.js has it (20.12): a Hash object costs several times as much. */
const sha256 =
  typeof crypto.hash === 'function'
    ? (text: string): string => crypto.hash('sha256', text)
    : (text: string): string => crypto.createHash('sha256').update(text).digest('hex');

/** Not from Node's cache of random bytes, which every environment restored from one snapshot has the same. */
function randomEnvironmentId(): string {
  return crypto.randomUUID({ disableEntropyCache: true });
}

function toFunctionDescription({
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
