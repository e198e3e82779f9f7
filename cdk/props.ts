// What is attached to functions, and with which variables.
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { LayerName } from './layer-choice';

/** A header whose value is read from AWS Secrets Manager by the extension, not by CloudFormation. */
export interface SecretHeader {
  readonly secret: ISecret;
  /** The header's name, for example `api-key` or `Authorization`. */
  readonly header: string;
  /** The field of a secret that is a JSON object; without it the whole secret is the value. */
  readonly field?: string;
  /** What stands before the secret in the value, for example `Bearer `. */
  readonly prefix?: string;
}

export interface LambdaOtlpProps {
  /** Base URL of the OTLP/HTTP endpoint: `/v1/traces` and so on are appended. */
  readonly endpoint: string;
  /** Headers without secrets, sent as they are. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Headers with secrets; the function's role is granted to read them. */
  readonly secretHeaders?: readonly SecretHeader[];
  /** Further variables, for example `{ LAMBDA_OTLP_KEEP: 'errors' }`. */
  readonly environment?: Readonly<Record<string, string>>;
  /** ARNs of published layer versions; without one, a layer version is made from the zip of this package. */
  readonly layerVersionArns?: Readonly<Partial<Record<LayerName, string>>>;
}
