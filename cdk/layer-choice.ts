// Which layer a function needs, by its package type, runtime and architecture.

/** `node` uses the Node.js of the runtime, the others bring a host of their own. */
export type LayerName = 'node' | 'x86_64' | 'arm64';

export interface FunctionShape {
  readonly packageType?: unknown;
  readonly runtime?: unknown;
  readonly architectures?: unknown;
}

/** What the start script of the node layer requires of the runtime's own Node.js. */
const OLDEST_NODE_MAJOR = 18;

const OWN_LAYER = /:layer:[\w-]*lambda-otlp-(node|x86_64|arm64)\b/;

/** Which of our layers an ARN belongs to; undefined for another layer, or if the ARN is known only after deployment. */
export function findOwnLayer(arn: unknown): LayerName | undefined {
  return typeof arn === 'string' ? (OWN_LAYER.exec(arn)?.[1] as LayerName | undefined) : undefined;
}

export type LayerChoice =
  | { readonly kind: 'layer'; readonly layer: LayerName }
  | { readonly kind: 'none'; readonly reason: string };

/** The shape holds resolved CloudFormation values: an object stands for a value that is known only at deployment. */
export function chooseLayer({ packageType, runtime, architectures }: FunctionShape): LayerChoice {
  if (packageType === 'Image') {
    return {
      kind: 'none',
      reason: 'a container image takes no layers: COPY the layer to /opt in its Dockerfile',
    };
  }
  if (typeof runtime !== 'string') {
    return { kind: 'none', reason: 'its runtime is not known before it is deployed' };
  }
  const nodeMajor = /^nodejs(\d+)/.exec(runtime)?.[1];
  if (nodeMajor !== undefined && Number(nodeMajor) >= OLDEST_NODE_MAJOR) {
    return { kind: 'layer', layer: 'node' };
  }
  const architecture: unknown = Array.isArray(architectures) ? architectures[0] : 'x86_64';
  if (architecture === 'arm64' || architecture === 'x86_64')
    return { kind: 'layer', layer: architecture };
  return { kind: 'none', reason: 'its architecture is not known before it is deployed' };
}
