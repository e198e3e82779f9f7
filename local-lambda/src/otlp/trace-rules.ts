// The proto's rules for spans (opentelemetry-proto trace.proto).
import {
  checkAttributes,
  checkFlags,
  checkId,
  checkResource,
  checkScope,
  checkText,
  checkTime,
  report,
} from './common-rules';
import type { Findings } from './common-rules';
import type { Span, TraceRequest } from './model';

/** W3C trace flags in bits 0-7, "is remote" known in bit 8 and its value in bit 9. */
const SPAN_FLAGS = 0x3ff;

export function checkTraces(findings: Findings, { resourceSpans }: TraceRequest): void {
  const ids = new Set<string>();
  for (const [r, { resource, scopeSpans }] of resourceSpans.entries()) {
    checkResource(findings, `resourceSpans[${r}].resource`, resource);
    for (const [s, { scope, spans }] of scopeSpans.entries()) {
      const path = `resourceSpans[${r}].scopeSpans[${s}]`;
      checkScope(findings, `${path}.scope`, scope);
      if (spans.length === 0) report(findings, path, 'holds no span');
      for (const [index, span] of spans.entries()) {
        const place = `${path}.spans[${index}] '${span.name}'`;
        const id = `${span.traceId}/${span.spanId}`;
        if (ids.has(id)) report(findings, place, `span ${id} occurs twice in the request`);
        ids.add(id);
        checkSpan(findings, place, span);
      }
    }
  }
}

function checkSpan(findings: Findings, path: string, span: Span): void {
  checkId(findings, `${path}.traceId`, { id: span.traceId, bytes: 16, required: true });
  checkId(findings, `${path}.spanId`, { id: span.spanId, bytes: 8, required: true });
  checkId(findings, `${path}.parentSpanId`, { id: span.parentSpanId, bytes: 8, required: false });
  if (span.parentSpanId === span.spanId) report(findings, path, 'span is its own parent');
  if (span.name === '') report(findings, path, 'name is empty');
  checkText(findings, path, span.name);
  if (span.kind < 1 || span.kind > 5) report(findings, path, `kind ${span.kind} is no SpanKind`);
  checkFlags(findings, `${path}.flags`, { flags: span.flags, allowed: SPAN_FLAGS });
  if ((span.flags & 0x300) === 0x200)
    report(findings, path, 'flags say that the parent is remote without saying that this is known');
  checkTime(findings, `${path}.startTimeUnixNano`, span.startTimeUnixNano);
  checkTime(findings, `${path}.endTimeUnixNano`, span.endTimeUnixNano);
  if (BigInt(span.endTimeUnixNano) < BigInt(span.startTimeUnixNano))
    report(findings, path, `ends at ${span.endTimeUnixNano}, before ${span.startTimeUnixNano}`);
  checkAttributes(findings, `${path}.attributes`, span.attributes);
  checkStatus(findings, path, span);
  checkEventsAndLinks(findings, path, span);
}

function checkStatus(findings: Findings, path: string, { status }: Span): void {
  if (status === undefined) return;
  if (status.code < 0 || status.code > 2)
    report(findings, path, `status code ${status.code} is no StatusCode`);
  // OTel spec, "Set Status": a description belongs to Error only.
  if (status.code !== 2 && status.message !== '')
    report(findings, path, `status code ${status.code} has a message`);
  checkText(findings, `${path}.status.message`, status.message);
}

function checkEventsAndLinks(findings: Findings, path: string, { events, links }: Span): void {
  for (const [index, event] of events.entries()) {
    const place = `${path}.events[${index}]`;
    if (event.name === '') report(findings, place, 'name is empty');
    checkText(findings, place, event.name);
    checkTime(findings, place, event.timeUnixNano);
    checkAttributes(findings, `${place}.attributes`, event.attributes);
  }
  for (const [index, link] of links.entries()) {
    const place = `${path}.links[${index}]`;
    checkId(findings, `${place}.traceId`, { id: link.traceId, bytes: 16, required: true });
    checkId(findings, `${place}.spanId`, { id: link.spanId, bytes: 8, required: true });
    checkFlags(findings, `${place}.flags`, { flags: link.flags, allowed: SPAN_FLAGS });
    checkAttributes(findings, `${place}.attributes`, link.attributes);
  }
}
