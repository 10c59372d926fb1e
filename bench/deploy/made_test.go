package deploy_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A thing is what a template makes, in its language's words.
type thing struct {
	kind, name string
	values     map[string]any
}

// A kind is what both languages can make, and where each of them says what of it.
type kind struct {
	cfn, each string // each: the property that is a list of these
	tf        string
	fields    []field
}

// A field is a path in each language.
type field struct{ cfn, tf string }

var kinds = []kind{
	{cfn: "AWS::S3::Bucket", tf: "aws_s3_bucket", fields: []field{{"BucketName", "bucket"}}},
	{cfn: "AWS::S3::Bucket", tf: "aws_s3_bucket_versioning", fields: []field{{"VersioningConfiguration.Status", "versioning_configuration.0.status"}}},
	{cfn: "AWS::S3::Bucket", tf: "aws_s3_bucket_ownership_controls", fields: []field{{"OwnershipControls.Rules.0.ObjectOwnership", "rule.0.object_ownership"}}},
	{cfn: "AWS::S3::Bucket", tf: "aws_s3_bucket_server_side_encryption_configuration", fields: under(
		"BucketEncryption.ServerSideEncryptionConfiguration.0.", "rule.0.", "BucketKeyEnabled", "bucket_key_enabled",
		"ServerSideEncryptionByDefault.SSEAlgorithm", "apply_server_side_encryption_by_default.0.sse_algorithm",
		"ServerSideEncryptionByDefault.KMSMasterKeyID", "apply_server_side_encryption_by_default.0.kms_master_key_id")},
	{cfn: "AWS::S3::Bucket", tf: "aws_s3_bucket_lifecycle_configuration", fields: under(
		"LifecycleConfiguration.Rules.0.", "rule.0.", "Id", "id", "Status", "status",
		"NoncurrentVersionExpiration.NoncurrentDays", "noncurrent_version_expiration.0.noncurrent_days",
		"AbortIncompleteMultipartUpload.DaysAfterInitiation", "abort_incomplete_multipart_upload.0.days_after_initiation")},
	{cfn: "AWS::S3::Bucket", tf: "aws_s3_bucket_public_access_block", fields: under(
		"PublicAccessBlockConfiguration.", "", "BlockPublicAcls", "block_public_acls", "BlockPublicPolicy", "block_public_policy",
		"IgnorePublicAcls", "ignore_public_acls", "RestrictPublicBuckets", "restrict_public_buckets")},
	{cfn: "AWS::S3::BucketPolicy", tf: "aws_s3_bucket_policy", fields: under("", "", "Bucket", "bucket", "PolicyDocument", "policy")},
	{cfn: "AWS::IAM::Role", tf: "aws_iam_role", fields: under("", "", "RoleName", "name", "Description", "description",
		"PermissionsBoundary", "permissions_boundary", "AssumeRolePolicyDocument", "assume_role_policy")},
	{cfn: "AWS::IAM::Role", each: "Policies", tf: "aws_iam_role_policy", fields: under("", "", "PolicyName", "name", "PolicyDocument", "policy")},
	{cfn: "AWS::EC2::SecurityGroup", tf: "aws_security_group", fields: under("", "", "GroupName", "name", "GroupDescription", "description", "VpcId", "vpc_id")},
	{cfn: "AWS::EC2::SecurityGroup", each: "SecurityGroupEgress", tf: "aws_vpc_security_group_egress_rule", fields: under("", "",
		"Description", "description", "IpProtocol", "ip_protocol", "FromPort", "from_port", "ToPort", "to_port", "CidrIp", "cidr_ipv4")},
	{cfn: "AWS::EC2::VPCEndpoint", tf: "aws_vpc_endpoint", fields: under("", "", "VpcId", "vpc_id", "VpcEndpointType", "vpc_endpoint_type",
		"ServiceName", "service_name", "RouteTableIds", "route_table_ids")},
	{cfn: "AWS::Logs::LogGroup", tf: "aws_cloudwatch_log_group", fields: under("", "", "LogGroupName", "name", "RetentionInDays", "retention_in_days",
		"KmsKeyId", "kms_key_id")},
	{cfn: "AWS::ECS::Cluster", tf: "aws_ecs_cluster", fields: []field{{"ClusterName", "name"}}},
	{cfn: "AWS::ECS::TaskDefinition", tf: "aws_ecs_task_definition", fields: under("", "", "Family", "family",
		"RequiresCompatibilities", "requires_compatibilities", "NetworkMode", "network_mode", "Cpu", "cpu", "Memory", "memory",
		"TaskRoleArn", "task_role_arn", "ExecutionRoleArn", "execution_role_arn", "Volumes.0.Name", "volume.0.name",
		"RuntimePlatform.OperatingSystemFamily", "runtime_platform.0.operating_system_family",
		"RuntimePlatform.CpuArchitecture", "runtime_platform.0.cpu_architecture", containers, "container_definitions")},
	{cfn: "AWS::Scheduler::ScheduleGroup", tf: "aws_scheduler_schedule_group", fields: []field{{"Name", "name"}}},
	{cfn: "AWS::Scheduler::Schedule", tf: "aws_scheduler_schedule", fields: slices.Concat(
		under("", "", "Name", "name", "GroupName", "group_name", "Description", "description", "ScheduleExpression", "schedule_expression",
			"ScheduleExpressionTimezone", "schedule_expression_timezone"),
		under("FlexibleTimeWindow.", "flexible_time_window.0.", "Mode", "mode", "MaximumWindowInMinutes", "maximum_window_in_minutes"),
		under("Target.", "target.0.", "Arn", "arn", "RoleArn", "role_arn", "Input", "input", "DeadLetterConfig.Arn", "dead_letter_config.0.arn"),
		under("Target.RetryPolicy.", "target.0.retry_policy.0.", "MaximumEventAgeInSeconds", "maximum_event_age_in_seconds",
			"MaximumRetryAttempts", "maximum_retry_attempts"),
		under("Target.EcsParameters.", "target.0.ecs_parameters.0.", "TaskDefinitionArn", "task_definition_arn", "LaunchType", "launch_type",
			"TaskCount", "task_count"),
		under("Target.EcsParameters.NetworkConfiguration.AwsvpcConfiguration.", "target.0.ecs_parameters.0.network_configuration.0.",
			"Subnets", "subnets", "SecurityGroups", "security_groups", "AssignPublicIp", "assign_public_ip"))},
	{cfn: "AWS::SQS::Queue", tf: "aws_sqs_queue", fields: under("", "", "QueueName", "name", "MessageRetentionPeriod", "message_retention_seconds",
		"SqsManagedSseEnabled", "sqs_managed_sse_enabled")},
	{cfn: "AWS::SQS::QueuePolicy", tf: "aws_sqs_queue_policy", fields: under("", "", "PolicyDocument", "policy", "Queues", "queue_url")},
	{cfn: "AWS::Events::Rule", tf: "aws_cloudwatch_event_rule", fields: under("", "", "Name", "name", "Description", "description", "EventPattern", "event_pattern")},
	{cfn: "AWS::Events::Rule", each: "Targets", tf: "aws_cloudwatch_event_target", fields: under("", "", "Id", "target_id", "Arn", "arn")},
	{cfn: "AWS::Logs::MetricFilter", tf: "aws_cloudwatch_log_metric_filter", fields: under("", "", "FilterName", "name", "LogGroupName", "log_group_name",
		"FilterPattern", "pattern", "MetricTransformations.0.MetricNamespace", "metric_transformation.0.namespace",
		"MetricTransformations.0.MetricName", "metric_transformation.0.name", "MetricTransformations.0.MetricValue", "metric_transformation.0.value")},
	{cfn: "AWS::CloudWatch::Alarm", tf: "aws_cloudwatch_metric_alarm", fields: under("", "", "AlarmName", "alarm_name", "AlarmDescription", "alarm_description",
		"Namespace", "namespace", "MetricName", "metric_name", "Dimensions", "dimensions", "Statistic", "statistic",
		"ComparisonOperator", "comparison_operator", "Threshold", "threshold", "Period", "period", "EvaluationPeriods", "evaluation_periods",
		"DatapointsToAlarm", "datapoints_to_alarm", "TreatMissingData", "treat_missing_data", "AlarmActions", "alarm_actions", "OKActions", "ok_actions")},
}

