// `LambdaOtlp.attach(app, { endpoint })`: the layer and its variables on every Lambda function below a construct.
// An Aspect, so that functions which are defined later, or by constructs of others, are found too. What a function
// sets itself is never replaced; what cannot take a layer is named in a warning.
import { Aspects } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { LambdaOtlpAspect } from './aspect';
import type { LambdaOtlpProps } from './props';

export type { LambdaOtlpProps, SecretHeader } from './props';

/**
 * After tags (200, or 500 without CDK's feature flag for mutating aspects) and other aspects that set variables, before
 * those that only read (1000).
 * Source: AWS CDK developer guide, "Aspects", priorities.
 */
const PRIORITY = 700;

export const LambdaOtlp = {
  /**
   * Attaches lambda-otlp to every function in `scope`: an app, a stage, a stack or a single function. Where scopes
   * with different options nest, the innermost apply; if a scope is attached twice, the last.
   */
  attach(scope: IConstruct, props: LambdaOtlpProps): void {
    Aspects.of(scope).add(new LambdaOtlpAspect(scope, props), { priority: PRIORITY });
  },
};
