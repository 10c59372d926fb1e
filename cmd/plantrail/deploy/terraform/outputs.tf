output "table_url" {
  description = "The table, as --table and plantrail ddl want it."
  value       = "s3://${aws_s3_bucket.table.id}/${local.table_prefix}"
}

output "task_role_arn" {
  description = "The role that plantrail has: what policies of buckets, keys and roles elsewhere must name."
  value       = aws_iam_role.task.arn
}

output "cluster_arn" {
  description = "The cluster, for aws ecs run-task."
  value       = aws_ecs_cluster.this.arn
}

output "task_definition_arn" {
  description = "The task definition, for aws ecs run-task."
  value       = aws_ecs_task_definition.this.arn
}

output "security_groups" {
  description = "The security groups of the task."
  value       = length(var.security_groups) == 0 ? aws_security_group.task[*].id : var.security_groups
}

output "log_group_name" {
  description = "The log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "failures_queue_url" {
  description = "The queue with a message for each start and each task that failed."
  value       = aws_sqs_queue.failures.id
}
