// Which functions are for Lambda@Edge: those of EdgeFunction, and those whose version a distribution names.
import { Stack } from 'aws-cdk-lib';
import { CfnDistribution, experimental } from 'aws-cdk-lib/aws-cloudfront';
import { CfnVersion, type CfnFunction } from 'aws-cdk-lib/aws-lambda';

/** The stack that EdgeFunction makes in us-east-1 (its source: `edge-lambda-stack-ADDRESS`). */
const EDGE_STACK = 'edge-lambda-stack-';

export function isEdgeFunction(node: CfnFunction): boolean {
  const ofEdgeFunction = node.node.scopes.some(
    (scope) => scope instanceof experimental.EdgeFunction || scope.node.id.startsWith(EDGE_STACK),
  );
  return ofEdgeFunction || isNamedByDistribution(node);
}

function isNamedByDistribution(node: CfnFunction): boolean {
  const stack = Stack.of(node);
  const inStack = stack.node.findAll();
  const versions = inStack.filter((it): it is CfnVersion => it instanceof CfnVersion);
  const own = versions.filter((version) =>
    refersTo(stack.resolve(version.functionName), stack.resolve(node.logicalId)),
  );
  if (own.length === 0) return false;
  const named = inStack
    .filter((it): it is CfnDistribution => it instanceof CfnDistribution)
    .map((distribution) => JSON.stringify(stack.resolve(distribution.distributionConfig)));
  return own.some((version) => {
    const reference = JSON.stringify({ Ref: stack.resolve(version.logicalId) as string });
    return named.some((text) => text.includes(reference));
  });
}

function refersTo(value: unknown, logicalId: unknown): boolean {
  return JSON.stringify(value) === JSON.stringify({ Ref: logicalId });
}
