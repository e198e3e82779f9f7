# A Python function with the layer for runtimes without Node.js (arm64).
#   (cd ../../.. && npm run build -- --standalone) && terraform init && terraform apply

terraform {
  required_version = ">= 1.5"
  required_providers {
    archive = { source = "hashicorp/archive", version = ">= 2.4" }
    aws     = { source = "hashicorp/aws", version = ">= 6.0" }
  }
}

variable "otlp_endpoint" {
  type        = string
  description = "Base URL of the OTLP/HTTP endpoint, for example https://otlp.example.com"

  validation {
    condition     = can(regex("^https?://", var.otlp_endpoint))
    error_message = "Expected an http:// or https:// URL."
  }
}

variable "otlp_secret_name" {
  type        = string
  default     = ""
  description = "An existing Secrets Manager secret: a JSON object whose apiKey is sent as header api-key; empty for an open endpoint, such as a Collector"
}

variable "instrumentation_layer_arn" {
  type        = string
  default     = ""
  description = "OpenTelemetry's instrumentation layer for Python in this region (opentelemetry.io, Lambda Auto-Instrumentation); empty for none"
}

variable "function_name" {
  type    = string
  default = "lambda-otlp-sample"
}

locals {
  layer_zip = "${path.module}/../../../build/lambda-otlp-arm64.zip"
}

data "archive_file" "function" {
  type        = "zip"
  source_file = "${path.module}/../functions/python/handler.py"
  output_path = "${path.module}/function.zip"
}

data "aws_secretsmanager_secret" "otlp" {
  count = var.otlp_secret_name == "" ? 0 : 1
  name  = var.otlp_secret_name
}

# For Node.js runtimes: lambda-otlp-node.zip, which fits both architectures.
resource "aws_lambda_layer_version" "otlp" {
  layer_name               = "lambda-otlp-arm64"
  filename                 = local.layer_zip
  source_code_hash         = filebase64sha256(local.layer_zip)
  license_info             = "Apache-2.0"
  compatible_runtimes      = ["python3.13"]
  compatible_architectures = ["arm64"]
}

resource "aws_cloudwatch_log_group" "function" {
  name              = "/aws/lambda/${var.function_name}"
  retention_in_days = 14
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

# The layer needs no permission of its own but to read the secret its headers refer to.
data "aws_iam_policy_document" "function" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.function.arn}:*"]
  }

  dynamic "statement" {
    for_each = data.aws_secretsmanager_secret.otlp
    content {
      actions   = ["secretsmanager:GetSecretValue"]
      resources = [statement.value.arn]
    }
  }
}

resource "aws_iam_role" "function" {
  name_prefix        = "${var.function_name}-"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "function" {
  role   = aws_iam_role.function.id
  policy = data.aws_iam_policy_document.function.json
}

resource "aws_lambda_function" "sample" {
  function_name    = var.function_name
  role             = aws_iam_role.function.arn
  filename         = data.archive_file.function.output_path
  source_code_hash = data.archive_file.function.output_base64sha256
  runtime          = "python3.13"
  architectures    = ["arm64"]
  handler          = "handler.handler"
  timeout          = 10
  memory_size      = 256
  layers           = compact([aws_lambda_layer_version.otlp.arn, var.instrumentation_layer_arn])

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.function.name
  }

  environment {
    variables = merge({
      # LAMBDA_OTLP_OTEL_...: for the extension alone, so that an SDK in the function is left as it is.
      LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT = var.otlp_endpoint
      # The extension fetches the secret when it starts; the value is in no state file.
      LAMBDA_OTLP_OTEL_EXPORTER_OTLP_HEADERS = var.otlp_secret_name == "" ? "" : "api-key=$${secretsmanager:${var.otlp_secret_name}#apiKey}"
      OTEL_RESOURCE_ATTRIBUTES               = "deployment.environment.name=sample"
      },
      # The SDK then sends to localhost, where the extension listens: nothing more to set.
      var.instrumentation_layer_arn == "" ? {} : { AWS_LAMBDA_EXEC_WRAPPER = "/opt/otel-instrument" },
    )
  }

  depends_on = [aws_iam_role_policy.function]
}

output "function_name" {
  value = aws_lambda_function.sample.function_name
}
