data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  account = data.aws_caller_identity.this.account_id
  aws     = data.aws_partition.this.partition
  region  = data.aws_region.this.name

  table_prefix = "support-plans"
  log_group    = "/${var.name}/nightly"
  verify       = var.verify_schedule != ""
  boundary     = var.permissions_boundary_arn == "" ? null : var.permissions_boundary_arn
}

# The task: one container, with nothing writable but /tmp.

resource "aws_ecs_cluster" "this" {
  name = var.name
  tags = var.tags
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = "2048"
  memory                   = "4096"
  task_role_arn            = aws_iam_role.task.arn
  execution_role_arn       = aws_iam_role.execution.arn
  tags                     = var.tags

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.cpu_architecture
  }

  volume {
    name = "tmp"
  }

  container_definitions = jsonencode([{
    name      = "plantrail"
    image     = var.image
    essential = true
    command   = concat(["run", "--log-format=json", "--progress=log"], var.arguments)
    environment = [
      { name = "PLANTRAIL_TABLE", value = "s3://${var.table_bucket}/${local.table_prefix}" },
      { name = "PLANTRAIL_SOURCE", value = join("\n", var.sources) },
      { name = "PLANTRAIL_CHANGES", value = "-" },
      { name = "PLANTRAIL_MEMORY", value = "256MiB" },
    ]
    user                   = "65532:65532"
    readonlyRootFilesystem = true
    linuxParameters        = { capabilities = { drop = ["ALL"] } }
    mountPoints            = [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }]
    # After SIGTERM a run begins no commit later than 20 seconds, and ends the one that it
    # is in. This is the longest that Fargate waits.
    stopTimeout = 120
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        "awslogs-group"         = aws_cloudwatch_log_group.this.name
        "awslogs-region"        = local.region
        "awslogs-stream-prefix" = "plantrail"
      }
    }
  }])

  lifecycle {
    precondition {
      condition = alltrue([
        for role in flatten([for source in var.sources : regexall("role_arn=([^&]+)", source)]) : contains(var.source_role_arns, role)
      ])
      error_message = "A source names a role_arn that is not in source_role_arns, so the task could not assume it."
    }
    precondition {
      condition     = var.event_history || !anytrue([for source in var.sources : startswith(source, "cloudtrail://") && !strcontains(source, "role_arn=")])
      error_message = "A source looks up this account's Event history: set event_history."
    }
    precondition {
      condition     = var.trail_bucket != "" || !anytrue([for source in var.sources : startswith(source, "s3://") && !strcontains(source, "role_arn=")])
      error_message = "A source is a bucket that the task reads with its own role: name it in trail_bucket."
    }
  }
}

resource "aws_cloudwatch_log_group" "this" {
  name              = local.log_group
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_key_arn == "" ? null : var.log_key_arn
  tags              = var.tags
}
