// Environment variables as Lambda gives them: extensions get fewer than the runtime (captures of the
// service; RIE), the function's own variables go to both, nothing else of this process leaks in.
import type { FunctionSettings, LocalLambdaOptions } from './local-lambda-options';

type Variables = Readonly<Record<string, string>>;

export interface EnvironmentOptions {
  readonly settings: FunctionSettings;
  readonly runtimeApiAddress: string;
  readonly custom: LocalLambdaOptions['environment'];
  /** /tmp of this environment, as TMPDIR: several local Lambdas share one machine. */
  readonly temporaryDirectory: string;
}

function commonVariables(options: EnvironmentOptions): Variables {
  const { settings, custom } = options;
  const logging: Variables =
    settings.logFormat === 'JSON'
      ? {
          AWS_LAMBDA_LOG_FORMAT: 'JSON',
          AWS_LAMBDA_LOG_LEVEL: custom?.['AWS_LAMBDA_LOG_LEVEL'] ?? 'INFO',
        }
      : { AWS_LAMBDA_LOG_FORMAT: 'Text' };
  return {
    PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    TMPDIR: options.temporaryDirectory,
    AWS_REGION: settings.region,
    AWS_DEFAULT_REGION: settings.region,
    AWS_LAMBDA_FUNCTION_NAME: settings.name,
    AWS_LAMBDA_FUNCTION_VERSION: settings.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings.memorySizeMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: settings.initializationType,
    ...logging,
  };
}

export function toExtensionVariables(options: EnvironmentOptions): Variables {
  return {
    ...commonVariables(options),
    ...options.custom,
    AWS_LAMBDA_RUNTIME_API: options.runtimeApiAddress,
  };
}

export function toRuntimeVariables(options: EnvironmentOptions): Variables {
  const { settings } = options;
  // A restored SnapStart environment has no log group and stream of its own in its variables.
  const logs: Variables =
    settings.initializationType === 'snap-start'
      ? {}
      : {
          AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${settings.name}`,
          AWS_LAMBDA_LOG_STREAM_NAME: settings.logStreamName,
        };
  return {
    ...commonVariables(options),
    ...logs,
    AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
    AWS_XRAY_DAEMON_ADDRESS: '169.254.79.129:2000',
    ...(settings.runtimeVersion === ''
      ? {}
      : { AWS_EXECUTION_ENV: `AWS_Lambda_nodejs${process.versions.node.split('.')[0] ?? ''}.x` }),
    ...(settings.managedInstances
      ? { AWS_LAMBDA_MAX_CONCURRENCY: String(settings.maxConcurrency) }
      : {}),
    ...options.custom,
    LAMBDA_TASK_ROOT: settings.taskRoot,
    LAMBDA_RUNTIME_DIR: settings.taskRoot,
    _HANDLER: settings.handler,
    AWS_LAMBDA_RUNTIME_API: options.runtimeApiAddress,
  };
}
