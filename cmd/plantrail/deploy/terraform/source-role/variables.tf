variable "name" {
  description = "The name of the role."
  type        = string
  default     = "plantrail-source"
}

variable "task_role_arn" {
  description = "The role that plantrail has, which must be there: the output task_role_arn."
  type        = string
  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[^*]+$", var.task_role_arn))
    error_message = "The ARN of a role, arn:aws:iam::…:role/…, without a wildcard."
  }
}

variable "external_id" {
  description = "The external ID that the source names, too: external_id=…"
  type        = string
  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@:/_-]+$", var.external_id)) && length(var.external_id) >= 2 && length(var.external_id) <= 1224
    error_message = "2 to 1,224 letters, digits and + = , . @ : / _ -."
  }
}

variable "event_history" {
  description = "Whether plantrail looks up the Event history of this account."
  type        = bool
  default     = true
}

variable "trail_bucket" {
  description = "The bucket of a trail in this account. Empty: none."
  type        = string
  default     = ""
}

variable "trail_prefix" {
  description = "The prefix of the log files in that bucket, without a slash at its end."
  type        = string
  default     = "AWSLogs"
  validation {
    condition     = can(regex("^[^/].*[^/]$", var.trail_prefix))
    error_message = "A prefix without a slash at its beginning or end, such as AWSLogs."
  }
}

variable "trail_key_arn" {
  description = "The KMS key that the trail encrypts with. Its policy must allow the role, too. Empty if there is none."
  type        = string
  default     = ""
  validation {
    condition     = var.trail_key_arn == "" || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.trail_key_arn))
    error_message = "The ARN of a KMS key, arn:aws:kms:…:key/…, or nothing."
  }
}

variable "verify" {
  description = "Whether plantrail verify reads the trail of this account."
  type        = bool
  default     = false
}

variable "permissions_boundary_arn" {
  description = "The policy that bounds the role. Empty: none."
  type        = string
  default     = ""
}

variable "tags" {
  description = "Tags of the role."
  type        = map(string)
  default     = {}
}
