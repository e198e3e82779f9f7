// What `LambdaOtlp.attach` makes of an app, by the template that CloudFormation would get.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Aspects, Stack, Tags } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Distribution, experimental, LambdaEdgeEventType } from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import {
  Architecture,
  CfnFunction,
  Code,
  Function as LambdaFunction,
  LayerVersion,
  Runtime,
  RuntimeFamily,
  type FunctionProps,
  type IVersion,
} from 'aws-cdk-lib/aws-lambda';
import { Secret, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  AwsCustomResource,
  AwsCustomResourcePolicy,
  PhysicalResourceId,
} from 'aws-cdk-lib/custom-resources';
import { LambdaOtlp } from '../lambda-otlp';

/** Loading CDK alone takes many seconds on a busy machine. */
jest.setTimeout(180_000);

const ENDPOINT = 'LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT';
const HEADERS = 'LAMBDA_OTLP_OTEL_EXPORTER_OTLP_HEADERS';
const nameOf = (signal: string, what: string): string =>
  `LAMBDA_OTLP_OTEL_EXPORTER_OTLP_${signal}_${what}`;
const endpoint = 'https://otlp.example.com';
const arn = (name: string): string =>
  `arn:aws:lambda:eu-west-1:123456789012:layer:lambda-otlp-${name}:7`;
const layerVersionArns = { node: arn('node'), x86_64: arn('x86_64'), arm64: arn('arm64') };
const options = { endpoint, layerVersionArns };

/** Any folder does: no code runs here, and Java takes no inline code. */
const code = (): Code => Code.fromAsset(__dirname);

function addFunction(stack: Stack, id: string, props: Partial<FunctionProps> = {}): LambdaFunction {
  return new LambdaFunction(stack, id, {
    runtime: Runtime.NODEJS_22_X,
    handler: 'index.handler',
    code: code(),
    ...props,
  });
}

interface FunctionResource {
  readonly Layers?: readonly unknown[];
  readonly Environment?: { readonly Variables: Readonly<Record<string, unknown>> };
}

/** The properties of each function in the template, by the construct's id. */
function functionsOf(stack: Stack): Readonly<Record<string, FunctionResource>> {
  const resources = Template.fromStack(stack).findResources('AWS::Lambda::Function') as Record<
    string,
    { readonly Properties: FunctionResource }
  >;
  return Object.fromEntries(
    Object.entries(resources).map(([id, { Properties }]) => [
      id.replace(/[0-9A-F]{8}$/, ''),
      Properties,
    ]),
  );
}

function newStack(): Stack {
  return new Stack(new App(), 'Stack', { env: { account: '123456789012', region: 'eu-west-1' } });
}

function warningsOf(stack: Stack): readonly string[] {
  return Annotations.fromStack(stack)
    .findWarning('*', Match.anyValue())
    .map(({ entry }) => JSON.stringify(entry.data));
}

test.each([
  [
    'Node.js on either architecture',
    { runtime: Runtime.NODEJS_22_X, architecture: Architecture.ARM_64 },
    'node',
  ],
  ['Python', { runtime: Runtime.PYTHON_3_13 }, 'x86_64'],
  ['Java on Graviton', { runtime: Runtime.JAVA_21, architecture: Architecture.ARM_64 }, 'arm64'],
  [
    'a Node.js that is too old for the node layer',
    { runtime: new Runtime('nodejs16.x', RuntimeFamily.NODEJS) },
    'x86_64',
  ],
] as const)('a function of %s gets the layer for it and the endpoint', (_, props, layer) => {
  const stack = newStack();
  addFunction(stack, 'Orders', props);
  LambdaOtlp.attach(stack.node.root, options);
  const { Orders } = functionsOf(stack);
  expect(Orders?.Layers).toEqual([arn(layer)]);
  expect(Orders?.Environment?.Variables).toEqual({ [ENDPOINT]: endpoint });
});

