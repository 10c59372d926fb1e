output "role_arn" {
  description = "The role, for role_arn of a source and for source_role_arns."
  value       = aws_iam_role.source.arn
}
