// The variables of an attached function. With the prefix LAMBDA_OTLP_ they apply to the extension alone: the function's
// own SDK reads OTEL_* too, and must neither get the vendor's key nor bypass the extension.

/** A header whose value is read from AWS Secrets Manager by the extension, not by the deployment. */
export interface SecretHeader {
  readonly secret: { readonly secretArn: string };
  /** The header's name, for example `api-key` or `Authorization`. */
  readonly header: string;
  /** The field of a secret that is a JSON object; without it the whole secret is the value. */
  readonly field?: string;
  /** Text before the secret in the value, for example `Bearer `. */
  readonly prefix?: string;
}

export interface EnvironmentProps {
  readonly endpoint: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly secretHeaders?: readonly SecretHeader[];
  readonly environment?: Readonly<Record<string, string>>;
}

type Variables = Readonly<Record<string, string>>;

const PREFIX = 'LAMBDA_OTLP_OTEL_EXPORTER_OTLP_';
const ENDPOINT = `${PREFIX}ENDPOINT`;
const HEADERS = `${PREFIX}HEADERS`;
const SIGNALS = ['TRACES', 'METRICS', 'LOGS'].map((signal) => ({
  endpoint: `${PREFIX}${signal}_ENDPOINT`,
  headers: `${PREFIX}${signal}_HEADERS`,
}));
const ENDPOINT_NAMES = [ENDPOINT, ...SIGNALS.map(({ endpoint }) => endpoint)];
const HEADER_NAMES = [HEADERS, ...SIGNALS.map(({ headers }) => headers)];

/**
 * The variables that a function gets in addition to its own, which take precedence. Headers may contain the key for our
 * endpoint, which must not go to another one, so a function that names an endpoint itself gets headers only for the
 * signals that still go to ours.
 */
export function toMissing(
  environment: Variables,
  own: Readonly<Record<string, unknown>>,
): Variables {
  const isOwn = (name: string): boolean => own[name] !== undefined;
  const given = ENDPOINT_NAMES.some(isOwn) ? toSeparateHeaders(environment, isOwn) : environment;
  return Object.fromEntries(Object.entries(given).filter(([name]) => !isOwn(name)));
}

function toSeparateHeaders(environment: Variables, isOwn: (name: string) => boolean): Variables {
  const others = Object.entries(environment).filter(([name]) => !HEADER_NAMES.includes(name));
  const isOurs = ({ endpoint }: { readonly endpoint: string }): boolean =>
    !isOwn(endpoint) && (!isOwn(ENDPOINT) || environment[endpoint] !== undefined);
  // The headers of a signal are added to the general ones and take precedence.
  const separate = SIGNALS.filter(isOurs).flatMap(({ headers }) => {
    const lists = [isOwn(HEADERS) ? undefined : environment[HEADERS], environment[headers]];
    const list = lists.filter((it) => it !== undefined && it !== '').join(',');
    return list === '' ? [] : [[headers, list]];
  });
  return Object.fromEntries([...others, ...separate]) as Variables;
}

/** Whether the secrets of the headers are read. */
export function hasHeaders(environment: Variables): boolean {
  return HEADER_NAMES.some((name) => environment[name] !== undefined);
}

/** Values may be CDK tokens. */
export function toEnvironment(props: EnvironmentProps): Variables {
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
