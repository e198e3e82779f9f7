// The layer that a CDK app would deploy: the asset of its template, unpacked as Lambda does, runs.
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { unzipSync } from 'fflate';
import { startLocalLambda } from 'local-lambda/lambda/local-lambda';
import { toFlatSpans } from 'local-lambda/otlp/flatten';
import { startOtlpReceiver } from 'local-lambda/otlp/otlp-receiver';
import { LambdaOtlp } from '../../cdk/lambda-otlp';

/** Loading CDK alone takes many seconds on a busy machine. */
jest.setTimeout(240_000);

interface LayerResource {
  readonly Properties: { readonly Content: { readonly S3Key: string } };
}

interface FunctionResource {
  readonly Properties: { readonly Layers: readonly { readonly Ref: string }[] };
}

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cdk-asset-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The folder of the layer that the template gives its only function. */
function synthesizeLayer(): string {
  const app = new App({ outdir: join(folder, 'cdk.out') });
  const stack = new Stack(app, 'Shop');
  new LambdaFunction(stack, 'Orders', {
    runtime: Runtime.NODEJS_22_X,
    handler: 'index.handler',
    code: Code.fromInline('exports.handler = async () => 1;'),
  });
  LambdaOtlp.attach(app, { endpoint: 'https://otlp.example.com' });
  const template = Template.fromStack(stack);
  const functions = template.findResources('AWS::Lambda::Function') as Record<
    string,
    FunctionResource
  >;
  const [reference] = Object.values(functions)[0]?.Properties.Layers ?? [];
  const layers = template.findResources('AWS::Lambda::LayerVersion') as Record<
    string,
    LayerResource
  >;
  const key = layers[reference?.Ref ?? '']?.Properties.Content.S3Key ?? '';
  return unpack(join(folder, 'cdk.out', `asset.${key}`), join(folder, 'opt'));
}

function unpack(zip: string, target: string): string {
  for (const [name, content] of Object.entries(unzipSync(readFileSync(zip)))) {
    if (name.endsWith('/')) continue;
    mkdirSync(dirname(join(target, name)), { recursive: true });
    writeFileSync(join(target, name), content);
    chmodSync(join(target, name), 0o755);
  }
  return target;
}

test('the layer in the template’s asset runs, and the request’s trace arrives', async () => {
  const layer = synthesizeLayer();
  const receiver = await startOtlpReceiver();
  const lambda = await startLocalLambda({
    handler: join(__dirname, 'function.handler'),
    extensionsDir: join(layer, 'extensions'),
    environment: { LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
  });
  try {
    const { status } = await lambda.invoke({});
    expect(status).toBe('success');
    await lambda.shutdown();
    const names = toFlatSpans(receiver.accepted.traces).map(({ span }) => span.name);
    expect(names).toContain('init');
  } finally {
    await lambda.shutdown();
    await receiver.close();
  }
});
