# Two functions that the module creates, one that is defined elsewhere, one with OpenTelemetry's own layer, and one
# left alone. Elsewhere, source is "./node_modules/lambda-otlp/attach/terraform".

variable "role" {
  type = string
}

variable "secret_arn" {
  type = string
}

# OpenTelemetry's instrumentation layer for the region: https://opentelemetry.io/docs/platforms/faas/lambda-auto-instrument/
variable "instrumentation_layer_arn" {
  type = string
}

module "otlp" {
  source = "./.."

  endpoint       = "https://otlp.example.com"
  secret_headers = [{ header = "api-key", secret_arn = var.secret_arn, field = "apiKey" }]
  runtimes       = { legacy = "java21" }

  functions = {
    orders = {
      role     = var.role
      handler  = "index.handler"
      runtime  = "nodejs22.x"
      filename = "orders.zip"
    }
    stock = {
      role         = var.role
      handler      = "app.handler"
      runtime      = "python3.13"
      architecture = "arm64"
      filename     = "stock.zip"
      # The function's own SDK hands its spans to the extension, at localhost:4318.
      layers = [var.instrumentation_layer_arn]
      environment = {
        AWS_LAMBDA_EXEC_WRAPPER     = "/opt/otel-instrument"
        OTEL_EXPORTER_OTLP_PROTOCOL = "http/protobuf"
        OTEL_TRACES_SAMPLER         = "always_on"
      }
    }
    silent = {
      role     = var.role
      handler  = "app.handler"
      runtime  = "python3.13"
      filename = "silent.zip"
      attach   = false
    }
  }
}

resource "aws_lambda_function" "legacy" {
  function_name = "legacy"
  role          = var.role
  handler       = "example.Handler"
  runtime       = "java21"
  filename      = "legacy.jar"
  memory_size   = 512
  layers        = module.otlp.layers["legacy"]

  environment {
    variables = merge(module.otlp.environment, { STAGE = "prod" })
  }
}
