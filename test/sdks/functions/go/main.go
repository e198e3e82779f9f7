// A handler with a span of its own, instrumented as the documentation of otellambda says.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-lambda-go/lambda"
	"go.opentelemetry.io/contrib/instrumentation/github.com/aws/aws-lambda-go/otellambda"
	"go.opentelemetry.io/contrib/instrumentation/github.com/aws/aws-lambda-go/otellambda/xrayconfig"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

type event struct {
	Headers map[string]string `json:"headers"`
}

type answer struct {
	TraceID string `json:"traceId"`
}

func handle(ctx context.Context, _ event) (answer, error) {
	fmt.Println("in the handler")
	provider := trace.SpanFromContext(ctx).TracerProvider()
	_, span := provider.Tracer("function").Start(ctx, "work")
	defer span.End()
	return answer{TraceID: span.SpanContext().TraceID().String()}, nil
}

func main() {
	ctx := context.Background()
	exporter, err := newExporter(ctx)
	if err != nil {
		panic(err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter))
	lambda.Start(otellambda.InstrumentHandler(handle, options(provider)...))
}

func newExporter(ctx context.Context) (*otlptrace.Exporter, error) {
	if os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc" {
		return otlptracegrpc.New(ctx)
	}
	return otlptracehttp.New(ctx)
}

func options(provider *sdktrace.TracerProvider) []otellambda.Option {
	if strings.Contains(os.Getenv("OTEL_PROPAGATORS"), "xray") {
		return xrayconfig.WithRecommendedOptions(provider)
	}
	return []otellambda.Option{
		otellambda.WithTracerProvider(provider),
		otellambda.WithFlusher(provider),
		otellambda.WithPropagator(propagation.TraceContext{}),
		otellambda.WithEventToCarrier(headersOf),
	}
}

func headersOf(payload []byte) propagation.TextMapCarrier {
	var received event
	if json.Unmarshal(payload, &received) != nil {
		return propagation.MapCarrier{}
	}
	return propagation.MapCarrier(received.Headers)
}
