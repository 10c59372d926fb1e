# The schedules. A start that failed is tried again; a run that failed is not: the next
# night goes on from its last checkpoint. A start that failed for good goes to the queue.

resource "aws_scheduler_schedule_group" "this" {
  name = var.name
  tags = var.tags
}

locals {
  schedules = merge(
    { nightly = { when = var.schedule, why = "Reads what trails have delivered since the last night", command = null } },
    !local.verify ? {} : { verify = {
      when    = var.verify_schedule
      why     = "Checks two days of log files, and the table, against CloudTrail's signed digests"
      command = ["verify", "--from=2d", "--to=yesterday", "--log-format=json", "--progress=log"]
    } },
  )
}

resource "aws_scheduler_schedule" "this" {
  for_each                     = local.schedules
  name                         = "${var.name}-${each.key}"
  group_name                   = aws_scheduler_schedule_group.this.name
  description                  = each.value.why
  schedule_expression          = each.value.when
  schedule_expression_timezone = "UTC"

  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = 15
  }

  target {
    arn      = aws_ecs_cluster.this.arn
    role_arn = aws_iam_role.scheduler.arn
    input    = each.value.command == null ? null : jsonencode({ containerOverrides = [{ name = "plantrail", command = each.value.command }] })

    ecs_parameters {
      task_definition_arn = aws_ecs_task_definition.this.arn
      launch_type         = "FARGATE"
      task_count          = 1
      network_configuration {
        subnets          = var.subnets
        security_groups  = length(var.security_groups) == 0 ? [aws_security_group.task[0].id] : var.security_groups
        assign_public_ip = var.assign_public_ip
      }
    }

    retry_policy {
      maximum_event_age_in_seconds = 21600
      maximum_retry_attempts       = 10
    }

    dead_letter_config {
      arn = aws_sqs_queue.failures.arn
    }
  }

  # The role must be able to do what the schedule asks before it does.
  depends_on = [aws_iam_role_policy.scheduler]
}
