// The resource: the function and its execution environment. An external extension sees neither AWS_EXECUTION_ENV nor
// the log variables, so the usual Lambda resource detector would find nothing.
// Source: https://opentelemetry.io/docs/specs/semconv/resource/faas/
import type { Attributes } from '@opentelemetry/api';
import { defined } from '../telemetry/fields';
import { BYTES_PER_MB } from './instruments';
import { Attribute } from './semconv';
import type { Environment } from '../environment';

/** What is known about the function; each member says where it comes from. */
export interface FunctionDescription {
  /** OTEL_SERVICE_NAME. */
  readonly serviceName?: string;
  /** OTEL_RESOURCE_ATTRIBUTES, decoded; wins over everything that is detected. */
  readonly userAttributes: Attributes;
  /** AWS_LAMBDA_FUNCTION_NAME, else from the answer to register. */
  readonly functionName?: string;
  readonly functionVersion?: string;
  /** AWS_LAMBDA_FUNCTION_MEMORY_SIZE. */
  readonly memorySizeMb?: number;
  readonly region?: string;
  /** The accountId in the answer to register. */
  readonly accountId?: string;
  /** platform.start.functionArn or INVOKE.invokedFunctionArn; needed if accountId is missing. */
  readonly functionArn?: string;
  /** AWS_LAMBDA_LOG_GROUP_NAME and AWS_LAMBDA_LOG_STREAM_NAME, if the extension can see them. */
  readonly logGroupName?: string;
  readonly logStreamName?: string;
  /** initStart.instanceId or restoreStart.instanceId. */
  readonly instanceId?: string;
  /** A UUID for this execution environment, replaced after a SnapStart restore. */
  readonly environmentId: string;
  /** Node's process.arch. */
  readonly arch: string;
  readonly distroVersion: string;
}

const HOST_ARCHES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/**
 * The resource attributes of one signal. Logs have no `service.instance.id`, because Loki would make an index label of
 * it, which is one stream for each environment. Only traces have `host.id` and `ip`, because without them Jaeger takes
 * children for spans of other hosts and warns of clock skew.
 */
export function toResourceAttributes(
  described: FunctionDescription,
  signal: 'traces' | 'metrics' | 'logs',
): Attributes {
  const arn = parseFunctionArn(described.functionArn);
  const serviceName =
    described.serviceName ??
    described.userAttributes[Attribute.SERVICE_NAME] ??
    described.functionName ??
    arn?.name;
  return {
    ...defined({
      [Attribute.FAAS_NAME]: described.functionName ?? arn?.name,
      [Attribute.FAAS_VERSION]: described.functionVersion,
      [Attribute.FAAS_MAX_MEMORY]:
        described.memorySizeMb === undefined ? undefined : described.memorySizeMb * BYTES_PER_MB,
      [Attribute.FAAS_INSTANCE]:
        described.logStreamName ?? described.instanceId ?? described.environmentId,
      [Attribute.CLOUD_PROVIDER]: 'aws',
      [Attribute.CLOUD_PLATFORM]: 'aws_lambda',
      [Attribute.CLOUD_REGION]: described.region ?? arn?.region,
      [Attribute.CLOUD_ACCOUNT_ID]: described.accountId ?? arn?.accountId,
      [Attribute.SERVICE_INSTANCE_ID]: signal === 'logs' ? undefined : described.environmentId,
      [Attribute.HOST_ID]: signal === 'traces' ? described.environmentId : undefined,
      [Attribute.JAEGER_IP]:
        signal === 'traces' ? toUniqueLocalAddress(described.environmentId) : undefined,
      [Attribute.HOST_ARCH]: HOST_ARCHES[described.arch],
      [Attribute.AWS_LOG_GROUP_NAMES]:
        described.logGroupName === undefined ? undefined : [described.logGroupName],
      [Attribute.AWS_LOG_STREAM_NAMES]:
        described.logStreamName === undefined ? undefined : [described.logStreamName],
      [Attribute.TELEMETRY_DISTRO_NAME]: 'lambda-otlp',
      [Attribute.TELEMETRY_DISTRO_VERSION]: described.distroVersion,
    }),
    ...described.userAttributes,
    [Attribute.SERVICE_NAME]: serviceName ?? 'unknown_service',
  };
}

/** The UUID as an IPv6 address in fd00::/8 (RFC 4193): unique to the environment and never a real host's. */
function toUniqueLocalAddress(uuid: string): string {
  const groups = `fd${uuid.replaceAll('-', '').slice(2)}`.match(/.{4}/g) ?? [];
  return groups.join(':');
}

const RESOURCE_ATTRIBUTES = 'OTEL_RESOURCE_ATTRIBUTES';

/** The decoded attributes. A malformed list costs one warning and is ignored as a whole, as the specification asks. */
export function readResourceAttributes(environment: Environment): Attributes {
  const text = environment.text(RESOURCE_ATTRIBUTES);
  if (text === undefined) return {};
  const attributes: Attributes = {};
  for (const pair of text.split(',')) {
    if (pair.trim() === '') continue;
    const equals = pair.indexOf('=');
    const key = decode(pair.slice(0, Math.max(0, equals)));
    const value = decode(pair.slice(equals + 1));
    if (key === undefined || key === '' || value === undefined) {
      const expected = 'a list of key=value with percent-encoded values';
      environment.reject(RESOURCE_ATTRIBUTES, { expected, seen: text, using: 'no attributes' });
      return {};
    }
    attributes[key] = value;
  }
  return attributes;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.trim());
  } catch {
    return undefined;
  }
}

// Lambda function ARNs: arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER].

interface FunctionArn {
  /** The ARN without its qualifier. */
  readonly unqualified: string;
  readonly region: string;
  readonly accountId: string;
  readonly name: string;
  /** A version, an alias or `$LATEST`. */
  readonly qualifier?: string;
}

const ARN = /^(arn:[\w-]+:lambda:([\w-]+):(\d+):function:([\w-]+))(?::([\w$-]+))?$/;

/** Undefined for text that is not the ARN of a function. */
export function parseFunctionArn(text: string | undefined): FunctionArn | undefined {
  const match = text === undefined ? null : ARN.exec(text);
  if (match === null) return undefined;
  const [, unqualified = '', region = '', accountId = '', name = '', qualifier] = match;
  return {
    unqualified,
    region,
    accountId,
    name,
    ...(qualifier !== undefined && { qualifier }),
  };
}

/**
 * `cloud.resource_id`: the invoked ARN with an alias replaced by the version that ran (semantic conventions, FaaS: "do
 * not use the invoked ARN, it may contain an alias"). Any other text is returned as it is.
 */
export function toResourceId(invokedArn: string, version: string | undefined): string {
  const arn = parseFunctionArn(invokedArn);
  if (arn?.qualifier === undefined || version === undefined) return invokedArn;
  const isVersion = /^(\d+|\$LATEST)$/.test(arn.qualifier);
  return isVersion ? invokedArn : `${arn.unqualified}:${version}`;
}
