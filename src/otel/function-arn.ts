// Lambda function ARNs: arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER].

export interface FunctionArn {
  /** The ARN without its qualifier. */
  readonly unqualified: string;
  readonly region: string;
  readonly accountId: string;
  readonly name: string;
  /** A version, an alias or `$LATEST`. */
  readonly qualifier?: string;
}

const ARN = /^(arn:[\w-]+:lambda:([\w-]+):(\d+):function:([\w-]+))(?::([\w$-]+))?$/;

/** Undefined for text that is no function ARN. */
export function parseFunctionArn(text: string | undefined): FunctionArn | undefined {
  const match = text === undefined ? null : ARN.exec(text);
  if (match === null) return undefined;
  const [, unqualified = '', region = '', accountId = '', name = '', qualifier] = match;
  return {
    unqualified,
    region,
    accountId,
    name,
    ...(qualifier === undefined ? {} : { qualifier }),
  };
}

/**
 * `cloud.resource_id`: the invoked ARN with an alias replaced by the version that ran (semantic
 * conventions, FaaS: "do not use the invoked ARN, it may contain an alias"). Other text is kept.
 */
export function toResourceId(invokedArn: string, version: string | undefined): string {
  const arn = parseFunctionArn(invokedArn);
  if (arn?.qualifier === undefined || version === undefined) return invokedArn;
  const isVersion = /^(\d+|\$LATEST)$/.test(arn.qualifier);
  return isVersion ? invokedArn : `${arn.unqualified}:${version}`;
}
