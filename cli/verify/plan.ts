// What `verify` creates in the account, as data: each thing with the calls that create and delete it.

export interface TestFunction {
  readonly id: 'node' | 'python' | 'arm64' | 'image';
  /** A container image cannot have a layer; the layer's files are in the image. */
  readonly packageType: 'Zip' | 'Image';
  readonly runtime: string;
  readonly architecture: 'x86_64' | 'arm64';
  readonly layer: 'node' | 'x86_64' | 'arm64';
  readonly source: 'function.mjs' | 'function.py';
}

export const TEST_FUNCTIONS: readonly TestFunction[] = [
  {
    id: 'node',
    packageType: 'Zip',
    runtime: 'nodejs22.x',
    architecture: 'x86_64',
    layer: 'node',
    source: 'function.mjs',
  },
  {
    id: 'python',
    packageType: 'Zip',
    runtime: 'python3.13',
    architecture: 'x86_64',
    layer: 'x86_64',
    source: 'function.py',
  },
  {
    id: 'arm64',
    packageType: 'Zip',
    runtime: 'python3.13',
    architecture: 'arm64',
    layer: 'arm64',
    source: 'function.py',
  },
  {
    id: 'image',
    packageType: 'Image',
    runtime: 'python3.13',
    architecture: 'x86_64',
    layer: 'x86_64',
    source: 'function.py',
  },
];

/** The last invocation is there because the report of an invocation only comes with the next one. */
export const ACTIONS = ['answer', 'throw', 'time out', 'run out of memory', 'answer'] as const;
export type Action = (typeof ACTIONS)[number];

export interface Names {
  /** The prefix of all names: `lambda-otlp-verify-RUN`. */
  readonly prefix: string;
  readonly role: string;
  /** The Amazon ECR repository for the container image. */
  readonly repository: string;
  functionName(id: TestFunction['id']): string;
  layerName(layer: TestFunction['layer']): string;
  logGroup(id: TestFunction['id']): string;
}

export function nameAll(run: string): Names {
  const prefix = `lambda-otlp-verify-${run}`;
  const functionName = (id: string): string => `${prefix}-${id}`;
  return {
    prefix,
    role: prefix,
    repository: prefix,
    functionName,
    layerName: (layer) => `${prefix}-layer-${layer}`,
    logGroup: (id) => `/aws/lambda/${functionName(id)}`,
  };
}

const TRUST = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
  ],
};
const BASIC_POLICY = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole';

/** The extension prints what it would send instead of sending it, and `verify` reads the log. */
const VARIABLES = {
  OTEL_TRACES_EXPORTER: 'console',
  OTEL_METRICS_EXPORTER: 'console',
  OTEL_LOGS_EXPORTER: 'console',
  LAMBDA_OTLP_FLUSH: 'end',
} as const;

export const toRoleCalls = ({ role }: Names) => ({
  create: [
    'iam',
    'create-role',
    '--role-name',
    role,
    '--assume-role-policy-document',
    JSON.stringify(TRUST),
  ],
  allow: ['iam', 'attach-role-policy', '--role-name', role, '--policy-arn', BASIC_POLICY],
  forbid: ['iam', 'detach-role-policy', '--role-name', role, '--policy-arn', BASIC_POLICY],
  remove: ['iam', 'delete-role', '--role-name', role],
});

export const toLayerCalls = (names: Names, layer: TestFunction['layer'], zip: string) => {
  const name = ['--layer-name', names.layerName(layer)];
  return {
    publish: ['lambda', 'publish-layer-version', ...name, '--zip-file', `fileb://${zip}`],
    // The name is unique to this run, so version 1 is the only one.
    remove: ['lambda', 'delete-layer-version', ...name, '--version-number', '1'],
  };
};

export const toImageCalls = ({ repository }: Names) => ({
  createRepository: ['ecr', 'create-repository', '--repository-name', repository],
  removeRepository: ['ecr', 'delete-repository', '--repository-name', repository, '--force'],
  password: ['ecr', 'get-login-password'],
  build: (image: string, context: string) => [
    ...['build', '--platform', 'linux/amd64', '--tag', image, context],
  ],
});

/** Where a function's code is: zipped source and layer, or the image that has both. */
export type Deployment =
  | { readonly roleArn: string; readonly layerArn: string; readonly zip: string }
  | { readonly roleArn: string; readonly imageUri: string };

/** JSON with system events: CloudWatch then contains what the Telemetry API delivered, in a form that replay reads. */
const LOGGING = 'LogFormat=JSON,ApplicationLogLevel=TRACE,SystemLogLevel=DEBUG';

export const toFunctionCalls = (names: Names, { id, runtime, architecture }: TestFunction) => {
  const name = ['--function-name', names.functionName(id)];
  const toCode = (deployment: Deployment): readonly string[] =>
    'imageUri' in deployment
      ? ['--package-type', 'Image', '--code', `ImageUri=${deployment.imageUri}`]
      : [
          ...['--runtime', runtime, '--handler', 'function.handler'],
          ...['--layers', deployment.layerArn, '--zip-file', `fileb://${deployment.zip}`],
        ];
  return {
    create: (deployment: Deployment) => [
      ...['lambda', 'create-function', ...name, '--role', deployment.roleArn],
      ...['--architectures', architecture, ...toCode(deployment)],
      ...['--logging-config', LOGGING, '--timeout', '5', '--memory-size', '256'],
      ...['--environment', JSON.stringify({ Variables: VARIABLES })],
    ],
    wait: ['lambda', 'wait', 'function-active-v2', ...name],
    /** `payload` is a file, because the two versions of the CLI read text differently. */
    invoke: (payload: string, answer: string) => [
      ...['lambda', 'invoke', ...name, '--payload', `fileb://${payload}`, answer],
    ],
    readLog: ['logs', 'filter-log-events', '--log-group-name', names.logGroup(id)],
    remove: ['lambda', 'delete-function', ...name],
    removeLog: ['logs', 'delete-log-group', '--log-group-name', names.logGroup(id)],
  };
};
