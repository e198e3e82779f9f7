// Checks the function's deployment: layers that fit or conflict, memory, timeout, network.
import { chooseLayer, findOwnLayer } from '../../cdk/layer-choice';
import type { Finding } from './finding';
import type { Deployment, FunctionConfiguration } from './function-configuration';

/** The names of other layers: opentelemetry-lambda's, ADOT's and those of vendors. */
const COLLECTOR_LAYER =
  /:layer:(opentelemetry-collector|aws-otel-(?:collector|java|nodejs|python|js)\b)/;
const SDK_LAYER =
  /:layer:(opentelemetry-(?:nodejs|python|java\w*|ruby)|AWSOpenTelemetryDistro\w+|aws-otel-\w+)/;
const VENDOR_LAYER =
  /:layer:(Datadog-Extension|NewRelic\w+|Dynatrace\w+|elastic-apm\w*|rotel-extension|coralogix\w+|SentryNode\w+|dash0\w*)/i;

/** With less memory, an extension that shares the function's CPU is noticeable (README, "What it costs"). */
const LITTLE_MEMORY_MB = 256;
/** A flush budget of half a second and Lambda's batch window must fit. */
const SHORT_TIMEOUT_S = 2;

/** The name of a Collector layer, which listens on localhost; undefined if there is none that is known. */
export function findCollector(deployment: Deployment | undefined): string | undefined {
  return findLayer(deployment?.layers ?? [], COLLECTOR_LAYER);
}

const findLayer = (layers: readonly string[], pattern: RegExp): string | undefined =>
  layers.map((arn) => pattern.exec(arn)?.[1]).find((name) => name !== undefined);

export function checkDeployment({
  deployment,
  variables,
  unreadable,
}: FunctionConfiguration): readonly Finding[] {
  if (deployment === undefined) return [];
  return [
    ...checkOwnLayer(deployment),
    ...checkOtherLayers(deployment, unreadable === undefined ? variables : undefined),
    ...checkSize(deployment),
  ];
}

function checkOwnLayer(deployment: Deployment): readonly Finding[] {
  const { packageType, runtime, architecture, layers } = deployment;
  if (packageType === 'Image') {
    const next = 'COPY the layer to /opt in the Dockerfile (README, "Which layer")';
    return [
      note(
        'PackageType',
        'a container image: the configuration does not show whether the layer is in it',
        next,
      ),
    ];
  }
  const choice = chooseLayer({ runtime, architectures: [architecture] });
  const fitting = choice.kind === 'layer' ? `lambda-otlp-${choice.layer}` : 'lambda-otlp';
  const own = layers.map(findOwnLayer).filter((name) => name !== undefined);
  if (own.length === 0) {
    return [
      fault(
        'Layers',
        'expected a layer of lambda-otlp, found none',
        `attach ${fitting}; a layer published under another name is not recognized`,
      ),
    ];
  }
  if (own.length > 1)
    return [
      fault(
        'Layers',
        `expected one layer of lambda-otlp, found ${own.length}`,
        `keep ${fitting} only`,
      ),
    ];
  const [name] = own;
  if (name === 'node' && fitting !== 'lambda-otlp-node') {
    const reason = runtime?.startsWith('nodejs') ? 'is older than 18.19' : 'has none';
    return [
      fault(
        'Layers',
        `lambda-otlp-node uses the runtime's own Node.js, and ${runtime ?? 'this runtime'} ${reason}: the function runs without telemetry`,
        `attach lambda-otlp-${architecture} instead`,
      ),
    ];
  }
  if (name !== 'node' && name !== architecture) {
    return [
      fault(
        'Layers',
        `lambda-otlp-${String(name)} does not run on ${architecture}`,
        `attach ${fitting} instead`,
      ),
    ];
  }
  return [];
}

function checkOtherLayers(
  deployment: Deployment,
  variables: FunctionConfiguration['variables'] | undefined,
): readonly Finding[] {
  const named = (pattern: RegExp): string | undefined => findLayer(deployment.layers, pattern);
  const findings: Finding[] = [];
  const collector = findCollector(deployment);
  if (collector !== undefined) {
    findings.push(
      warning(
        'Layers',
        `${collector} contains an OpenTelemetry Collector, which also listens on port 4318 and is billed in addition to this layer`,
        'remove it and let the function’s SDK send to this layer, or keep it and leave LAMBDA_OTLP_RECEIVER unset',
      ),
    );
  } else {
    const sdk = named(SDK_LAYER);
    if (sdk !== undefined && variables !== undefined && !variables['AWS_LAMBDA_EXEC_WRAPPER']) {
      findings.push(
        warning(
          'AWS_LAMBDA_EXEC_WRAPPER',
          `${sdk} does nothing without it`,
          'set it as described in that layer’s documentation',
        ),
      );
    }
  }
  const vendor = named(VENDOR_LAYER);
  if (vendor !== undefined) {
    findings.push(
      warning(
        'Layers',
        `${vendor} is a telemetry extension too: each invocation waits for the slower of the two`,
        'keep one of them',
      ),
    );
  }
  return findings;
}

function checkSize({ memoryMb, timeoutS, isInVpc }: Deployment): readonly Finding[] {
  const findings: Finding[] = [];
  if (timeoutS <= SHORT_TIMEOUT_S) {
    findings.push(
      warning(
        'Timeout',
        `${timeoutS} s leaves little time for an export after a slow invocation: what is not sent waits for the next one`,
        'set 3 s or more',
      ),
    );
  }
  if (memoryMb < LITTLE_MEMORY_MB) {
    findings.push(
      note(
        'MemorySize',
        `${memoryMb} MB is a small share of a CPU: exports take longer there, and are billed`,
        'try 256 MB: it often costs no more',
      ),
    );
  }
  if (isInVpc) {
    findings.push(
      note(
        'VpcConfig',
        'the function reaches only what its subnets can reach, which a test from here does not show',
        'without a NAT gateway or an endpoint in the VPC, send to a Collector in the VPC',
      ),
    );
  }
  return findings;
}

type MakeFinding = (about: string, text: string, next?: string) => Finding;
const make =
  (level: Finding['level']): MakeFinding =>
  (about, text, next) => ({ level, about, text, ...(next !== undefined && { next }) });
const fault = make('fault');
const warning = make('warning');
const note = make('note');
