// Run as a program: sends the items of the conformance test with OpenTelemetry's own exporters to the
// endpoint of argv[2], compressed as argv[3]. A process of its own, because the exporters import
// node:http dynamically, which Jest's module loader cannot do.
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { conformanceLogRecords, conformanceSpans, conformanceWindow } from './signal-items';

const [, , base = '', wanted] = process.argv;
const compression = wanted === 'gzip' ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE;

function settings(signal: string): { url: string; compression: CompressionAlgorithm } {
  return { url: `${base}/v1/${signal}`, compression };
}

function report({ code, error }: { readonly code: number; readonly error?: Error }): void {
  if (code === 0) return;
  console.error(error);
  process.exitCode = 1;
}

new OTLPTraceExporter(settings('traces')).export(conformanceSpans, report);
new OTLPLogExporter(settings('logs')).export(conformanceLogRecords, report);
new OTLPMetricExporter(settings('metrics')).export(conformanceWindow, report);
