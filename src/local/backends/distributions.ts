// The pinned back ends: what each is, from which registry, at which version. Versions are exact because the module
// proxy verifies checksums of published versions only; docs/backends.md says how each was chosen.
import type { CollectorDistribution } from './collector-build';
import type { GoModule } from './go-build';

export const JAEGER: GoModule = {
  module: 'github.com/jaegertracing/jaeger',
  version: 'v1.76.0',
  mainPackage: 'github.com/jaegertracing/jaeger/cmd/jaeger',
  binary: 'jaeger',
};

export const PROMETHEUS: GoModule = {
  module: 'github.com/prometheus/prometheus',
  version: 'v0.315.0',
  mainPackage: 'github.com/prometheus/prometheus/cmd/prometheus',
  binary: 'prometheus',
};

export const LOKI: GoModule = {
  module: 'github.com/grafana/loki/v3',
  version: 'v3.7.8',
  mainPackage: 'github.com/grafana/loki/v3/cmd/loki',
  binary: 'loki',
};

export const VERSITYGW = {
  mainPackage: 'github.com/versity/versitygw/cmd/versitygw',
  version: 'v1.8.0',
  binary: 'versitygw',
} as const;

/** The components of every configuration in collector-config/ but those that need `COLLECTOR_AWS`. */
export const COLLECTOR: CollectorDistribution = {
  name: 'otelcol',
  version: '0.159.0',
  stableVersion: '1.65.0',
  core: {
    receiver: ['otlpreceiver'],
    processor: ['batchprocessor', 'memorylimiterprocessor'],
    exporter: ['debugexporter', 'otlpexporter', 'otlphttpexporter'],
    extension: [],
  },
  contrib: {
    receiver: [],
    processor: [
      'attributesprocessor',
      'deltatocumulativeprocessor',
      'filterprocessor',
      'tailsamplingprocessor',
      'transformprocessor',
    ],
    exporter: [
      'awsxrayexporter',
      'fileexporter',
      'loadbalancingexporter',
      'prometheusexporter',
      'prometheusremotewriteexporter',
    ],
    extension: ['healthcheckextension', 'sigv4authextension', 'storage/filestorage'],
  },
};

/** The newest line whose AWS exporters are all published as verifiable modules. */
export const COLLECTOR_AWS: CollectorDistribution = {
  name: 'otelcol-aws',
  version: '0.156.0',
  stableVersion: '1.62.0',
  core: {
    receiver: ['otlpreceiver'],
    processor: ['batchprocessor', 'memorylimiterprocessor'],
    exporter: ['debugexporter', 'otlphttpexporter'],
    extension: [],
  },
  contrib: {
    receiver: [],
    processor: ['transformprocessor'],
    exporter: [
      'awscloudwatchlogsexporter',
      'awsemfexporter',
      'awss3exporter',
      'awsxrayexporter',
      'elasticsearchexporter',
    ],
    extension: ['healthcheckextension', 'sigv4authextension'],
  },
};
