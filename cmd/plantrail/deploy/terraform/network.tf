# The task talks HTTPS and is talked to by nobody. Names are resolved and credentials
# given without leave of a security group.

resource "aws_security_group" "task" {
  count       = length(var.security_groups) == 0 ? 1 : 0
  name        = var.name
  description = "plantrail: HTTPS outwards, nothing inwards"
  vpc_id      = var.vpc_id
  tags        = var.tags
}

resource "aws_vpc_security_group_egress_rule" "https" {
  count             = length(var.security_groups) == 0 ? 1 : 0
  security_group_id = aws_security_group.task[0].id
  description       = "S3, the image's registry, CloudWatch Logs, STS, CloudTrail"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
  tags              = var.tags
}

# What goes to S3 by a gateway endpoint costs nothing, where a NAT gateway takes a fee for
# each byte.

resource "aws_vpc_endpoint" "s3" {
  count             = length(var.s3_endpoint_route_tables) > 0 ? 1 : 0
  vpc_id            = var.vpc_id
  vpc_endpoint_type = "Gateway"
  service_name      = "com.amazonaws.${local.region}.s3"
  route_table_ids   = var.s3_endpoint_route_tables
  tags              = var.tags
}
