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

  made = toset([
    for layer in values(local.layer_names) : layer
    if !contains(keys(var.layer_version_arns), layer)
  ])

  layer_arns = merge(
    { for name, it in aws_lambda_layer_version.this : name => it.arn },
    var.layer_version_arns,
  )
}

resource "aws_lambda_layer_version" "this" {
  for_each = local.made

  layer_name       = "lambda-otlp-${each.key}"
  filename         = "${local.build_dir}/lambda-otlp-${each.key}.zip"
  source_code_hash = try(filebase64sha256("${local.build_dir}/lambda-otlp-${each.key}.zip"), null)
  license_info     = "Apache-2.0"

  lifecycle {
    precondition {
      condition     = fileexists("${local.build_dir}/lambda-otlp-${each.key}.zip")
      error_message = "This package was made without lambda-otlp-${each.key}.zip, the layer for ${join(", ", [for name, layer in local.layer_names : name if layer == each.key])}. Set layer_version_arns.${each.key} to the ARN of a published one; or make the package with it: in a checkout of lambda-otlp, npm run build${each.key == "node" ? "" : " -- --standalone"} and npm pack."
    }
  }
}

resource "aws_lambda_function" "this" {
  for_each = var.functions

  function_name    = each.key
  role             = each.value.role
  package_type     = each.value.package_type
  image_uri        = each.value.image_uri
  handler          = each.value.handler
  runtime          = each.value.runtime
  architectures    = [each.value.architecture]
  filename         = each.value.filename
  source_code_hash = each.value.source_code_hash
  timeout          = each.value.timeout
  memory_size      = each.value.memory_size
  publish          = each.value.edge
  tags             = each.value.tags

  # One of ours that is there by hand stays: two versions of one layer are refused by Lambda.
  layers = (
    !contains(keys(local.layer_names), each.key) ? each.value.layers :
    anytrue([for arn in each.value.layers : can(regex(":layer:[\\w-]*lambda-otlp-(node|x86_64|arm64)\\b", arn))]) ? each.value.layers :
    concat(each.value.layers, [local.layer_arns[local.layer_names[each.key]]])
  )

  dynamic "environment" {
    for_each = length(local.environments[each.key]) > 0 ? [local.environments[each.key]] : []

    content {
      variables = environment.value
    }
  }
}
