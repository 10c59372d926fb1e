terraform {
  required_version = ">= 1.7"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  account = data.aws_caller_identity.this.account_id
  aws     = data.aws_partition.this.partition
  region  = data.aws_region.this.name

  trail = "arn:${local.aws}:s3:::${var.trail_bucket}"
  table = "arn:${local.aws}:s3:::${var.table_bucket}"

  ecs_tasks_trust = {
    Version = "2012-10-17"
    Statement = [{
      Sid       = "JobsOfThisAccount"
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  }
}

# The table's bucket. S3 deletes no bucket that has something in it.

resource "aws_s3_bucket" "table" {
  bucket = var.table_bucket
}

resource "aws_s3_bucket_versioning" "table" {
  bucket = aws_s3_bucket.table.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "table" {
  bucket = aws_s3_bucket.table.id
  rule {
    bucket_key_enabled = var.table_key_arn != ""
    apply_server_side_encryption_by_default {
      sse_algorithm     = var.table_key_arn == "" ? "AES256" : "aws:kms"
      kms_master_key_id = var.table_key_arn == "" ? null : var.table_key_arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "table" {
  bucket                  = aws_s3_bucket.table.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

# The task.

resource "aws_cloudwatch_log_group" "plantrail" {
  name              = "/plantrail/nightly"
  retention_in_days = var.log_retention_days
}

resource "aws_ecs_cluster" "plantrail" {
  name = "plantrail"
}

resource "aws_ecs_task_definition" "plantrail" {
  family                   = "plantrail"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = "2048"
  memory                   = "4096"
  task_role_arn            = aws_iam_role.task.arn
  execution_role_arn       = aws_iam_role.execution.arn

  volume {
    name = "tmp"
  }

  container_definitions = jsonencode([{
    name      = "plantrail"
    image     = var.image
    essential = true
    command   = ["run", "--log-format=json", "--progress=log"]
    environment = [
      { name = "PLANTRAIL_TABLE", value = "s3://${var.table_bucket}/support-plans" },
      { name = "PLANTRAIL_SOURCE", value = var.trail_source },
      { name = "PLANTRAIL_CHANGES", value = "-" },
      { name = "PLANTRAIL_MEMORY", value = "256MiB" },
    ]
    user                   = "65532:65532"
    readonlyRootFilesystem = true
    mountPoints            = [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }]
    # A run that is stopped commits for 20 seconds at most.
    stopTimeout = 30
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        "awslogs-group"         = aws_cloudwatch_log_group.plantrail.name
        "awslogs-region"        = local.region
        "awslogs-stream-prefix" = "plantrail"
      }
    }
  }])
}

# The schedule. A start that failed is tried again, a run that failed is not: the
# next night goes on from its last checkpoint.

resource "aws_scheduler_schedule" "nightly" {
  name                         = "plantrail-nightly"
  description                  = "Reads what trails have delivered since the last night"
  schedule_expression          = var.schedule
  schedule_expression_timezone = "UTC"

  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = 15
  }

  target {
    arn      = aws_ecs_cluster.plantrail.arn
    role_arn = aws_iam_role.scheduler.arn

    ecs_parameters {
      task_definition_arn = aws_ecs_task_definition.plantrail.arn
      launch_type         = "FARGATE"
      task_count          = 1
      network_configuration {
        subnets          = var.subnets
        security_groups  = var.security_groups
        assign_public_ip = var.assign_public_ip
      }
    }

    retry_policy {
      maximum_event_age_in_seconds = 21600
      maximum_retry_attempts       = 10
    }
  }
}

# The alarm. The last line of a run's log says whether it is complete, which it is
# if the exit code is 0. A run that never began says nothing: missing is breaching.

resource "aws_cloudwatch_log_metric_filter" "success" {
  name           = "plantrail-success"
  log_group_name = aws_cloudwatch_log_group.plantrail.name
  pattern        = "{ ($.msg = \"summary\") && ($.complete IS TRUE) }"
  metric_transformation {
    namespace = "plantrail"
    name      = "CompleteRuns"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "success" {
  alarm_name          = "plantrail-last-success"
  alarm_description   = "No run of plantrail has been complete for 26 hours. The log group /plantrail/nightly says why."
  namespace           = "plantrail"
  metric_name         = "CompleteRuns"
  statistic           = "Sum"
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  period              = 3600
  evaluation_periods  = 26
  datapoints_to_alarm = 26
  treat_missing_data  = "breaching"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
  depends_on          = [aws_cloudwatch_log_metric_filter.success]
}
