// A plugin of the Serverless Framework (3, or osls): attaches the layer to every function of the service, chosen by
// runtime and architecture. What a function sets itself stays. `custom.lambdaOtlp` has the options.
import { relative } from 'node:path';
import {
  toEnvironment,
  toMissing,
  type EnvironmentProps,
  type SecretHeader,
} from '../../cdk/environment';
import { chooseLayer, findOwnLayer, type LayerName } from '../../cdk/layer-choice';
import { describeMissingZip, findLayerZip } from '../../cdk/layer-zip';

type Members = Record<string, unknown>;

interface ServerlessFunction {
  readonly runtime?: string;
  readonly architecture?: string;
  readonly image?: unknown;
  readonly lambdaOtlp?: boolean;
  readonly tags?: Readonly<Record<string, string>>;
  readonly events?: readonly (string | Members)[];
  layers?: unknown[];
  environment?: Members;
}

interface ServerlessService {
  readonly provider: {
    readonly runtime?: string;
    readonly architecture?: string;
    readonly tags?: Readonly<Record<string, string>>;
    readonly layers?: unknown[];
    readonly environment?: Members;
    iam?: { role?: unknown };
  };
  readonly custom?: { readonly lambdaOtlp?: LambdaOtlpOptions };
  readonly functions: Readonly<Record<string, ServerlessFunction>>;
  layers?: Members;
}

/** `custom.lambdaOtlp` of serverless.yml. */
export interface LambdaOtlpOptions {
  readonly endpoint: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly secretHeaders?: readonly (Omit<SecretHeader, 'secret'> & {
    readonly secretArn: string;
  })[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly layerVersionArns?: Readonly<Partial<Record<LayerName, string>>>;
}

interface Serverless {
  readonly serviceDir: string;
  readonly service: ServerlessService;
  /** `Error`: what the framework prints without a stack trace. */
  readonly classes: { readonly Error: new (message: string, code: string) => Error };
  readonly configSchemaHandler: {
    defineCustomProperties(schema: object): void;
    defineFunctionProperties(provider: string, schema: object): void;
  };
}

interface Utilities {
  readonly log: { warning(text: string): void };
}

/** Lambda's limit (AWS Lambda quotas). */
const MAX_LAYERS = 5;
/** The framework's default if neither the function nor the provider names a runtime: a Node.js. */
const DEFAULT_RUNTIME = 'nodejs20.x';
const TEXTS = { type: 'object', additionalProperties: { type: 'string' } };
const OPTIONS_SCHEMA = {
  type: 'object',
  properties: {
    endpoint: { type: 'string' },
    headers: TEXTS,
    secretHeaders: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          secretArn: { type: 'string' },
          header: { type: 'string' },
          field: { type: 'string' },
          prefix: { type: 'string' },
        },
        required: ['secretArn', 'header'],
        additionalProperties: false,
      },
    },
    environment: TEXTS,
    layerVersionArns: TEXTS,
  },
  required: ['endpoint'],
  additionalProperties: false,
};

class LambdaOtlpPlugin {
  readonly hooks: Readonly<Record<string, () => void>>;

  constructor(
    private readonly serverless: Serverless,
    _options: unknown,
    private readonly utilities: Utilities,
  ) {
    const { configSchemaHandler } = serverless;
    configSchemaHandler.defineCustomProperties({
      type: 'object',
      properties: { lambdaOtlp: OPTIONS_SCHEMA },
    });
    configSchemaHandler.defineFunctionProperties('aws', {
      properties: { lambdaOtlp: { type: 'boolean' } },
    });
    this.hooks = { initialize: () => this.attach() };
  }

  private attach(): void {
    const { service } = this.serverless;
    const options = service.custom?.lambdaOtlp;
    if (options === undefined) {
      this.warn('custom.lambdaOtlp.endpoint is not set, nothing is attached');
      return;
    }
    const environment = toEnvironment(toProps(options));
    const attached = Object.entries(service.functions).filter(([name, it]) =>
      this.attachTo(name, it, { options, environment }),
    );
    if (attached.length > 0) this.allowSecrets(options);
  }

