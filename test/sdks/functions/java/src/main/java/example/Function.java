package example;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.trace.Span;
import java.util.Map;

/** A handler with a span of its own; the agent does the rest. */
public class Function implements RequestHandler<APIGatewayProxyRequestEvent, Map<String, String>> {
  @Override
  public Map<String, String> handleRequest(APIGatewayProxyRequestEvent event, Context context) {
    System.out.println("in the handler");
    Span span = GlobalOpenTelemetry.getTracer("function").spanBuilder("work").startSpan();
    span.end();
    return Map.of("traceId", span.getSpanContext().getTraceId());
  }
}
