// The variables of an attached function. With the prefix LAMBDA_OTLP_ they are for the extension alone: the
// function's own SDK reads OTEL_* too, and must neither get the vendor's key nor leave the extension out.

/** A header whose value is read from AWS Secrets Manager by the extension, not by the deployment. */
export interface SecretHeader {
  readonly secret: { readonly secretArn: string };
  /** The header's name, for example `api-key` or `Authorization`. */
  readonly header: string;
  /** The field of a secret that is a JSON object; without it the whole secret is the value. */
  readonly field?: string;
  /** What stands before the secret in the value, for example `Bearer `. */
  readonly prefix?: string;
}

export interface EnvironmentProps {
  readonly endpoint: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly secretHeaders?: readonly SecretHeader[];
  readonly environment?: Readonly<Record<string, string>>;
}

const ENDPOINT = 'LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT';
const HEADERS = 'LAMBDA_OTLP_OTEL_EXPORTER_OTLP_HEADERS';

/** General, or of one signal. */
const OWN_ENDPOINT = /^LAMBDA_OTLP_OTEL_EXPORTER_OTLP_(\w+_)?ENDPOINT$/;

/**
 * What a function gets beside its own variables, which win. A function that names an endpoint itself gets no headers:
 * they may hold the key of ours, which is nothing to another.
 */
export function toMissing<Value>(
  environment: Readonly<Record<string, Value>>,
  own: Readonly<Record<string, unknown>>,
): Readonly<Record<string, Value>> {
  const hasEndpoint = Object.keys(own).some((name) => OWN_ENDPOINT.test(name));
  const isMissing = (name: string): boolean =>
    own[name] === undefined && !(hasEndpoint && name === HEADERS);
  return Object.fromEntries(Object.entries(environment).filter(([name]) => isMissing(name)));
}

/** Whether the secrets of the headers are read. */
export function hasHeaders(environment: Readonly<Record<string, unknown>>): boolean {
  return environment[HEADERS] !== undefined;
}

/** Values may be CDK tokens. */
export function toEnvironment(props: EnvironmentProps): Readonly<Record<string, string>> {
  const plain = Object.entries(props.headers ?? {}).map(
    ([name, value]) => `${name}=${encode(value)}`,
  );
  const secret = (props.secretHeaders ?? []).map(toSecretHeader);
  const headers = [...plain, ...secret].join(',');
  return {
    [ENDPOINT]: props.endpoint,
    ...(headers !== '' && { [HEADERS]: headers }),
    ...props.environment,
  };
}

function toSecretHeader({ header, secret, field, prefix = '' }: SecretHeader): string {
  const key = field === undefined ? '' : `#${field}`;
  return `${header}=${encode(prefix)}\${secretsmanager:${secret.secretArn}${key}}`;
}

/**
 * Values of the variable are percent-encoded (OTLP exporter specification, "Specifying headers via environment
 * variables").
 */
function encode(value: string): string {
  return value.replace(/[%,;\\" ]/g, (character) => encodeURIComponent(character));
}