  private attachTo(
    name: string,
    own: ServerlessFunction,
    {
      options,
      environment,
    }: {
      readonly options: LambdaOtlpOptions;
      readonly environment: Readonly<Record<string, string>>;
    },
  ): boolean {
    const { provider } = this.serverless.service;
    const tag = { ...provider.tags, ...own.tags }['lambda-otlp'];
    if (own.lambdaOtlp === false || tag?.toLowerCase() === 'off') return false;
    // The framework takes the variables from such a function itself, but not the layers.
    if (own.events?.some((event) => typeof event === 'object' && 'cloudFront' in event))
      return this.skip(name, 'Lambda@Edge takes neither layers nor environment variables');
    const shape = {
      packageType: own.image === undefined ? 'Zip' : 'Image',
      runtime: own.runtime ?? provider.runtime ?? DEFAULT_RUNTIME,
      architectures: [own.architecture ?? provider.architecture ?? 'x86_64'],
    };
    const choice = chooseLayer(shape);
    if (choice.kind === 'none') return this.skip(name, choice.reason);
    const present = own.layers ?? provider.layers ?? [];
    // A layer of ours that is there already stays: Lambda refuses two versions of one layer.
    const given = options.layerVersionArns?.[choice.layer];
    if (!present.some((arn) => findOwnLayer(arn) !== undefined || arn === given)) {
      if (present.length >= MAX_LAYERS) {
        const reason = `it has ${present.length} layers already, Lambda takes ${MAX_LAYERS}`;
        return this.skip(name, reason);
      }
      const layer = this.findLayer(choice.layer, options);
      if (layer === undefined) {
        const reason = describeMissingZip(choice.layer, shape);
        throw new this.serverless.classes.Error(
          `lambda-otlp is not attached to ${name}: ${reason}`,
          'LAMBDA_OTLP_NO_LAYER',
        );
      }
      own.layers = [...present, layer];
    }
    const theirs = { ...provider.environment, ...own.environment };
    own.environment = { ...toMissing(environment, theirs), ...own.environment };
    return true;
  }

  private skip(name: string, reason: string): false {
    this.warn(`not attached to ${name}: ${reason}`);
    return false;
  }

  /** Undefined: no ARN is given, and the zip is not in this package. */
  private findLayer(layer: LayerName, { layerVersionArns }: LambdaOtlpOptions): unknown {
    const arn = layerVersionArns?.[layer];
    if (arn !== undefined) return arn;
    const zip = findLayerZip(layer);
    if (zip === undefined) return undefined;
    const key = `lambdaOtlp${layer === 'node' ? 'Node' : layer === 'arm64' ? 'Arm64' : 'X86'}`;
    const { service, serviceDir } = this.serverless;
    service.layers = {
      ...service.layers,
      [key]: {
        name: `lambda-otlp-${layer}`,
        package: { artifact: relative(serviceDir, zip) },
        licenseInfo: 'Apache-2.0',
      },
    };
    return { Ref: `L${key.slice(1)}LambdaLayer` };
  }

  private allowSecrets({ secretHeaders = [] }: LambdaOtlpOptions): void {
    if (secretHeaders.length === 0) return;
    const { provider } = this.serverless.service;
    const role = provider.iam?.role ?? {};
    if (typeof role !== 'object' || 'Fn::GetAtt' in role || 'Ref' in role) {
      this.warn('grant the role of the functions secretsmanager:GetSecretValue on the secrets');
      return;
    }
    const { statements = [] } = role as { readonly statements?: readonly unknown[] };
    const statement = {
      Effect: 'Allow',
      Action: 'secretsmanager:GetSecretValue',
      Resource: secretHeaders.map(({ secretArn }) => secretArn),
    };
    provider.iam = { ...provider.iam, role: { ...role, statements: [...statements, statement] } };
  }

  private warn(text: string): void {
    this.utilities.log.warning(`lambda-otlp: ${text}`);
  }
}

function toProps({ secretHeaders = [], ...options }: LambdaOtlpOptions): EnvironmentProps {
  return {
    ...options,
    secretHeaders: secretHeaders.map(({ secretArn, ...header }) => ({
      ...header,
      secret: { secretArn },
    })),
  };
}

export default LambdaOtlpPlugin;