// containers is the one property whose own properties have other names.
const containers = "ContainerDefinitions"

// under returns fields whose paths begin alike.
func under(cfn, tf string, paths ...string) []field {
	var all []field
	for pair := range slices.Chunk(paths, 2) {
		all = append(all, field{cfn + pair[0], tf + pair[1]})
	}
	return all
}

// A fargate is what a template for ECS Fargate makes, filled in with the names
// that the folder's policies have.
type fargate struct {
	made    map[string][]map[string]any // by Terraform's name of the kind, each by CloudFormation's names of the fields
	outputs []string
}

// newFargate says in the same words what was made, whatever made it. in returns
// what a language calls a kind and a field.
func newFargate(t *testing.T, all []thing, in func(*kind) (name, each string, path func(*field) string)) *fargate {
	t.Helper()
	f := &fargate{made: map[string][]map[string]any{}}
	for _, r := range all {
		known := map[string]bool{}
		for _, k := range kinds {
			name, each, path := in(&k)
			if name != r.kind {
				continue
			}
			known[""] = true
			parts := []any{r.values}
			if each != "" {
				parts, _ = r.values[each].([]any)
				known[each] = true
			}
			for _, part := range parts {
				one := map[string]any{}
				for _, field := range k.fields {
					value := at(part, path(&field))
					if field.cfn == containers {
						value = lower(value)
					}
					one[field.cfn] = plain(value)
					known[path(&field)] = true
				}
				f.made[k.tf] = append(f.made[k.tf], one)
			}
		}
		if !known[""] {
			t.Errorf("%s %s is compared with nothing", r.kind, r.name)
		}
		if strings.HasPrefix(r.kind, "AWS::") {
			checkKnown(t, r.kind, "", r.values, known)
		}
	}
	for _, made := range f.made {
		slices.SortFunc(made, func(a, b map[string]any) int { return strings.Compare(text(a), text(b)) })
	}
	return f
}

