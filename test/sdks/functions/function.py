"""A handler with a span of its own."""
from opentelemetry import trace


def handler(event, _context):
    print("in the handler")
    with trace.get_tracer("function").start_as_current_span("work") as span:
        return {"traceId": format(span.get_span_context().trace_id, "032x")}
