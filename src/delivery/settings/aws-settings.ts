// The environment variables that signing and secrets need. Read only if a signal is signed or a header refers to a
// secret; the values are credentials and are never printed.
import type { Environment } from '../../environment';
import { defined } from '../../telemetry/fields';
import type { Signal } from '../delivery';
import { selectProxy } from '../transport/proxy';

/** The SigV4 scope of an endpoint (AWS IAM User Guide, "credential scope"). */
export interface SigningScope {
  readonly service: string;
  readonly region: string;
}

export interface AwsSettings {
  readonly region: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  /** AWS_CONTAINER_CREDENTIALS_FULL_URI, from which SnapStart environments get credentials. */
  readonly containerCredentialsUri?: string;
  readonly containerAuthorizationToken?: string;
  /** AWS_ENDPOINT_URL_SECRETS_MANAGER, AWS_ENDPOINT_URL_SSM or AWS_ENDPOINT_URL. */
  readonly secretsManager: AwsEndpoint;
  readonly ssm: AwsEndpoint;
}

interface AwsEndpoint {
  readonly url: string;
  readonly proxyUrl?: string;
}

const DEFAULT_REGION = 'us-east-1';
const SERVICES: Readonly<Record<Signal, string>> = {
  traces: 'xray',
  metrics: 'monitoring',
  logs: 'logs',
};
/** CloudWatch User Guide, "OpenTelemetry Protocol (OTLP) endpoints". */
const AWS_HOST =
  /^(xray|logs|monitoring)(?:-fips)?\.([a-z]{2}(?:-[a-z]+)+-\d+)\.(?:amazonaws\.com(?:\.cn)?|api\.aws)$/;

/**
 * The SigV4 scope of an endpoint. By default only AWS's own OTLP endpoints are signed; with LAMBDA_OTLP_SIGV4=true any
 * is, with false none.
 */
export function readSigning(
  environment: Environment,
  { signal, url }: { readonly signal: Signal; readonly url: string },
): SigningScope | undefined {
  const [, hostService, hostRegion] = AWS_HOST.exec(new URL(url).hostname) ?? [];
  if (!environment.readOr('LAMBDA_OTLP_SIGV4', hostService !== undefined)) return undefined;
  return {
    service: environment.read('LAMBDA_OTLP_SIGV4_SERVICE') ?? hostService ?? SERVICES[signal],
    region: hostRegion ?? readRegion(environment),
  };
}

export function readAwsSettings(environment: Environment): AwsSettings {
  const region = readRegion(environment);
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const endpoint = (variable: string, service: string): AwsEndpoint => {
    const url =
      [variable, 'AWS_ENDPOINT_URL']
        .map((name) => environment.text(name))
        .find((value) => value !== undefined && URL.canParse(value)) ??
      `https://${service}.${region}.${domain}/`;
    const proxyUrl = selectProxy(url, environment);
    return { url, ...(proxyUrl !== undefined && { proxyUrl }) };
  };
  const optional = {
    accessKeyId: environment.text('AWS_ACCESS_KEY_ID'),
    secretAccessKey: environment.text('AWS_SECRET_ACCESS_KEY'),
    sessionToken: environment.text('AWS_SESSION_TOKEN'),
    containerCredentialsUri: environment.text('AWS_CONTAINER_CREDENTIALS_FULL_URI'),
    containerAuthorizationToken: environment.text('AWS_CONTAINER_AUTHORIZATION_TOKEN'),
  };
  return {
    region,
    ...defined(optional),
    secretsManager: endpoint('AWS_ENDPOINT_URL_SECRETS_MANAGER', 'secretsmanager'),
    ssm: endpoint('AWS_ENDPOINT_URL_SSM', 'ssm'),
  };
}

function readRegion(environment: Environment): string {
  return environment.text('AWS_REGION') ?? environment.text('AWS_DEFAULT_REGION') ?? DEFAULT_REGION;
}
