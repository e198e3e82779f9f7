// The variables of an attached function. With the prefix LAMBDA_OTLP_ they are for the extension alone: the
// function's own SDK reads OTEL_* too, and must neither get the vendor's key nor leave the extension out.
import type { LambdaOtlpProps, SecretHeader } from './props';

const ENDPOINT = 'LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT';
const HEADERS = 'LAMBDA_OTLP_OTEL_EXPORTER_OTLP_HEADERS';

/** Values may be CDK tokens. */
export function toEnvironment(props: LambdaOtlpProps): Readonly<Record<string, string>> {
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

/** Values of the variable are percent-encoded (OTLP exporter specification, "Specifying headers via environment variables"). */
function encode(value: string): string {
  return value.replace(/[%,;\\" ]/g, (character) => encodeURIComponent(character));
}
