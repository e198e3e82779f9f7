// Each language's function with its SDK, as OpenTelemetry's Lambda layers and documentation instrument it.
import { dirname, join } from 'node:path';
import type { LocalLambdaOptions } from 'local-lambda/lambda/local-lambda-options';

const FUNCTIONS = join(__dirname, 'functions');
/** Has what instruments a handler, and is that of the container image's template. */
const PYTHON_TEMPLATE = join(__dirname, '../../layer/templates/functions/python');
const JAVA_RUNTIME = 'com.amazonaws.services.lambda.runtime.api.client.AWSLambda';

type Runtime = Pick<LocalLambdaOptions, 'handler' | 'bootstrap'> & {
  readonly settings: Readonly<Record<string, string>>;
};

export interface Language {
  readonly name: string;
  readonly protocols: readonly [string, ...string[]];
  /** The propagator of X-Ray's header, as this SDK calls it. */
  readonly xRay: string;
  readonly start: (installed: string) => Runtime;
  /** Where it was installed; absent: it could not be. */
  readonly installed: string | undefined;
}

const { SDK_PYTHON, SDK_NODE, SDK_GO, SDK_JAVA } = process.env;

export const LANGUAGES: readonly Language[] = [
  {
    name: 'Python',
    protocols: ['http/protobuf', 'grpc'],
    xRay: 'xray-lambda',
    installed: SDK_PYTHON,
    start: (python) => ({
      bootstrap: [python, '-m', 'awslambdaric', 'instrumented.handler'],
      settings: {
        PYTHONPATH: `${FUNCTIONS}:${PYTHON_TEMPLATE}`,
        ORIG_HANDLER: 'function.handler',
        _HANDLER: 'instrumented.handler',
      },
    }),
  },
  {
    name: 'Node.js',
    protocols: ['http/protobuf', 'http/json', 'grpc'],
    xRay: 'xray-lambda',
    installed: SDK_NODE,
    start: (register) => ({
      handler: join(FUNCTIONS, 'function.handler'),
      settings: {
        NODE_OPTIONS: `--require ${join(FUNCTIONS, 'instrument.cjs')}`,
        SDK_NODE: register,
        // Not of http: the local Lambda's runtime asks for its events by it.
        OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'aws-lambda',
      },
    }),
  },
  {
    name: 'Go',
    protocols: ['http/protobuf', 'grpc'],
    xRay: 'xray',
    installed: SDK_GO,
    start: (bootstrap) => ({ bootstrap: [bootstrap], settings: {} }),
  },
  {
    name: 'Java',
    protocols: ['http/protobuf', 'grpc'],
    xRay: 'xray-lambda',
    installed: SDK_JAVA,
    // As in AWS's own runtimes: a loader of its own takes the function from `user.dir`, which is /var/task there.
    start: (agent) => {
      const target = dirname(dirname(agent));
      const runtime = `${target}/runtime/*`;
      return toJava(agent, [`-Duser.dir=${target}/classes`, '-cp', runtime]);
    },
  },
  {
    name: 'Java in a container image',
    protocols: ['http/protobuf'],
    xRay: 'xray-lambda',
    installed: SDK_JAVA,
    // As AWS's documentation starts the runtime in an image that is not its own: everything on one class path.
    start: (agent) => {
      const target = dirname(dirname(agent));
      return toJava(agent, [
        '-cp',
        `${target}/classes:${target}/classes/lib/*:${target}/runtime/*`,
      ]);
    },
  },
];

function toJava(agent: string, options: readonly string[]): Runtime {
  const java = ['java', `-javaagent:${agent}`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  return {
    bootstrap: [...java, ...options, JAVA_RUNTIME, 'example.Function::handleRequest'],
    settings: {},
  };
}
