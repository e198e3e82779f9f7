// What `verify` will make in the account, as data: each step with the call that makes it and the one that deletes
// it, so that the plan that is printed is the plan that is run.

export interface TestFunction {
  readonly id: 'node' | 'python' | 'arm64';
  readonly runtime: string;
  readonly architecture: 'x86_64' | 'arm64';
  readonly layer: 'node' | 'x86_64' | 'arm64';
  readonly source: 'function.mjs' | 'function.py';
}

export const TEST_FUNCTIONS: readonly TestFunction[] = [
  {
    id: 'node',
    runtime: 'nodejs22.x',
    architecture: 'x86_64',
    layer: 'node',
    source: 'function.mjs',
  },
  {
    id: 'python',
    runtime: 'python3.13',
    architecture: 'x86_64',
    layer: 'x86_64',
    source: 'function.py',
  },
  {
    id: 'arm64',
    runtime: 'python3.13',
    architecture: 'arm64',
    layer: 'arm64',
    source: 'function.py',
  },
];

/** The last one brings what only comes with the next invocation: the report of the one before. */
export const ACTIONS = ['answer', 'throw', 'time out', 'run out of memory', 'answer'] as const;
export type Action = (typeof ACTIONS)[number];

export interface Names {
  /** Of everything that is made: `lambda-otlp-verify-RUN`. */
  readonly prefix: string;
  readonly role: string;
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

/** Nothing is sent to an endpoint: the extension prints what it would send, and the log is read. */
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

export const toLayerCalls = (names: Names, layer: TestFunction['layer'], zip: string) => ({
  publish: [
    'lambda',
    'publish-layer-version',
    '--layer-name',
    names.layerName(layer),
    '--zip-file',
    `fileb://${zip}`,
  ],
  remove: (version: number) => [
    'lambda',
    'delete-layer-version',
    '--layer-name',
    names.layerName(layer),
    '--version-number',
    String(version),
  ],
});

export interface Deployment {
  readonly roleArn: string;
  readonly layerArn: string;
  /** Path of the zipped source. */
  readonly zip: string;
}

export const toFunctionCalls = (names: Names, { id, runtime, architecture }: TestFunction) => {
  const name = names.functionName(id);
  return {
    create: ({ roleArn, layerArn, zip }: Deployment) => [
      ...[
        'lambda',
        'create-function',
        '--function-name',
        name,
        '--runtime',
        runtime,
        '--handler',
        'function.handler',
      ],
      ...[
        '--architectures',
        architecture,
        '--role',
        roleArn,
        '--layers',
        layerArn,
        '--zip-file',
        `fileb://${zip}`,
      ],
      // JSON with system events: CloudWatch then holds what the Telemetry API delivered, fit for replay.
      ...['--logging-config', 'LogFormat=JSON,ApplicationLogLevel=TRACE,SystemLogLevel=DEBUG'],
      ...[
        '--timeout',
        '5',
        '--memory-size',
        '256',
        '--environment',
        JSON.stringify({ Variables: VARIABLES }),
      ],
    ],
    wait: ['lambda', 'wait', 'function-active-v2', '--function-name', name],
    invoke: (action: Action, answer: string) => [
      ...['lambda', 'invoke', '--function-name', name, '--cli-binary-format', 'raw-in-base64-out'],
      ...['--payload', JSON.stringify({ action }), answer],
    ],
    readLog: ['logs', 'filter-log-events', '--log-group-name', names.logGroup(id)],
    remove: ['lambda', 'delete-function', '--function-name', name],
    removeLog: ['logs', 'delete-log-group', '--log-group-name', names.logGroup(id)],
  };
};
