// The zips of the layers in this package, and the message if one is missing.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { FunctionShape, LayerName } from './layer-choice';

/** Beside this folder in the package, and in a checkout after a build. */
const FOLDER = join(__dirname, '../build');

/** Undefined if this package was made without it. */
export function findLayerZip(layer: LayerName): string | undefined {
  const zip = join(FOLDER, `lambda-otlp-${layer}.zip`);
  return existsSync(zip) ? zip : undefined;
}

/** Why a function of this shape gets no layer, and the two remedies. */
export function describeMissingZip(layer: LayerName, { runtime }: FunctionShape): string {
  const architecture = layer === 'node' ? '' : ` on ${layer}`;
  return [
    `this package was made without lambda-otlp-${layer}.zip, the layer for ${String(runtime)}${architecture}.`,
    `Set layerVersionArns.${layer} to the ARN of a published one; or make the package with it: in a checkout of`,
    `lambda-otlp, npm run build${layer === 'node' ? '' : ' -- --standalone'} and npm pack`,
  ].join(' ');
}
