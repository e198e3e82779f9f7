variable "endpoint" {
  type        = string
  description = "Base URL of the OTLP/HTTP endpoint, for example https://otlp.example.com"

  validation {
    condition     = can(regex("^https?://", var.endpoint))
    error_message = "Expected an http:// or https:// URL."
  }
}

variable "headers" {
  type        = map(string)
  default     = {}
  description = "Headers without secrets, sent as they are"
}

variable "secret_headers" {
  type = list(object({
    header     = string
    secret_arn = string
    field      = optional(string)
    prefix     = optional(string, "")
  }))
  default     = []
  description = "Headers whose values the extension reads from AWS Secrets Manager; field is a key of a secret that is a JSON object"
}

variable "environment" {
  type        = map(string)
  default     = {}
  description = "Further variables of the extension, for example { LAMBDA_OTLP_KEEP = \"errors\" }"
}

variable "layer_version_arns" {
  type        = map(string)
  default     = {}
  description = "ARNs of published layer versions by node, x86_64 and arm64; without one, a layer version is made from the zip of this package"
}

variable "build_dir" {
  type        = string
  default     = null
  description = "Where the zips of the layers are; by default beside this module in the package"
}

variable "runtimes" {
  type        = map(string)
  default     = {}
  description = "Functions that are defined elsewhere, by name: their runtime or runtime/architecture, for example { orders = \"python3.13/arm64\" }; image or edge for a function that takes no layer"
}

variable "functions" {
  type = map(object({
    role             = string
    package_type     = optional(string, "Zip")
    image_uri        = optional(string)
    edge             = optional(bool, false)
    handler          = optional(string)
    runtime          = optional(string)
    filename         = optional(string)
    source_code_hash = optional(string)
    architecture     = optional(string, "x86_64")
    timeout          = optional(number, 10)
    memory_size      = optional(number, 256)
    layers           = optional(list(string), [])
    environment      = optional(map(string), {})
    tags             = optional(map(string), {})
    attach           = optional(bool, true)
  }))
  default     = {}
  description = "Functions that this module creates, by name; edge: for Lambda@Edge, so published and without variables"

  validation {
    condition     = alltrue([for it in values(var.functions) : it.package_type == "Image" || (it.runtime != null && it.handler != null)])
    error_message = "Expected runtime and handler for: ${join(", ", [for name, it in var.functions : name if it.package_type != "Image" && (it.runtime == null || it.handler == null)])}."
  }

  validation {
    condition     = alltrue([for it in values(var.functions) : contains(["Zip", "Image"], it.package_type) && contains(["x86_64", "arm64"], it.architecture)])
    error_message = "Expected package_type Zip or Image, and architecture x86_64 or arm64."
  }
}
