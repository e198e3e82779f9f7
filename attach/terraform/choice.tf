# Which function takes which layer, which takes none and why, and the variables: no resource, so that it can be
# evaluated without a provider.

locals {
  max_layers = 5 # Lambda's limit

  # What the choice depends on, by name. Excluded: attach = false, or the tag lambda-otlp = off.
  shapes = merge(
    { for name, it in var.functions : name => {
      runtime      = it.runtime
      architecture = it.architecture
      is_image     = it.package_type == "Image"
      is_edge      = it.edge
      layers       = it.layers
    } if it.attach && lower(lookup(it.tags, "lambda-otlp", "on")) != "off" },
    { for name, shape in var.runtimes : name => {
      runtime      = split("/", shape)[0]
      architecture = try(split("/", shape)[1], "x86_64")
      is_image     = shape == "image"
      is_edge      = shape == "edge"
      layers       = []
    } },
  )

  # A layer of ours that is there already stays, because Lambda refuses two versions of one layer. Unknown until apply
  # if the ARN of a layer is: for_each of a resource must not depend on it.
  has_own = {
    for name, it in local.shapes : name =>
    anytrue([for arn in it.layers : can(regex(":layer:[\\w-]*lambda-otlp-(node|x86_64|arm64)\\b", arn))])
  }

  not_attached = { for name, reason in {
    for name, it in local.shapes : name => (
      it.is_edge ? "Lambda@Edge takes neither layers nor environment variables" :
      it.is_image ? "a container image takes no layers: COPY the layer to /opt in its Dockerfile" :
      length(it.layers) < local.max_layers ? null :
      local.has_own[name] ? null :
      "it has ${length(it.layers)} layers already, Lambda takes ${local.max_layers}"
    )
  } : name => reason if reason != null }

  # The layer for Node.js uses the runtime's own Node.js, 18.19 or later; the others are one binary each.
  layer_names = {
    for name, it in local.shapes : name =>
    can(regex("^nodejs(1[89]|[2-9][0-9])", it.runtime)) ? "node" : it.architecture
    if !it.is_edge && !it.is_image
  }
  is_attached = {
    for name in keys(local.layer_names) : name =>
    length(local.shapes[name].layers) < local.max_layers ? true : local.has_own[name]
  }
  # Of the functions that have room for it.
  needed = toset([for name, layer in local.layer_names : layer if length(local.shapes[name].layers) < local.max_layers])

  # Values of the variable are percent-encoded (OTLP exporter specification, "Specifying headers via environment
  # variables"); urlencode writes a space as +, and + as %2B.
  # "$${secretsmanager:...}" is read by the extension when it starts: the value is in no state file.
  headers = join(",", concat(
    [for name, value in var.headers : "${name}=${replace(urlencode(value), "+", "%20")}"],
    [
      for it in var.secret_headers :
      "${it.header}=${replace(urlencode(it.prefix), "+", "%20")}$${secretsmanager:${it.secret_arn}${it.field == null ? "" : "#${it.field}"}}"
    ],
  ))

  # LAMBDA_OTLP_OTEL_...: for the extension alone, so that an SDK in the function is left as it is.
  environment = merge(
    { LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT = var.endpoint },
    local.headers == "" ? {} : { LAMBDA_OTLP_OTEL_EXPORTER_OTLP_HEADERS = local.headers },
    var.environment,
  )

  # Headers may contain the key for our endpoint, so a function that names an endpoint itself gets headers only for the
  # signals that still go to ours. Those of a signal are added to the general ones and take precedence.
  prefix         = "LAMBDA_OTLP_OTEL_EXPORTER_OTLP_"
  signals        = ["TRACES", "METRICS", "LOGS"]
  endpoint_names = concat(["${local.prefix}ENDPOINT"], [for signal in local.signals : "${local.prefix}${signal}_ENDPOINT"])
  header_names   = concat(["${local.prefix}HEADERS"], [for signal in local.signals : "${local.prefix}${signal}_HEADERS"])

  without_headers = { for name, value in local.environment : name => value if !contains(local.header_names, name) }
  signal_headers = {
    for name, it in var.functions : name => {
      for signal in local.signals : "${local.prefix}${signal}_HEADERS" => join(",", compact([
        contains(keys(it.environment), "${local.prefix}HEADERS") ? "" : lookup(local.environment, "${local.prefix}HEADERS", ""),
        lookup(local.environment, "${local.prefix}${signal}_HEADERS", ""),
      ]))
    }
  }
  separate_headers = {
    for name, it in var.functions : name => merge({}, [
      for signal in local.signals :
      contains(keys(it.environment), "${local.prefix}${signal}_ENDPOINT") ? {} :
      contains(keys(it.environment), "${local.prefix}ENDPOINT") && !contains(keys(local.environment), "${local.prefix}${signal}_ENDPOINT") ? {} :
      local.signal_headers[name]["${local.prefix}${signal}_HEADERS"] == "" ? {} :
      { "${local.prefix}${signal}_HEADERS" = local.signal_headers[name]["${local.prefix}${signal}_HEADERS"] }
    ]...)
  }

  environments = {
    for name, it in var.functions : name => merge(
      !lookup(local.is_attached, name, false) ? {} :
      anytrue([for own in keys(it.environment) : contains(local.endpoint_names, own)]) ? merge(local.without_headers, local.separate_headers[name]) :
      local.environment,
      it.environment,
    )
  }
}

# A warning of plan and apply.
check "attached" {
  assert {
    condition     = length(local.not_attached) == 0
    error_message = join("\n", [for name, reason in local.not_attached : "lambda-otlp is not attached to ${name}: ${reason}."])
  }
}
