# lambda-otlp on every function of a map. What a function sets itself wins; attach = false excludes one.
# Functions that are defined elsewhere take layers and environment from the outputs.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 6.0" }
  }
}

locals {
  # In the installed package, or in a checkout.
  built     = [for it in ["../../dist/build", "../../build"] : it if fileexists("${path.module}/${it}/lambda-otlp-node.zip")]
  build_dir = coalesce(var.build_dir, "${path.module}/${try(local.built[0], "../../build")}")

  zips    = { for layer in local.needed : layer => "${local.build_dir}/lambda-otlp-${layer}.zip" if !contains(keys(var.layer_version_arns), layer) }
  made    = { for layer, zip in local.zips : layer => zip if fileexists(zip) }
  missing = { for layer, zip in local.zips : layer => "this package was made without lambda-otlp-${layer}.zip. Set layer_version_arns.${layer} to the ARN of a published one; or make the package with it: in a checkout of lambda-otlp, npm run build${layer == "node" ? "" : " -- --standalone"} and npm pack" if !fileexists(zip) }

  layer_arns = merge(
    { for name, it in aws_lambda_layer_version.this : name => it.arn },
    var.layer_version_arns,
  )
}

resource "aws_lambda_layer_version" "this" {
  for_each = local.made

  layer_name       = "lambda-otlp-${each.key}"
  filename         = each.value
  source_code_hash = filebase64sha256(each.value)
  license_info     = "Apache-2.0"
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

  layers = (
    !contains(keys(local.layer_names), each.key) ? each.value.layers :
    length(each.value.layers) >= local.max_layers ? each.value.layers :
    local.has_own[each.key] ? each.value.layers :
    concat(each.value.layers, [local.layer_arns[local.layer_names[each.key]]])
  )

  dynamic "environment" {
    for_each = length(local.environments[each.key]) > 0 ? [local.environments[each.key]] : []

    content {
      variables = environment.value
    }
  }

  lifecycle {
    precondition {
      condition     = !contains(keys(local.missing), lookup(local.layer_names, each.key, "none")) || length(each.value.layers) >= local.max_layers ? true : local.has_own[each.key]
      error_message = "lambda-otlp is not attached to ${each.key}: ${try(local.missing[local.layer_names[each.key]], "")}."
    }
  }
}
