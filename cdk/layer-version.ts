// One layer version a stack and layer, made from the zip that this package brings.
import { join } from 'node:path';
import { existsSync } from 'node:fs';
import type { Stack } from 'aws-cdk-lib';
import { Architecture, Code, LayerVersion } from 'aws-cdk-lib/aws-lambda';
import type { LayerName } from './layer-choice';

/** Of the installed package, or of a checkout after `npm run build -- --standalone`. */
const FOLDERS = [join(__dirname, '../layers'), join(__dirname, '../build')];

const ARCHITECTURES: Readonly<Record<LayerName, Architecture[]>> = {
  node: [Architecture.X86_64, Architecture.ARM_64],
  x86_64: [Architecture.X86_64],
  arm64: [Architecture.ARM_64],
};

/** @throws when no ARN is given and the zip is not there. */
export function findLayerVersionArn(stack: Stack, layer: LayerName, given?: string): string {
  if (given !== undefined) return given;
  const id = `LambdaOtlpLayer-${layer}`;
  const present = stack.node.tryFindChild(id) as LayerVersion | undefined;
  const version =
    present ??
    new LayerVersion(stack, id, {
      code: Code.fromAsset(findZip(layer)),
      compatibleArchitectures: ARCHITECTURES[layer],
      description: 'Telemetry API to OTLP',
      license: 'Apache-2.0',
    });
  return version.layerVersionArn;
}

function findZip(layer: LayerName): string {
  const name = `lambda-otlp-${layer}.zip`;
  const found = FOLDERS.map((folder) => join(folder, name)).find(existsSync);
  if (found !== undefined) return found;
  throw new Error(
    `${name}: expected in ${FOLDERS.join(' or ')}, found in neither; give layerVersionArns.${layer}, or make the package where it is built: npm run build -- --standalone, before npm pack`,
  );
}
