// Checks a decoded OTLP request against the rules that the proto's comments and the data model state
// and no encoding enforces. Used by every scenario test: an empty list is a request that any back end
// has to take.
import type { Signal } from './signal';
import type { Findings } from './common-rules';
import { checkLogs } from './log-rules';
import { checkMetrics } from './metric-rules';
import type { LogsRequest, MetricsRequest, OtlpRequests, TraceRequest } from './model';
import { checkTraces } from './trace-rules';

/** Violations found, each `<where>: <what>`. */
export function checkOtlp<S extends Signal>(signal: S, request: OtlpRequests[S]): string[] {
  const findings: Findings = { violations: [] };
  switch (signal) {
    case 'traces':
      checkTraces(findings, request as TraceRequest);
      break;
    case 'metrics':
      checkMetrics(findings, request as MetricsRequest);
      break;
    case 'logs':
      checkLogs(findings, request as LogsRequest);
      break;
  }
  return findings.violations;
}
