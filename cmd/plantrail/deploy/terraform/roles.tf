locals {
  trail = "arn:${local.aws}:s3:::${var.trail_bucket}"
  table = "arn:${local.aws}:s3:::${var.table_bucket}"

  # Keys are in their buckets' regions, which need not be the task's.
  by_trail = "s3.${try(split(":", var.trail_key_arn)[3], local.region)}.amazonaws.com"
  by_table = "s3.${try(split(":", var.table_key_arn)[3], local.region)}.amazonaws.com"

  # What the task may do: the statements of the policies in ../iam, each where it is needed.

  read_sources = [
    { needed = var.trail_bucket != "", statement = {
      Sid       = "FindLogFiles"
      Effect    = "Allow"
      Action    = ["s3:ListBucket"]
      Resource  = local.trail
      Condition = { StringLike = { "s3:prefix" = [var.trail_prefix, "${var.trail_prefix}/*"] } }
    } },
    { needed = var.trail_bucket != "", statement = {
      Sid      = "ReadLogFiles"
      Effect   = "Allow"
      Action   = ["s3:GetObject"]
      Resource = "${local.trail}/${var.trail_prefix}/*"
    } },
    { needed = var.trail_key_arn != "", statement = {
      Sid       = "OnlyWhereTheTrailEncryptsWithKMS"
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = var.trail_key_arn
      Condition = { StringEquals = { "kms:ViaService" = local.by_trail } }
    } },
    { needed = length(var.source_role_arns) > 0, statement = {
      Sid      = "ReadSourcesOfAnotherAccount"
      Effect   = "Allow"
      Action   = ["sts:AssumeRole"]
      Resource = var.source_role_arns
    } },
    { needed = var.event_history, statement = {
      Sid      = "LookUpEventHistory"
      Effect   = "Allow"
      Action   = ["cloudtrail:LookupEvents"]
      Resource = "*"
    } },
    { needed = local.verify, statement = {
      Sid      = "ListPublicKeysForVerify"
      Effect   = "Allow"
      Action   = ["cloudtrail:ListPublicKeys"]
      Resource = "*"
    } },
  ]

  write_table = [
    { needed = true, statement = {
      Sid       = "FindPartitions"
      Effect    = "Allow"
      Action    = ["s3:ListBucket"]
      Resource  = local.table
      Condition = { StringLike = { "s3:prefix" = [local.table_prefix, "${local.table_prefix}/*"] } }
    } },
    { needed = true, statement = {
      Sid      = "ReadAndReplacePartitions"
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:PutObject"]
      Resource = "${local.table}/${local.table_prefix}/*"
    } },
    { needed = var.table_key_arn != "", statement = {
      Sid       = "OnlyWhereTheBucketEncryptsWithKMS"
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = var.table_key_arn
      Condition = { StringEquals = { "kms:ViaService" = local.by_table } }
    } },
  ]
}

resource "aws_iam_role" "task" {
  name                 = var.name
  description          = "What plantrail does: read the sources, write the table"
  permissions_boundary = local.boundary
  tags                 = var.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TasksOfThisAccount"
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnLike      = { "aws:SourceArn" = "arn:${local.aws}:ecs:${local.region}:${local.account}:*" }
      }
    }]
  })
}

resource "aws_iam_role_policy" "read_sources" {
  name = "read-sources"
  role = aws_iam_role.task.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [for s in local.read_sources : s.statement if s.needed]
  })
}

resource "aws_iam_role_policy" "write_table" {
  name = "write-table"
  role = aws_iam_role.task.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [for s in local.write_table : s.statement if s.needed]
  })
}

# What Fargate may do before the program begins: pull the image, write the log. That it
# names the task in aws:SourceArn is only documented for the role above.

resource "aws_iam_role" "execution" {
  name                 = "${var.name}-execution"
  description          = "What Fargate does for plantrail: pull the image, write the log"
  permissions_boundary = local.boundary
  tags                 = var.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "JobsOfThisAccount"
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_iam_role_policy" "execution" {
  name = "pull-and-log"
  role = aws_iam_role.execution.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid      = "WriteLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "arn:${local.aws}:logs:${local.region}:${local.account}:log-group:${local.log_group}:*"
      },
      ], flatten([for repository in compact([var.image_repository_arn]) : [
        {
          Sid      = "LogInToRegistry"
          Effect   = "Allow"
          Action   = ["ecr:GetAuthorizationToken"]
          Resource = "*"
        },
        {
          Sid      = "PullImage"
          Effect   = "Allow"
          Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
          Resource = repository
        },
    ]]))
  })
}

# What the schedules may do: start this task, and say that they could not.

resource "aws_iam_role" "scheduler" {
  name                 = "${var.name}-scheduler"
  description          = "What the schedules of plantrail do: start its task"
  permissions_boundary = local.boundary
  tags                 = var.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "SchedulesOfThisGroup"
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnEquals    = { "aws:SourceArn" = aws_scheduler_schedule_group.this.arn }
      }
    }]
  })
}

resource "aws_iam_role_policy" "scheduler" {
  name = "run-nightly"
  role = aws_iam_role.scheduler.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "RunNightly"
        Effect    = "Allow"
        Action    = "ecs:RunTask"
        Resource  = aws_ecs_task_definition.this.arn
        Condition = { ArnEquals = { "ecs:cluster" = aws_ecs_cluster.this.arn } }
      },
      {
        Sid       = "PassRolesOfTheTask"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = [aws_iam_role.task.arn, aws_iam_role.execution.arn]
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
      {
        Sid      = "SayThatItCouldNotStart"
        Effect   = "Allow"
        Action   = "sqs:SendMessage"
        Resource = aws_sqs_queue.failures.arn
      },
    ]
  })
}
