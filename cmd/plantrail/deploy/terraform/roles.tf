# What the task may do: the statements of ../iam/read-sources.json and
# ../iam/write-table.json.

resource "aws_iam_role" "task" {
  name               = "plantrail"
  assume_role_policy = jsonencode(local.ecs_tasks_trust)
}

resource "aws_iam_role_policy" "read_sources" {
  name = "read-sources"
  role = aws_iam_role.task.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid       = "FindLogFiles"
        Effect    = "Allow"
        Action    = ["s3:ListBucket"]
        Resource  = local.trail
        Condition = { StringLike = { "s3:prefix" = [var.trail_prefix, "${var.trail_prefix}/*"] } }
      },
      {
        Sid      = "ReadLogFiles"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = "${local.trail}/${var.trail_prefix}/*"
      },
      ], [for key in compact([var.trail_key_arn]) : {
        Sid       = "OnlyWhereTheTrailEncryptsWithKMS"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = key
        Condition = { StringEquals = { "kms:ViaService" = "s3.${local.region}.amazonaws.com" } }
    }])
  })
}

resource "aws_iam_role_policy" "write_table" {
  name = "write-table"
  role = aws_iam_role.task.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid       = "FindPartitions"
        Effect    = "Allow"
        Action    = ["s3:ListBucket"]
        Resource  = local.table
        Condition = { StringLike = { "s3:prefix" = ["support-plans", "support-plans/*"] } }
      },
      {
        Sid      = "ReadAndReplacePartitions"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject"]
        Resource = "${local.table}/support-plans/*"
      },
      ], [for key in compact([var.table_key_arn]) : {
        Sid       = "OnlyWhereTheBucketEncryptsWithKMS"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = key
        Condition = { StringEquals = { "kms:ViaService" = "s3.${local.region}.amazonaws.com" } }
    }])
  })
}

# What Fargate may do before the program begins: pull the image, write the log.

resource "aws_iam_role" "execution" {
  name               = "plantrail-execution"
  assume_role_policy = jsonencode(local.ecs_tasks_trust)
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
        Resource = "arn:${local.aws}:logs:${local.region}:${local.account}:log-group:/plantrail/nightly:*"
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

# What the schedule may do: start this task.

resource "aws_iam_role" "scheduler" {
  name = "plantrail-scheduler"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "SchedulesOfThisAccount"
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
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
        Resource  = aws_ecs_task_definition.plantrail.arn
        Condition = { ArnEquals = { "ecs:cluster" = aws_ecs_cluster.plantrail.arn } }
      },
      {
        Sid       = "PassRolesOfTheTask"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = [aws_iam_role.task.arn, aws_iam_role.execution.arn]
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
    ]
  })
}