test('an app of many kinds of functions has the layer on exactly those that take it', () => {
  const stack = newStack();
  addFunction(stack, 'Node');
  addFunction(stack, 'NodeArm', { architecture: Architecture.ARM_64 });
  addFunction(stack, 'Python', { runtime: Runtime.PYTHON_3_13, handler: 'app.handler' });
  addFunction(stack, 'JavaArm', { runtime: Runtime.JAVA_21, architecture: Architecture.ARM_64 });
  Tags.of(addFunction(stack, 'OptedOut')).add('lambda-otlp', 'off');
  new CfnFunction(stack, 'Image', {
    code: { imageUri: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/orders:1' },
    packageType: 'Image',
    role: 'arn:aws:iam::123456789012:role/orders',
  });
  LambdaOtlp.attach(stack.node.root, options);
  const layers = Object.entries(functionsOf(stack)).map(([id, { Layers }]) => [id, Layers?.join()]);
  expect(Object.fromEntries(layers)).toEqual({
    Node: arn('node'),
    NodeArm: arn('node'),
    Python: arn('x86_64'),
    JavaArm: arn('arm64'),
    OptedOut: undefined,
    Image: undefined,
  });
});

test('what a function sets itself stays: its layers before ours, its variables instead of ours', () => {
  const stack = newStack();
  const own = LayerVersion.fromLayerVersionArn(stack, 'Own', arn('own'));
  const environment = { [ENDPOINT]: 'https://mine.example.com', TABLE: 'orders' };
  addFunction(stack, 'Orders', { layers: [own], environment });
  LambdaOtlp.attach(stack, { ...options, environment: { LAMBDA_OTLP_KEEP: 'errors' } });
  const { Orders } = functionsOf(stack);
  expect(Orders?.Layers).toEqual([arn('own'), arn('node')]);
  expect(Orders?.Environment?.Variables).toEqual({ ...environment, LAMBDA_OTLP_KEEP: 'errors' });
});

test('a function that names the endpoint itself gets no headers for ours', () => {
  const stack = newStack();
  const secret = Secret.fromSecretNameV2(stack, 'Key', 'otlp');
  addFunction(stack, 'Orders', { environment: { [ENDPOINT]: 'https://mine.example.com' } });
  LambdaOtlp.attach(stack, { ...options, secretHeaders: [{ secret, header: 'api-key' }] });
  const { Orders } = functionsOf(stack);
  expect(Orders?.Environment?.Variables).toEqual({ [ENDPOINT]: 'https://mine.example.com' });
  expect(Template.fromStack(stack).findResources('AWS::IAM::Policy')).toEqual({});
});

test('a function with an endpoint of its own for one signal gets our headers for the two others', () => {
  const stack = newStack();
  const secret = Secret.fromSecretNameV2(stack, 'Key', 'otlp');
  const traces = { [nameOf('TRACES', 'ENDPOINT')]: 'https://mine.example.com' };
  addFunction(stack, 'Orders', { environment: traces });
  LambdaOtlp.attach(stack, {
    ...options,
    headers: { team: 'a' },
    secretHeaders: [{ secret, header: 'api-key' }],
  });
  const { Orders } = functionsOf(stack);
  const headers: unknown = expect.objectContaining({
    'Fn::Join': ['', expect.arrayContaining(['team=a,api-key=${secretsmanager:arn:'])],
  });
  expect(Orders?.Environment?.Variables).toEqual({
    ...traces,
    [ENDPOINT]: endpoint,
    [nameOf('METRICS', 'HEADERS')]: headers,
    [nameOf('LOGS', 'HEADERS')]: headers,
  });
  expect(Object.keys(Template.fromStack(stack).findResources('AWS::IAM::Policy'))).toHaveLength(1);
});

test('a function that has a layer of ours by hand keeps it, and gets the variables', () => {
  const stack = newStack();
  const byHand = LayerVersion.fromLayerVersionArn(stack, 'ByHand', arn('node').replace(':7', ':6'));
  addFunction(stack, 'Orders', { layers: [byHand] });
  LambdaOtlp.attach(stack, options);
  const { Orders } = functionsOf(stack);
  expect(Orders?.Layers).toEqual([arn('node').replace(':7', ':6')]);
  expect(Orders?.Environment?.Variables).toEqual({ [ENDPOINT]: endpoint });
});

test('variables that another aspect sets at its default priority are the function’s own', () => {
  const stack = newStack();
  const orders = addFunction(stack, 'Orders');
  LambdaOtlp.attach(stack, options);
  Aspects.of(stack).add({
    visit: (node) => {
      if (node === orders) orders.addEnvironment(ENDPOINT, 'https://aspect.example.com');
    },
  });
  expect(functionsOf(stack)['Orders']?.Environment?.Variables[ENDPOINT]).toBe(
    'https://aspect.example.com',
  );
});

test('attaching twice is attaching once, and the innermost scope’s options hold', () => {
  const stack = newStack();
  const orders = addFunction(stack, 'Orders');
  addFunction(stack, 'Invoices');
  LambdaOtlp.attach(stack.node.root, options);
  LambdaOtlp.attach(stack, options);
  LambdaOtlp.attach(stack, options);
  LambdaOtlp.attach(orders, { ...options, endpoint: 'https://orders.example.com' });
  const functions = functionsOf(stack);
  expect(functions['Orders']?.Layers).toEqual([arn('node')]);
  expect(functions['Orders']?.Environment?.Variables[ENDPOINT]).toBe('https://orders.example.com');
  expect(functions['Invoices']?.Layers).toEqual([arn('node')]);
  expect(functions['Invoices']?.Environment?.Variables[ENDPOINT]).toBe(endpoint);
});

test('a function, or everything below a construct, is left alone by the tag lambda-otlp = off', () => {
  const stack = newStack();
  Tags.of(addFunction(stack, 'Orders')).add('lambda-otlp', 'off');
  addFunction(stack, 'Invoices');
  LambdaOtlp.attach(stack, options);
  const functions = functionsOf(stack);
  expect(functions['Orders']).not.toHaveProperty('Layers');
  expect(functions['Orders']).not.toHaveProperty('Environment');
  expect(functions['Invoices']?.Layers).toEqual([arn('node')]);
});

test('a container image is named in a warning and left as it is', () => {
  const stack = newStack();
  new CfnFunction(stack, 'Image', {
    code: { imageUri: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/orders:1' },
    packageType: 'Image',
    role: 'arn:aws:iam::123456789012:role/orders',
  });
  LambdaOtlp.attach(stack, options);
  expect(functionsOf(stack)['Image'] ?? {}).not.toHaveProperty('Layers');
  expect(warningsOf(stack).join()).toMatch(
    /not attached to Stack\/Image: a container image takes no layers: COPY/,
  );
});

test('a function with five layers is named in a warning and keeps them', () => {
  const stack = newStack();
  const layers = [1, 2, 3, 4, 5].map((n) =>
    LayerVersion.fromLayerVersionArn(stack, `L${n}`, arn(`l${n}`)),
  );
  addFunction(stack, 'Orders', { layers });
  LambdaOtlp.attach(stack, options);
  const { Orders } = functionsOf(stack);
  expect(Orders?.Layers).toHaveLength(5);
  expect(Orders).not.toHaveProperty('Environment');
  expect(warningsOf(stack).join()).toMatch(/5 layers already/);
});

test('Lambda@Edge functions are left as they are, however they were declared', () => {
  const stack = new Stack(new App(), 'Stack', {
    env: { account: '123456789012', region: 'us-east-1' },
  });
  const props = { runtime: Runtime.NODEJS_22_X, handler: 'index.handler', code: code() };
  const edge = new experimental.EdgeFunction(stack, 'Edge', props);
  const plain = addFunction(stack, 'Plain');
  const association = (functionVersion: IVersion) => ({
    functionVersion,
    eventType: LambdaEdgeEventType.ORIGIN_REQUEST,
  });
  new Distribution(stack, 'Distribution', {
    defaultBehavior: {
      origin: new HttpOrigin('example.com'),
      edgeLambdas: [association(edge.currentVersion)],
    },
    additionalBehaviors: {
      '/api/*': {
        origin: new HttpOrigin('example.com'),
        edgeLambdas: [association(plain.currentVersion as IVersion)],
      },
    },
  });
  LambdaOtlp.attach(stack.node.root, options);
  const functions = functionsOf(stack);
  expect(Object.keys(functions)).toHaveLength(2);
  for (const properties of Object.values(functions)) {
    expect(properties).not.toHaveProperty('Layers');
    expect(properties).not.toHaveProperty('Environment');
  }
  expect(warningsOf(stack)).toHaveLength(2);
});

test('an L1 function is attached like any other', () => {
  const stack = newStack();
  new CfnFunction(stack, 'Low', {
    code: { zipFile: 'exports.handler = async () => {}' },
    runtime: 'nodejs22.x',
    handler: 'index.handler',
    role: 'arn:aws:iam::123456789012:role/orders',
    environment: { variables: { TABLE: 'orders' } },
  });
  LambdaOtlp.attach(stack, options);
  const { Low } = functionsOf(stack);
  expect(Low?.Layers).toEqual([arn('node')]);
  expect(Low?.Environment?.Variables).toEqual({ TABLE: 'orders', [ENDPOINT]: endpoint });
});

test('CDK’s own functions, which run while the stack is deployed, are left alone', () => {
  const stack = newStack();
  new AwsCustomResource(stack, 'Call', {
    onCreate: {
      service: 'S3',
      action: 'listBuckets',
      physicalResourceId: PhysicalResourceId.of('x'),
    },
    policy: AwsCustomResourcePolicy.fromSdkCalls({ resources: ['*'] }),
  });
  LambdaOtlp.attach(stack, options);
  for (const properties of Object.values(functionsOf(stack)))
    expect(properties).not.toHaveProperty('Layers');
});

test('a secret header is a reference, with the permission to read it, and never a value', () => {
  const stack = newStack();
  const secret = new Secret(stack, 'Key') as ISecret;
  addFunction(stack, 'Orders');
  LambdaOtlp.attach(stack, {
    ...options,
    headers: { 'x-scope': 'a, b' },
    secretHeaders: [{ secret, header: 'Authorization', field: 'token', prefix: 'Bearer ' }],
  });
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: {
      Variables: {
        [HEADERS]: {
          'Fn::Join': [
            '',
            [
              'x-scope=a%2C%20b,Authorization=Bearer%20${secretsmanager:',
              { Ref: Match.anyValue() },
              '#token}',
            ],
          ],
        },
      },
    },
  });
  template.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({
          Action: Match.arrayWith(['secretsmanager:GetSecretValue']),
          Effect: 'Allow',
        }),
      ]),
    },
  });
});

test('without ARNs one layer version a stack is made from the built zip', () => {
  const stack = newStack();
  addFunction(stack, 'Orders');
  addFunction(stack, 'Invoices');
  LambdaOtlp.attach(stack, { endpoint, layerVersionArns: { x86_64: arn('x86_64') } });
  const build = join(__dirname, '../../build');
  if (!existsSync(join(build, 'lambda-otlp-node.zip'))) {
    mkdirSync(build, { recursive: true });
    writeFileSync(
      join(build, 'lambda-otlp-node.zip'),
      Buffer.concat([Buffer.from('PK\x05\x06'), Buffer.alloc(18)]),
    );
  }
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::Lambda::LayerVersion', 1);
  const [id] = Object.keys(template.findResources('AWS::Lambda::LayerVersion'));
  template.allResourcesProperties('AWS::Lambda::Function', { Layers: [{ Ref: id }] });
});
