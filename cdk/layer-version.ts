// One layer version for each stack and layer, made from the zip in this package.
import type { Stack } from 'aws-cdk-lib';
import { Architecture, Code, LayerVersion } from 'aws-cdk-lib/aws-lambda';
import type { LayerName } from './layer-choice';
import { findLayerZip } from './layer-zip';

const ARCHITECTURES: Readonly<Record<LayerName, Architecture[]>> = {
  node: [Architecture.X86_64, Architecture.ARM_64],
  x86_64: [Architecture.X86_64],
  arm64: [Architecture.ARM_64],
};

/** Undefined: no ARN is given, and the zip is not in this package. */
export function findLayerVersionArn(
  stack: Stack,
  layer: LayerName,
  given?: string,
): string | undefined {
  if (given !== undefined) return given;
  const id = `LambdaOtlpLayer-${layer}`;
  const present = stack.node.tryFindChild(id) as LayerVersion | undefined;
  if (present !== undefined) return present.layerVersionArn;
  const zip = findLayerZip(layer);
  if (zip === undefined) return undefined;
  const version = new LayerVersion(stack, id, {
    code: Code.fromAsset(zip),
    compatibleArchitectures: ARCHITECTURES[layer],
    description: 'Telemetry API to OTLP',
    license: 'Apache-2.0',
  });
  return version.layerVersionArn;
}
