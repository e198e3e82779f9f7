// What is attached to functions, and with which variables.
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { SecretHeader as SecretHeaderOf } from './environment';
import type { LayerName } from './layer-choice';

/** A secret of CDK's, which the function's role can be granted permission to read. */
export interface SecretHeader extends SecretHeaderOf {
  readonly secret: ISecret;
}

export interface LambdaOtlpProps {
  /** Base URL of the OTLP/HTTP endpoint: `/v1/traces` and so on are appended. */
  readonly endpoint: string;
  /** Headers without secrets, sent as they are. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Headers with secrets; the function's role is granted permission to read them. */
  readonly secretHeaders?: readonly SecretHeader[];
  /** Further variables, for example `{ LAMBDA_OTLP_KEEP: 'errors' }`. */
  readonly environment?: Readonly<Record<string, string>>;
  /** ARNs of published layer versions; without one, a layer version is made from the zip of this package. */
  readonly layerVersionArns?: Readonly<Partial<Record<LayerName, string>>>;
}
