# What failed: starts that the schedules gave up, and tasks that did not come to run, for
# want of the image perhaps, or ended with another exit code than 0. A message says why.

resource "aws_sqs_queue" "failures" {
  name                      = "${var.name}-failures"
  message_retention_seconds = 345600
  sqs_managed_sse_enabled   = true
  tags                      = var.tags
}

resource "aws_sqs_queue_policy" "failures" {
  queue_url = aws_sqs_queue.failures.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TasksThatFailed"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.failures.arn
      Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.failed.arn } }
    }]
  })
}

resource "aws_cloudwatch_event_rule" "failed" {
  name        = "${var.name}-failed"
  description = "Tasks of plantrail that could not start, or ended with an exit code other than 0"
  tags        = var.tags
  event_pattern = jsonencode({
    source      = ["aws.ecs"]
    detail-type = ["ECS Task State Change"]
    detail = {
      clusterArn = [aws_ecs_cluster.this.arn]
      lastStatus = ["STOPPED"]
      "$or" = [
        { stopCode = ["TaskFailedToStart"] },
        { containers = { exitCode = [{ "anything-but" = [0] }] } },
      ]
    }
  })
}

resource "aws_cloudwatch_event_target" "failed" {
  rule      = aws_cloudwatch_event_rule.failed.name
  target_id = "failures"
  arn       = aws_sqs_queue.failures.arn
}

resource "aws_cloudwatch_metric_alarm" "failed" {
  alarm_name          = "${var.name}-failed"
  alarm_description   = "A task of plantrail could not start, or ended with an exit code other than 0. A message in the queue ${var.name}-failures says why; delete it when you have read it."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.failures.name }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
  tags                = var.tags
}

# The last success. The last line of a run's log says whether it is complete, which it is
# if the exit code is 0, and verify's likewise. What never began says nothing: missing is
# breaching.

locals {
  successes = merge(
    { success = {
      metric = "CompleteRuns", alarm = "last-success", pattern = "{ ($.msg = \"summary\") && ($.complete IS TRUE) }"
      says   = "No run of plantrail has been complete for 26 hours. The log group ${local.log_group} says why."
    } },
    !local.verify ? {} : { verification = {
      metric = "ProvenRuns", alarm = "last-verification", pattern = "{ ($.msg = \"verified\") && ($.proven IS TRUE) }"
      says   = "For 26 hours, plantrail verify has not proven all that it looked at. The log group ${local.log_group} says why."
    } },
  )
}

resource "aws_cloudwatch_log_metric_filter" "this" {
  for_each       = local.successes
  name           = "${var.name}-${each.key}"
  log_group_name = aws_cloudwatch_log_group.this.name
  pattern        = each.value.pattern
  metric_transformation {
    namespace = var.name
    name      = each.value.metric
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "success" {
  for_each            = local.successes
  alarm_name          = "${var.name}-${each.value.alarm}"
  alarm_description   = each.value.says
  namespace           = var.name
  metric_name         = each.value.metric
  statistic           = "Sum"
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  period              = 3600
  evaluation_periods  = 26
  datapoints_to_alarm = 26
  treat_missing_data  = "breaching"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
  tags                = var.tags
  depends_on          = [aws_cloudwatch_log_metric_filter.this]
}
