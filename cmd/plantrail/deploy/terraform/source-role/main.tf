# The role of another account that plantrail assumes to read there: what a source names
# with role_arn. Apply this with that account's credentials.

terraform {
  required_version = ">= 1.9"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.60, < 6.0"
    }
  }
}

data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  trail = "arn:${data.aws_partition.this.partition}:s3:::${var.trail_bucket}"
  by    = "s3.${try(split(":", var.trail_key_arn)[3], data.aws_region.this.name)}.amazonaws.com"

  # The statements of ../../iam, each where it is needed.
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
      Condition = { StringEquals = { "kms:ViaService" = local.by } }
    } },
    { needed = var.event_history, statement = {
      Sid      = "LookUpEventHistory"
      Effect   = "Allow"
      Action   = ["cloudtrail:LookupEvents"]
      Resource = "*"
    } },
    { needed = var.verify, statement = {
      Sid      = "ListPublicKeysForVerify"
      Effect   = "Allow"
      Action   = ["cloudtrail:ListPublicKeys"]
      Resource = "*"
    } },
  ]
}

resource "aws_iam_role" "source" {
  name                 = var.name
  description          = "What plantrail may read in this account"
  permissions_boundary = var.permissions_boundary_arn == "" ? null : var.permissions_boundary_arn
  tags                 = var.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "PlantrailOfAnotherAccount"
      Effect    = "Allow"
      Principal = { AWS = var.task_role_arn }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "sts:ExternalId" = var.external_id } }
    }]
  })

  lifecycle {
    precondition {
      condition     = var.event_history || var.trail_bucket != ""
      error_message = "The role could read nothing: set event_history, or name a trail_bucket."
    }
  }
}

resource "aws_iam_role_policy" "read_sources" {
  name = "read-sources"
  role = aws_iam_role.source.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [for s in local.read_sources : s.statement if s.needed]
  })
}
