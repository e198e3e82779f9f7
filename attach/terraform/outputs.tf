output "functions" {
  description = "The functions that this module created, by name"
  value       = aws_lambda_function.this
}

output "layers" {
  description = "The layers to add to a function that is defined elsewhere, by the names in runtimes"
  value       = { for name, shape in var.runtimes : name => try([local.layer_arns[local.layer_names[name]]], []) }

  precondition {
    condition     = alltrue([for name in keys(var.runtimes) : !contains(keys(local.missing), lookup(local.layer_names, name, "none"))])
    error_message = join("\n", [for name in keys(var.runtimes) : "lambda-otlp is not attached to ${name}: ${try(local.missing[local.layer_names[name]], "")}." if contains(keys(local.missing), lookup(local.layer_names, name, "none"))])
  }
}

output "not_attached" {
  description = "Functions that take no layer, by name, and the reason; plan and apply also name them in a warning"
  value       = local.not_attached
}

output "environment" {
  description = "The variables to merge beneath those of a function that is defined elsewhere"
  value       = local.environment
}

output "secret_arns" {
  description = "What the role of each function must be allowed to read: secretsmanager:GetSecretValue"
  value       = var.secret_headers[*].secret_arn
}
