# The table's bucket. S3 deletes no bucket that has something in it.

resource "aws_s3_bucket" "table" {
  bucket = var.table_bucket
  tags   = var.tags
}

resource "aws_s3_bucket_public_access_block" "table" {
  bucket                  = aws_s3_bucket.table.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "table" {
  bucket = aws_s3_bucket.table.id
  rule {
    object_ownership = "BucketOwnerEnforced"
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

# A partition's file is replaced whole, so its earlier versions are what the table was.

resource "aws_s3_bucket_versioning" "table" {
  bucket = aws_s3_bucket.table.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "table" {
  bucket     = aws_s3_bucket.table.id
  depends_on = [aws_s3_bucket_versioning.table]
  rule {
    id     = "earlier-versions"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      noncurrent_days = var.noncurrent_days
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket_policy" "table" {
  bucket     = aws_s3_bucket.table.id
  depends_on = [aws_s3_bucket_public_access_block.table]
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyByTLS"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [local.table, "${local.table}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}
