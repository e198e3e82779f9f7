# lambda-otlp on every function of a map. What a function sets itself wins, attach = false leaves one alone.
# Functions that are defined elsewhere take layers and environment from the outputs.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 6.0" }
  }
}

locals {
  # Of the installed package, or of a checkout.
  built     = [for it in ["../../dist/build", "../../build"] : it if fileexists("${path.module}/${it}/lambda-otlp-node.zip")]
  build_dir = coalesce(var.build_dir, "${path.module}/${try(local.built[0], "../../build")}")

  shapes = merge(
    { for name, it in var.functions : name => { runtime = it.runtime, architecture = it.architecture } if it.attach },
    { for name, shape in var.runtimes : name => {
      runtime      = split("/", shape)[0]
      architecture = try(split("/", shape)[1], "x86_64")
    } },
  )

  # The layer for Node.js uses the runtime's own Node.js, 18.19 or later; the others are one binary each.
  layer_names = {
    for name, it in local.shapes : name =>
    can(regex("^nodejs(1[89]|[2-9][0-9])", it.runtime)) ? "node" : it.architecture
  }

  made = toset([for it in values(local.layer_names) : it if !contains(keys(var.layer_version_arns), it)])

  layer_arns = merge(
    { for name, it in aws_lambda_layer_version.this : name => it.arn },
    var.layer_version_arns,
  )

  # "$${secretsmanager:...}" is read by the extension when it starts: the value is in no state file.
  headers = join(",", [
    for it in var.secret_headers :
    "${it.header}=${replace(it.prefix, " ", "%20")}$${secretsmanager:${it.secret_arn}${it.field == null ? "" : "#${it.field}"}}"
  ])

  # LAMBDA_OTLP_OTEL_...: for the extension alone, so that an SDK in the function is left as it is.
  environment = merge(
    { LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT = var.endpoint },
    local.headers == "" ? {} : { LAMBDA_OTLP_OTEL_EXPORTER_OTLP_HEADERS = local.headers },
    var.environment,
  )
}

resource "aws_lambda_layer_version" "this" {
  for_each = local.made

  layer_name       = "lambda-otlp-${each.key}"
  filename         = "${local.build_dir}/lambda-otlp-${each.key}.zip"
  source_code_hash = filebase64sha256("${local.build_dir}/lambda-otlp-${each.key}.zip")
  license_info     = "Apache-2.0"
}

resource "aws_lambda_function" "this" {
  for_each = var.functions

  function_name    = each.key
  role             = each.value.role
  handler          = each.value.handler
  runtime          = each.value.runtime
  architectures    = [each.value.architecture]
  filename         = each.value.filename
  source_code_hash = each.value.source_code_hash
  timeout          = each.value.timeout
  memory_size      = each.value.memory_size

  layers = each.value.attach ? concat(
    each.value.layers, [local.layer_arns[local.layer_names[each.key]]],
  ) : each.value.layers

  environment {
    variables = each.value.attach ? merge(local.environment, each.value.environment) : each.value.environment
  }
}
