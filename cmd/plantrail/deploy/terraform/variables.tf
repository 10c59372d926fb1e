variable "name" {
  description = "Begins the name of all that is made. Another one is needed for a second table in this account."
  type        = string
  default     = "plantrail"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}$", var.name))
    error_message = "Lower-case letters, digits and hyphens, 2 to 31 of them, a letter first."
  }
}

variable "image" {
  description = "The image of plantrail by its digest, once you have pushed it: a tag may be another image tomorrow."
  type        = string
  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "Name the image by its digest, REPOSITORY@sha256:…, which docker push prints."
  }
}

variable "image_repository_arn" {
  description = "The ECR repository of the image. Empty if its registry lets anybody pull."
  type        = string
  default     = ""
  validation {
    condition     = var.image_repository_arn == "" || can(regex("^arn:[a-z-]+:ecr:[a-z0-9-]+:[0-9]{12}:repository/.+$", var.image_repository_arn))
    error_message = "The ARN of an ECR repository, arn:aws:ecr:…:repository/…, or nothing."
  }
}

variable "cpu_architecture" {
  description = "What the image is for: X86_64, or ARM64, which costs a fifth less."
  type        = string
  default     = "X86_64"
  validation {
    condition     = contains(["X86_64", "ARM64"], var.cpu_architecture)
    error_message = "X86_64 or ARM64."
  }
}

variable "sources" {
  description = "What to read, as plantrail run --source wants it: s3://bucket/AWSLogs, with ?role_arn=… in another account, or cloudtrail:// for Event history."
  type        = list(string)
  validation {
    condition     = length(var.sources) > 0 && alltrue([for source in var.sources : can(regex("^(s3|cloudtrail)://", source))])
    error_message = "At least one source, each beginning with s3:// or cloudtrail://."
  }
}

variable "arguments" {
  description = "More flags of plantrail run, each with its value after an equals sign: --partition=day, --region=us-east-1."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for argument in var.arguments : can(regex("^--[a-z-]+(=[^,]+)?$", argument))])
    error_message = "Flags such as --partition=day, without a comma."
  }
}

variable "trail_bucket" {
  description = "The bucket of the trail that the task reads with its own role. Empty if every source names a role, or is Event history."
  type        = string
  default     = ""
}

variable "trail_prefix" {
  description = "The prefix of the log files in the trail's bucket, without a slash at its end."
  type        = string
  default     = "AWSLogs"
  validation {
    condition     = can(regex("^[^/].*[^/]$", var.trail_prefix))
    error_message = "A prefix without a slash at its beginning or end, such as AWSLogs."
  }
}

variable "trail_key_arn" {
  description = "The KMS key that the trail encrypts with. Its policy must allow the task's role, too. Empty if there is none."
  type        = string
  default     = ""
  validation {
    condition     = var.trail_key_arn == "" || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.trail_key_arn))
    error_message = "The ARN of a KMS key, arn:aws:kms:…:key/…, or nothing."
  }
}

variable "source_role_arns" {
  description = "The roles of other accounts that sources name with role_arn, as the folder source-role makes them."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for role in var.source_role_arns : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[^*]+$", role))])
    error_message = "ARNs of roles, arn:aws:iam::…:role/…, without a wildcard."
  }
}

variable "event_history" {
  description = "Whether a source is the Event history of this account: cloudtrail:// without a role_arn."
  type        = bool
  default     = false
}

variable "table_bucket" {
  description = "The name of the table's bucket, which is made. The table is below support-plans."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.table_bucket))
    error_message = "The name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens."
  }
}

variable "table_key_arn" {
  description = "The KMS key for the table's bucket, in this region. Its policy must allow the task's role, too. Empty for the encryption that S3 has."
  type        = string
  default     = ""
  validation {
    condition     = var.table_key_arn == "" || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.table_key_arn))
    error_message = "The ARN of a KMS key, arn:aws:kms:…:key/…, or nothing."
  }
}

variable "noncurrent_days" {
  description = "How many days the table's files are kept after they were replaced."
  type        = number
  default     = 90
  validation {
    condition     = var.noncurrent_days >= 1 && floor(var.noncurrent_days) == var.noncurrent_days
    error_message = "A whole number of days, at least 1."
  }
}

variable "vpc_id" {
  description = "The VPC of the subnets."
  type        = string
  validation {
    condition     = can(regex("^vpc-[0-9a-f]+$", var.vpc_id))
    error_message = "The ID of a VPC, vpc-…."
  }
}

variable "subnets" {
  description = "The subnets of the task. Private ones that reach S3, the image's registry, CloudWatch Logs and STS."
  type        = list(string)
  validation {
    condition     = length(var.subnets) > 0 && alltrue([for subnet in var.subnets : can(regex("^subnet-[0-9a-f]+$", subnet))])
    error_message = "At least one ID of a subnet, subnet-…."
  }
}

variable "security_groups" {
  description = "The security groups of the task. Without any, one is made that lets it talk HTTPS, and nobody talk to it."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for group in var.security_groups : can(regex("^sg-[0-9a-f]+$", group))])
    error_message = "IDs of security groups, sg-…."
  }
}

variable "assign_public_ip" {
  description = "Whether the task has a public address. It needs one in public subnets."
  type        = bool
  default     = false
}

variable "s3_endpoint_route_tables" {
  description = "The subnets' route tables, to make a gateway endpoint for S3 in. None where the VPC has one."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for table in var.s3_endpoint_route_tables : can(regex("^rtb-[0-9a-f]+$", table))])
    error_message = "IDs of route tables, rtb-…."
  }
}

variable "schedule" {
  description = "When the run begins, in UTC. At least once a day, or the alarm goes off."
  type        = string
  default     = "cron(17 3 * * ? *)"
  validation {
    condition     = can(regex("^(cron|rate)\\(.+\\)$", var.schedule))
    error_message = "An expression of EventBridge Scheduler: cron(17 3 * * ? *) or rate(12 hours)."
  }
}

variable "verify_schedule" {
  description = "When plantrail verify begins, in UTC, some hours after the run: cron(17 6 * * ? *). Empty: not at all, as where the trail has no log file validation."
  type        = string
  default     = ""
  validation {
    condition     = var.verify_schedule == "" || can(regex("^(cron|rate)\\(.+\\)$", var.verify_schedule))
    error_message = "An expression of EventBridge Scheduler, cron(17 6 * * ? *), or nothing."
  }
}

variable "alarm_topic_arn" {
  description = "The SNS topic that alarms tell. If it is encrypted, then with a key of yours that lets CloudWatch use it."
  type        = string
  validation {
    condition     = can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:.+$", var.alarm_topic_arn))
    error_message = "The ARN of an SNS topic, arn:aws:sns:…."
  }
}

variable "log_retention_days" {
  description = "How many days the log is kept."
  type        = number
  default     = 90
  validation {
    condition     = contains([7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "log_key_arn" {
  description = "The KMS key for the log. Its policy must allow CloudWatch Logs. Empty for the encryption that CloudWatch has."
  type        = string
  default     = ""
}

variable "permissions_boundary_arn" {
  description = "The policy that bounds the three roles. Empty: none."
  type        = string
  default     = ""
}

variable "tags" {
  description = "Tags of all that is made."
  type        = map(string)
  default     = {}
}
