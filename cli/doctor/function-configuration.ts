// A function as the doctor knows it: from its environment variables alone, or from what
// `aws lambda get-function-configuration` and `get-function` print.

export interface FunctionConfiguration {
  /** The function's own variables, without those that Lambda adds. */
  readonly variables: Readonly<Record<string, string>>;
  /** Undefined if only the variables are known. */
  readonly deployment?: Deployment;
  /** Lambda's error code, if it did not return the variables. */
  readonly unreadable?: string;
}

export interface Deployment {
  readonly name: string;
  readonly packageType: 'Zip' | 'Image';
  readonly runtime?: string;
  readonly architecture: string;
  readonly memoryMb: number;
  readonly timeoutS: number;
  /** ARNs of layer versions. */
  readonly layers: readonly string[];
  readonly isInVpc: boolean;
  readonly region?: string;
}

const ONE_FUNCTION =
  'is printed by: aws lambda get-function-configuration --function-name NAME --output json';

export class InputError extends Error {}

/** @throws InputError when the text is neither of the known forms. */
export function readFunctionConfiguration(text: string, source: string): FunctionConfiguration {
  const value = parse(text.replace(/^\uFEFF/, ''), source);
  const whole =
    isObject(value) && isObject(value['Configuration']) ? value['Configuration'] : value;
  if (!isObject(whole)) {
    throw new InputError(
      `${source}: expected a JSON object, got ${kindOf(whole)}; variables are {"NAME": "VALUE"}, a function’s configuration ${ONE_FUNCTION}`,
    );
  }
  const functions = whole['Functions'];
  if (Array.isArray(functions)) {
    throw new InputError(
      `${source}: expected one function, got a list of ${functions.length}; the configuration of one ${ONE_FUNCTION}`,
    );
  }
  if (isConfiguration(whole)) return readDeployment(whole, source);
  const variables = isObject(whole['Variables']) ? whole['Variables'] : whole;
  return { variables: readVariables(variables, source) };
}

/**
 * Also true for a part selected by `--query` or a template's properties, since no variable holds an object or a list.
 */
function isConfiguration(whole: Readonly<Record<string, unknown>>): boolean {
  const { FunctionName, Environment, Layers } = whole;
  return typeof FunctionName === 'string' || isObject(Environment) || Array.isArray(Layers);
}

function parse(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InputError(`${source}: expected JSON, got ${describeText(text)}`);
  }
}

/** Used instead of JSON.parse's own message, which quotes a piece of the text that may be a credential. */
function describeText(text: string): string {
  const start = text.trimStart();
  if (start === '') return `nothing; a function’s configuration ${ONE_FUNCTION}`;
  if (start.startsWith('<')) return `XML or HTML; a function’s configuration ${ONE_FUNCTION}`;
  if (/^(export\s+)?[A-Za-z_]\w*=/.test(start))
    return 'lines of NAME=VALUE; write them as {"NAME": "VALUE"}';
  return `text that is not JSON; variables are {"NAME": "VALUE"}, a function’s configuration ${ONE_FUNCTION}`;
}

function readDeployment(
  whole: Readonly<Record<string, unknown>>,
  source: string,
): FunctionConfiguration {
  const environment = isObject(whole['Environment']) ? whole['Environment'] : {};
  const { Error: failure } = environment;
  const variables = isObject(environment['Variables']) ? environment['Variables'] : {};
  const [architecture] = listOf(whole['Architectures']);
  const runtime = textOf(whole['Runtime']);
  const region = /^arn:[\w-]+:lambda:([\w-]+):/.exec(textOf(whole['FunctionArn']) ?? '')?.[1];
  return {
    variables: readVariables(variables, source),
    ...(isObject(failure) && { unreadable: textOf(failure['ErrorCode']) ?? 'no reason given' }),
    deployment: {
      name: textOf(whole['FunctionName']) ?? 'the function',
      packageType: whole['PackageType'] === 'Image' ? 'Image' : 'Zip',
      ...(runtime !== undefined && { runtime }),
      architecture: textOf(architecture) ?? 'x86_64',
      memoryMb: numberOf(whole['MemorySize']) ?? 128,
      timeoutS: numberOf(whole['Timeout']) ?? 3,
      layers: listOf(whole['Layers']).flatMap((layer) =>
        isObject(layer) ? (textOf(layer['Arn']) ?? []) : [],
      ),
      isInVpc: isObject(whole['VpcConfig']) && listOf(whole['VpcConfig']['SubnetIds']).length > 0,
      ...(region !== undefined && { region }),
    },
  };
}

function readVariables(
  value: Readonly<Record<string, unknown>>,
  source: string,
): Record<string, string> {
  const wrong = Object.entries(value).find(
    ([, member]) => !['string', 'number', 'boolean'].includes(typeof member),
  );
  if (wrong !== undefined) {
    throw new InputError(
      `${source}: expected variables with text values, got ${kindOf(wrong[1])} for ${wrong[0]}`,
    );
  }
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, String(member)]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;
const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' ? value : undefined;