// checkKnown checks that no property is compared with nothing.
func checkKnown(t *testing.T, kind, path string, value any, known map[string]bool) {
	t.Helper()
	if path != "" && known[path] {
		return
	}
	switch value := value.(type) {
	case map[string]any:
		for name, v := range value {
			checkKnown(t, kind, strings.TrimPrefix(path+"."+name, "."), v, known)
		}
	case []any:
		for i, v := range value {
			checkKnown(t, kind, path+"."+strconv.Itoa(i), v, known)
		}
	default:
		t.Errorf("%s of %s is compared with nothing", path, kind)
	}
}

func text(value any) string {
	all, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(all)
}

// at follows a path.
func at(value any, path string) any {
	for step := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

// plain makes values alike that mean the same: a list of one and that one, a document
// and its text, a number and its digits, nothing and an empty text.
func plain(value any) any {
	switch v := value.(type) {
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		var document any
		if strings.HasPrefix(v, "{\"") || strings.HasPrefix(v, "[{") {
			if err := json.Unmarshal([]byte(v), &document); err != nil {
				return err.Error()
			}
			return plain(document)
		}
		switch v {
		case "ENABLED":
			return true
		case "DISABLED":
			return false
		case "":
			return nil
		}
	case []any:
		if dimensions := named(v); dimensions != nil {
			return dimensions
		}
		var all []any
		for _, one := range v {
			all = append(all, plain(one))
		}
		switch len(all) {
		case 0:
			return nil
		case 1:
			return all[0]
		}
		return all
	case map[string]any:
		all := map[string]any{}
		for name, one := range v {
			all[name] = plain(one)
		}
		return all
	}
	return value
}

// named returns dimensions by their names, if these are some.
func named(all []any) map[string]any {
	byName := map[string]any{}
	for _, one := range all {
		one, _ := one.(map[string]any)
		name, ok := one["Name"].(string)
		if !ok || len(one) != 2 || one["Value"] == nil {
			return nil
		}
		byName[name] = one["Value"]
	}
	if len(byName) == 0 {
		return nil
	}
	return byName
}

// Both templates make the same, with nothing but what must be given, and with all
// that can be.
func TestSame(t *testing.T) {
	for name, given := range fillings {
		t.Run(name, func(t *testing.T) {
			a, b := cloudFormation(t, mainTemplate, given), terraform(t, mainModule, name)
			checkSame(t, a, b)
			if name == "all" {
				for _, k := range kinds {
					if len(a.made[k.tf]) == 0 {
						t.Errorf("no %s is made, so none is compared", k.tf)
					}
				}
			}
		})
	}
}

// So do those for a role of another account.
func TestSameSourceRole(t *testing.T) {
	for name, given := range sourceFillings {
		t.Run(name, func(t *testing.T) {
			checkSame(t, cloudFormation(t, sourceTemplate, given), terraform(t, sourceModule, name))
		})
	}
}

func checkSame(t *testing.T, a, b *fargate) {
	t.Helper()
	for _, k := range kinds {
		if got, want := a.made[k.tf], b.made[k.tf]; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: CloudFormation makes\n%s\nand Terraform\n%s", k.tf, text(got), text(want))
		}
	}
	slices.Sort(a.outputs)
	slices.Sort(b.outputs)
	if !slices.Equal(a.outputs, b.outputs) {
		t.Errorf("outputs %v and %v", a.outputs, b.outputs)
	}
}
