// What publishing the layers means, as data: the arguments of each `aws` call, made from validated
// options, so that a dry run prints exactly what --execute would run.
import { relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { typed } from '../cli/command-line';

export type LayerName = 'node' | 'x86_64' | 'arm64';

export interface PublishOptions {
  readonly regions: readonly string[];
  readonly layers: readonly LayerName[];
  readonly namePrefix: string;
  /** Folder of the built zips. */
  readonly from: string;
  readonly isPublic: boolean;
  readonly execute: boolean;
}

export interface Publication {
  readonly layer: LayerName;
  readonly layerName: string;
  readonly region: string;
  readonly zip: string;
  /** Arguments of `aws` that publish the version and print its ARN. */
  readonly publish: readonly string[];
  /** Arguments of `aws` that let every account use version `version`, if asked for. */
  readonly permit?: (version: string) => readonly string[];
}

interface LayerDescription {
  readonly description: string;
  readonly license: string;
  /** At most 15 (PublishLayerVersion API, CompatibleRuntimes). */
  readonly runtimes: readonly string[];
  readonly architectures: readonly string[];
}

// The host is one static binary: any image that Lambda runs has what it needs. These are the managed runtimes.
const OTHER_RUNTIMES = [
  'python3.10 python3.11 python3.12 python3.13 python3.14 java11 java17 java21 java25',
  'dotnet8 dotnet10 ruby3.3 ruby3.4 provided.al2 provided.al2023',
].flatMap((line) => line.split(' '));

const LAYERS: Readonly<Record<LayerName, LayerDescription>> = {
  node: {
    description: 'Telemetry API to OTLP, for Node.js runtimes',
    license: 'Apache-2.0',
    runtimes: ['nodejs20.x', 'nodejs22.x', 'nodejs24.x'],
    architectures: ['x86_64', 'arm64'],
  },
  x86_64: {
    description: 'Telemetry API to OTLP, for any runtime',
    license: 'Apache-2.0; others: see lambda-otlp/LICENSES.txt',
    runtimes: OTHER_RUNTIMES,
    architectures: ['x86_64'],
  },
  arm64: {
    description: 'Telemetry API to OTLP, for any runtime',
    license: 'Apache-2.0; others: see lambda-otlp/LICENSES.txt',
    runtimes: OTHER_RUNTIMES,
    architectures: ['arm64'],
  },
};

export const USAGE = `usage: ${typed('publish')} --region REGION [--region REGION]... [options]

Publishes the layers to your account, by the AWS CLI, and prints the ARN of each. Without --execute it prints the
commands and does nothing.

  -r, --region REGION             where, repeatable
  -l, --layer node|x86_64|arm64   layers to publish, repeatable (default: node)
      --name-prefix NAME          layer names are NAME-node, NAME-x86_64, NAME-arm64 (default: lambda-otlp)
      --from FOLDER               folder of the built zips (default: those of this package)
      --public                    let every AWS account use the published version
      --execute                   run the commands; without it they are only printed
  -h, --help                      this text

Exit code: 0 success, 1 failure, 2 wrong use.`;

function readLayer(name: string): LayerName {
  if (name === 'node' || name === 'x86_64' || name === 'arm64') return name;
  throw new Error(`--layer: expected node, x86_64 or arm64, got '${name}'`);
}

function readRegion(region: string): string {
  if (/^[a-z]{2}(-[a-z]+)+-\d{1,2}$/.test(region)) return region;
  throw new Error(`--region: expected an AWS region such as eu-central-1, got '${region}'`);
}

/** @throws with a message for the user when an argument is unknown, missing or malformed. */
export function readPublishOptions(args: readonly string[]): PublishOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      region: { type: 'string', short: 'r', multiple: true, default: [] },
      layer: { type: 'string', short: 'l', multiple: true, default: ['node'] },
      'name-prefix': { type: 'string', default: 'lambda-otlp' },
      from: { type: 'string', default: relative(process.cwd(), resolve(__dirname, '../build')) },
      public: { type: 'boolean', default: false },
      execute: { type: 'boolean', default: false },
    },
  });
  const namePrefix = values['name-prefix'];
  if (!/^[A-Za-z0-9_-]{1,100}$/.test(namePrefix)) {
    throw new Error(`--name-prefix: expected letters, digits, - and _, got '${namePrefix}'`);
  }
  const regions = [...new Set(values.region.map(readRegion))];
  if (regions.length === 0) throw new Error('--region: expected at least one, got none');
  return {
    regions,
    layers: [...new Set(values.layer.map(readLayer))],
    namePrefix,
    from: values.from,
    isPublic: values.public,
    execute: values.execute,
  };
}

interface Target {
  readonly layer: LayerName;
  readonly region: string;
  readonly version: string;
}

function toPublication(options: PublishOptions, target: Target): Publication {
  const { layer, region, version } = target;
  const { description, license, runtimes, architectures } = LAYERS[layer];
  const layerName = `${options.namePrefix}-${layer}`;
  const zip = `${options.from}/lambda-otlp-${layer}.zip`;
  const common = ['--region', region, '--layer-name', layerName];
  const publish = [
    ...['lambda', 'publish-layer-version', ...common],
    ...['--description', `lambda-otlp ${version}: ${description}`],
    ...['--license-info', license, '--compatible-runtimes', ...runtimes],
    ...['--compatible-architectures', ...architectures],
    ...['--zip-file', `fileb://${zip}`, '--query', 'LayerVersionArn', '--output', 'text'],
  ];
  if (!options.isPublic) return { layer, layerName, region, zip, publish };
  const permit = (versionNumber: string): readonly string[] => [
    ...['lambda', 'add-layer-version-permission', ...common, '--version-number', versionNumber],
    ...['--statement-id', 'public', '--principal', '*', '--action', 'lambda:GetLayerVersion'],
  ];
  return { layer, layerName, region, zip, publish, permit };
}

/** The publications in order: region by region, each layer once. `version` is lambda-otlp's own. */
export function planPublications(options: PublishOptions, version: string): readonly Publication[] {
  return options.regions.flatMap((region) =>
    options.layers.map((layer) => toPublication(options, { layer, region, version })),
  );
}

/** `args` as one line that a POSIX shell reads back unchanged. */
export function toShellLine(args: readonly string[]): string {
  const quote = (text: string): string =>
    /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
  return args.map(quote).join(' ');
}
