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

/** The components of every configuration in collector-config/ but those of S3, OpenSearch and CloudWatch's EMF. */
export const COLLECTOR: CollectorDistribution = {
  name: 'otelcol',
  version: '0.159.0',
  stableVersion: '1.65.0',
  core: {
    receiver: ['otlpreceiver'],
    processor: ['batchprocessor', 'memorylimiterprocessor'],
    exporter: ['debugexporter', 'otlpexporter', 'otlphttpexporter'],
  },
  contrib: {
    processor: [
      'attributesprocessor',
      'deltatocumulativeprocessor',
      'filterprocessor',
      'intervalprocessor',
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

/** The S3 exporter: the module proxy verifies it and all it needs at this version, not at the one above. */
export const COLLECTOR_S3: CollectorDistribution = {
  name: 'otelcol-s3',
  version: '0.156.0',
  stableVersion: '1.62.0',
  core: {
    receiver: ['otlpreceiver'],
    processor: ['memorylimiterprocessor'],
    exporter: ['debugexporter'],
  },
  contrib: {
    exporter: ['awss3exporter'],
    extension: ['healthcheckextension'],
  },
};

/** The span metrics connector counts a span for as many as its `th` says from 0.161 on. */
export const COLLECTOR_SPANMETRICS: CollectorDistribution = {
  name: 'otelcol-spanmetrics',
  version: '0.165.0',
  stableVersion: '1.71.0',
  core: { receiver: ['otlpreceiver'] },
  contrib: {
    connector: ['spanmetricsconnector'],
    exporter: ['prometheusexporter'],
    extension: ['healthcheckextension'],
  },
};
