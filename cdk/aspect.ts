// Visits every AWS::Lambda::Function below a scope. Reads the function as CloudFormation will see it, so that L1
// and L2 functions, and what other aspects have set, are treated alike.
import { Annotations, Stack, TagManager, type IAspect } from 'aws-cdk-lib';
import { CfnFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Provider } from 'aws-cdk-lib/custom-resources';
import type { IConstruct } from 'constructs';
import { isEdgeFunction } from './edge-functions';
import { hasHeaders, toEnvironment, toMissing } from './environment';
import type { LambdaOtlpProps } from './props';
import { chooseLayer, findOwnLayer, type FunctionShape, type LayerName } from './layer-choice';
import { findLayerVersionArn } from './layer-version';
import { describeMissingZip } from './layer-zip';

/** Lambda's limit (AWS Lambda quotas). */
const MAX_LAYERS = 5;
/** The tag, and its value, that excludes a function. */
const OPT_OUT_TAG = 'lambda-otlp';
const OPT_OUT_VALUE = 'off';
/** The function with which CDK's AwsCustomResource calls AWS, once for each deployment. */
const AWS_CUSTOM_RESOURCE_ID = 'AWS679f53fac002430cb0da5b7982bd2287';

/** The properties of an L1 function that are read here, resolved; any of them may still be the object of a token. */
interface ResolvedFunction extends FunctionShape {
  readonly layers?: unknown;
  readonly environment?: { readonly variables?: Readonly<Record<string, unknown>> };
}

/** The aspect that acts in a scope: the last one attached there. */
const ATTACHED = new WeakMap<IConstruct, LambdaOtlpAspect>();

export class LambdaOtlpAspect implements IAspect {
  private readonly visited = new WeakSet<IConstruct>();

  constructor(
    scope: IConstruct,
    private readonly props: LambdaOtlpProps,
  ) {
    ATTACHED.set(scope, this);
  }

  visit(node: IConstruct): void {
    if (!CfnFunction.isCfnFunction(node) || this.visited.has(node)) return;
    this.visited.add(node);
    if (findInnermost(node) !== this || isOptedOut(node) || isDeploymentTool(node)) return;
    this.attach(node);
  }

  private attach(node: CfnFunction): void {
    if (isEdgeFunction(node)) {
      warn(node, 'Lambda@Edge takes neither layers nor environment variables');
      return;
    }
    const seen = readFunction(node);
    const choice = chooseLayer(seen);
    if (choice.kind === 'none') {
      warn(node, choice.reason);
      return;
    }
    if (this.addLayer(node, seen, choice.layer)) this.addVariables(node, seen);
  }

  /** False if the function was named in a warning or an error instead. */
  private addLayer(node: CfnFunction, seen: ResolvedFunction, layer: LayerName): boolean {
    const { layers } = seen;
    if (layers !== undefined && !Array.isArray(layers)) {
      warn(node, 'its layers are not known before it is deployed');
      return false;
    }
    const present: readonly unknown[] = layers ?? [];
    const stack = Stack.of(node);
    const given = this.props.layerVersionArns?.[layer];
    // There already; Lambda refuses two versions of one layer.
    const known = JSON.stringify(stack.resolve(given));
    if (present.some((one) => findOwnLayer(one) !== undefined || JSON.stringify(one) === known))
      return true;
    if (present.length >= MAX_LAYERS) {
      warn(node, `it has ${present.length} layers already, Lambda takes ${MAX_LAYERS}`);
      return false;
    }
    const arn = findLayerVersionArn(stack, layer, given);
    if (arn === undefined) {
      // An error, because the deployment would succeed without the telemetry of this function.
      const { target, text } = toNotice(node, describeMissingZip(layer, seen));
      Annotations.of(target).addError(text);
      return false;
    }
    node.addPropertyOverride('Layers', [...present, arn]);
    return true;
  }

  private addVariables(node: CfnFunction, { environment }: ResolvedFunction): void {
    const missing = toMissing(toEnvironment(this.props), environment?.variables ?? {});
    // Dots in an override's path separate members; variables have none.
    for (const [name, value] of Object.entries(missing))
      node.addPropertyOverride(`Environment.Variables.${name}`, value);
    if (!hasHeaders(missing)) return;
    const role = node.node.scope instanceof LambdaFunction ? node.node.scope : undefined;
    for (const { secret } of this.props.secretHeaders ?? []) {
      if (role !== undefined) secret.grantRead(role);
      else warn(node, `grant its role secretsmanager:GetSecretValue on ${secret.node.path}`);
    }
  }
}

function findInnermost(node: IConstruct): LambdaOtlpAspect | undefined {
  return [...node.node.scopes]
    .reverse()
    .map((scope) => ATTACHED.get(scope))
    .find((it) => it !== undefined);
}

function isOptedOut(node: CfnFunction): boolean {
  return TagManager.of(node)?.tagValues()[OPT_OUT_TAG]?.toLowerCase() === OPT_OUT_VALUE;
}

/** Functions that CDK itself uses to deploy: they serve no requests and are run by CloudFormation only. */
function isDeploymentTool({ node }: CfnFunction): boolean {
  return node.scopes.some(
    (scope) => scope instanceof Provider || scope.node.id.startsWith(AWS_CUSTOM_RESOURCE_ID),
  );
}

function readFunction(node: CfnFunction): ResolvedFunction {
  const { packageType, runtime, architectures, layers, environment } = node;
  const properties = { packageType, runtime, architectures, layers, environment };
  return Stack.of(node).resolve(properties) as ResolvedFunction;
}

function warn(node: CfnFunction, reason: string): void {
  const { target, text } = toNotice(node, reason);
  Annotations.of(target).addWarningV2(`lambda-otlp:not-attached:${target.node.addr}`, text);
}

interface Notice {
  readonly target: IConstruct;
  readonly text: string;
}

function toNotice(node: CfnFunction, reason: string): Notice {
  const target = node.node.scope instanceof LambdaFunction ? node.node.scope : node;
  return { target, text: `lambda-otlp is not attached to ${target.node.path}: ${reason}.` };
}
