// A TypeScript function with the layer for Node.js runtimes, a role that may write its own log group
// and read the one secret, and the variables that say where the telemetry goes.
import { join } from 'node:path';
import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal, type IRole } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  LayerVersion,
  LoggingFormat,
  Runtime,
  type ILayerVersion,
} from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';

export interface SampleStackProps extends StackProps {
  /** Base URL of the OTLP/HTTP endpoint. */
  readonly otlpEndpoint: string;
  /** A Secrets Manager secret: a JSON object whose `apiKey` is sent as header api-key. None: an open endpoint. */
  readonly otlpSecretName?: string;
  /** OpenTelemetry's instrumentation layer for Node.js (opentelemetry.io, Lambda Auto-Instrumentation). */
  readonly instrumentationArn?: string;
}

const root = join(__dirname, '../../..');

export class SampleStack extends Stack {
  constructor(scope: Construct, id: string, props: SampleStackProps) {
    super(scope, id, props);
    const layer = new LayerVersion(this, 'OtlpLayer', {
      code: Code.fromAsset(join(root, 'build/lambda-otlp-node.zip')),
      compatibleRuntimes: [Runtime.NODEJS_20_X, Runtime.NODEJS_22_X, Runtime.NODEJS_24_X],
      compatibleArchitectures: [Architecture.ARM_64, Architecture.X86_64],
      license: 'Apache-2.0',
    });
    const logGroup = new LogGroup(this, 'Logs', {
      retention: RetentionDays.TWO_WEEKS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new NodejsFunction(this, 'Function', {
      // The function lies outside of this folder, so its root and lockfile must be said.
      projectRoot: join(root, 'layer/templates'),
      entry: join(root, 'layer/templates/functions/typescript/handler.ts'),
      depsLockFilePath: join(root, 'layer/templates/cdk/package.json'),
      runtime: Runtime.NODEJS_22_X,
      architecture: Architecture.ARM_64,
      role: this.createRole(logGroup, props.otlpSecretName),
      layers: [layer, ...this.findInstrumentation(props.instrumentationArn)],
      // The instrumentation replaces exports, and those of an esbuild bundle cannot be: without this the function
      // fails with "Cannot redefine property: handler" (open-telemetry/opentelemetry-lambda#1781).
      bundling: { footer: 'module.exports = { ...module.exports };' },
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      environment: {
        // LAMBDA_OTLP_OTEL_…: for the extension alone, so that an SDK in the function is left as it is.
        LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT: props.otlpEndpoint,
        ...(props.otlpSecretName !== undefined && {
          LAMBDA_OTLP_OTEL_EXPORTER_OTLP_HEADERS: `api-key=\${secretsmanager:${props.otlpSecretName}#apiKey}`,
        }),
        // The SDK then sends to localhost, where the extension listens: nothing more to set.
        ...(props.instrumentationArn !== undefined && {
          AWS_LAMBDA_EXEC_WRAPPER: '/opt/otel-handler',
        }),
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=sample',
      },
    });
  }

  private findInstrumentation(arn: string | undefined): readonly ILayerVersion[] {
    return arn === undefined
      ? []
      : [LayerVersion.fromLayerVersionArn(this, 'InstrumentationLayer', arn)];
  }

  /** The layer needs no permission of its own but to read the secret its headers refer to. */
  private createRole(logGroup: ILogGroup, secretName: string | undefined): IRole {
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    logGroup.grantWrite(role);
    if (secretName === undefined) return role;
    const secret = Secret.fromSecretNameV2(this, 'OtlpSecret', secretName);
    role.addToPolicy(
      new PolicyStatement({
        actions: ['secretsmanager:GetSecretValue'],
        // Secrets Manager appends a hyphen and six characters to the name.
        resources: [`${secret.secretArn}-??????`],
      }),
    );
    return role;
  }
}
