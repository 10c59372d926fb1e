variable "image" {
  description = "The image of plantrail, once you have pushed it."
  type        = string
}

variable "image_repository_arn" {
  description = "The ECR repository of the image. Empty if its registry lets anybody pull."
  type        = string
  default     = ""
}

variable "trail_source" {
  description = "Where the log files are, as plantrail run --source wants it. Several, one a line."
  type        = string
}

variable "trail_bucket" {
  description = "The bucket of the trail."
  type        = string
}

variable "trail_prefix" {
  description = "The prefix of the log files in the trail's bucket, without a slash at its end."
  type        = string
  default     = "AWSLogs"
}

variable "trail_key_arn" {
  description = "The KMS key that the trail encrypts with. Empty if there is none."
  type        = string
  default     = ""
}

variable "table_bucket" {
  description = "The name of the table's bucket, which is made. The table is below support-plans."
  type        = string
}

variable "table_key_arn" {
  description = "The KMS key for the table's bucket. Empty for the encryption that S3 has."
  type        = string
  default     = ""
}

variable "subnets" {
  description = "The subnets of the task. They reach S3 and the image's registry."
  type        = list(string)
}

variable "security_groups" {
  description = "The security groups of the task. None means the VPC's default."
  type        = list(string)
  default     = []
}

variable "assign_public_ip" {
  description = "Whether the task has a public address. It needs one in public subnets."
  type        = bool
  default     = false
}

variable "schedule" {
  description = "When the run begins, in UTC. At least once a day, or the alarm goes off."
  type        = string
  default     = "cron(17 3 * * ? *)"
}

variable "alarm_topic_arn" {
  description = "The SNS topic that is told if no run has succeeded for 26 hours."
  type        = string
}

variable "log_retention_days" {
  description = "How long the log is kept."
  type        = number
  default     = 90
}
