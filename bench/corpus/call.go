package corpus

// A call is one API call as CloudTrail records it. Its texts are templates.
type call struct {
	service string // event source without its domain
	name    string
	request string // "" for null

	// What follows is for some calls only.

	response  string // null if empty
	extra     string // additionalEventData
	resources string
	host      string // of the service, if not service.region.amazonaws.com
	writes    bool   // readOnly is false
	internal  bool   // by services of AWS rather than by people and programs
}

// calls returns the calls that accounts make.
func calls() []call {
	var all []call
	for _, part := range [][]call{computeCalls(), identityCalls(), storageCalls(), operationsCalls(), internalCalls()} {
		all = append(all, part...)
	}
	return all
}

func computeCalls() []call {
	return []call{
		{service: "ec2", name: "DescribeInstances", request: `{"maxResults":${size},"instancesSet":{},"filterSet":{"items":[{"name":"instance-state-name","valueSet":{"items":[{"value":"running"},{"value":"pending"}]}},{"name":"tag:Name","valueSet":{"items":[{"value":"${role}"}]}}]}}`},
		{service: "ec2", name: "DescribeInstances", request: `{"instancesSet":{"items":[{"instanceId":"${instance}"},{"instanceId":"${instance}"}]},"filterSet":{}}`},
		{service: "ec2", name: "DescribeInstanceStatus", request: `{"instancesSet":{"items":[{"instanceId":"${instance}"}]},"filterSet":{},"includeAllInstances":false}`},
		{service: "ec2", name: "DescribeRouteTables", request: `{"routeTableIdSet":{"items":[{"routeTableId":"${routetable}"}]},"filterSet":{}}`},
		{service: "ec2", name: "DescribeSecurityGroups", request: `{"securityGroupSet":{},"securityGroupIdSet":{"items":[{"groupId":"${securitygroup}"}]},"filterSet":{}}`},
		{service: "ec2", name: "DescribeSubnets", request: `{"subnetSet":{"items":[{"subnetId":"${subnet}"},{"subnetId":"${subnet}"}]},"filterSet":{}}`},
		{service: "ec2", name: "DescribeVpcs", request: `{"vpcSet":{"items":[{"vpcId":"${vpc}"}]},"filterSet":{}}`},
		{service: "ec2", name: "DescribeNetworkInterfaces", request: `{"networkInterfaceIdSet":{},"filterSet":{"items":[{"name":"attachment.instance-id","valueSet":{"items":[{"value":"${instance}"}]}}]}}`},
		{service: "ec2", name: "DescribeVolumes", request: `{"volumeSet":{},"filterSet":{"items":[{"name":"attachment.instance-id","valueSet":{"items":[{"value":"${instance}"}]}}]}}`},
		{service: "ec2", name: "DescribeImages", request: `{"imagesSet":{"items":[{"imageId":"${image}"}]},"ownersSet":{"items":[{"owner":"amazon"}]},"filterSet":{}}`},
		{service: "ec2", name: "DescribeAvailabilityZones", request: `{"availabilityZoneSet":{},"availabilityZoneIdSet":{}}`},
		{service: "ec2", name: "DescribeAccountAttributes", request: `{"accountAttributeNameSet":{"items":[{"attributeName":"supported-platforms"}]},"filterSet":{}}`},
		{
			service: "ec2", name: "RunInstances", writes: true,
			request:  `{"instancesSet":{"items":[{"imageId":"${image}","minCount":1,"maxCount":1}]},"userData":"<sensitiveDataRemoved>","instanceType":"${kind}","blockDeviceMapping":{"items":[{"deviceName":"/dev/xvda","ebs":{"volumeSize":${size},"deleteOnTermination":true,"volumeType":"gp3","encrypted":true}}]},"networkInterfaceSet":{"items":[{"deviceIndex":0,"subnetId":"${subnet}","deleteOnTermination":true,"groupSet":{"items":[{"groupId":"${securitygroup}"}]}}]},"monitoring":{"enabled":false},"disableApiTermination":false,"clientToken":"${uuid}","tagSpecificationSet":{"items":[{"resourceType":"instance","tags":[{"key":"Name","value":"${role}"},{"key":"aws:autoscaling:groupName","value":"${stack}"}]}]}}`,
			response: `{"requestId":"${uuid}","reservationId":"r-${hex17}","ownerId":"${account}","groupSet":{},"instancesSet":{"items":[{"instanceId":"i-${hex17}","imageId":"${image}","instanceState":{"code":0,"name":"pending"},"privateDnsName":"ip-${private}.ec2.internal","amiLaunchIndex":0,"productCodes":{},"instanceType":"${kind}","launchTime":${millis},"placement":{"availabilityZone":"${region}a","tenancy":"default"},"monitoring":{"state":"disabled"},"subnetId":"${subnet}","vpcId":"${vpc}","privateIpAddress":"${private}","stateReason":{"code":"pending","message":"pending"},"architecture":"x86_64","rootDeviceType":"ebs","rootDeviceName":"/dev/xvda","blockDeviceMapping":{},"virtualizationType":"hvm","hypervisor":"xen","clientToken":"${uuid}","groupSet":{"items":[{"groupId":"${securitygroup}","groupName":"${group}"}]},"sourceDestCheck":true,"networkInterfaceSet":{"items":[{"networkInterfaceId":"eni-${hex17}","subnetId":"${subnet}","vpcId":"${vpc}","ownerId":"${account}","status":"in-use","privateIpAddress":"${private}"}]}}]}}`,
		},
		{
			service: "ec2", name: "TerminateInstances", writes: true, request: `{"instancesSet":{"items":[{"instanceId":"${instance}"}]}}`,
			response: `{"requestId":"${uuid}","instancesSet":{"items":[{"instanceId":"${instance}","currentState":{"code":32,"name":"shutting-down"},"previousState":{"code":16,"name":"running"}}]}}`,
		},
		{
			service: "ec2", name: "CreateTags", writes: true, request: `{"resourcesSet":{"items":[{"resourceId":"${volume}"}]},"tagSet":{"items":[{"key":"Name","value":"${role}"},{"key":"CostCenter","value":"${number}"}]}}`,
			response: `{"requestId":"${uuid}","_return":true}`,
		},
		{
			service: "ec2", name: "AuthorizeSecurityGroupIngress", writes: true, request: `{"groupId":"${securitygroup}","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":443,"toPort":443,"groups":{},"ipRanges":{"items":[{"cidrIp":"${private}/32","description":"${group}"}]},"ipv6Ranges":{},"prefixListIds":{}}]}}`,
			response: `{"requestId":"${uuid}","_return":true,"securityGroupRuleSet":{"items":[{"groupOwnerId":"${account}","groupId":"${securitygroup}","securityGroupRuleId":"sgr-${hex17}","isEgress":false,"ipProtocol":"tcp","fromPort":443,"toPort":443,"cidrIpv4":"${private}/32"}]}}`,
		},
		{
			service: "ec2", name: "CreateSnapshot", writes: true, request: `{"volumeId":"${volume}","description":"Created by \"${role}\" for ${instance}"}`,
			response: `{"requestId":"${uuid}","snapshotId":"snap-${hex17}","volumeId":"${volume}","status":"pending","startTime":${millis},"ownerId":"${account}","volumeSize":${size},"encrypted":true}`,
		},
		{service: "autoscaling", name: "DescribeAutoScalingGroups", request: `{"maxRecords":100,"autoScalingGroupNames":["${stack}"]}`},
		{service: "autoscaling", name: "SetDesiredCapacity", writes: true, request: `{"autoScalingGroupName":"${stack}","desiredCapacity":${digit},"honorCooldown":false}`},
		{service: "elasticloadbalancing", name: "DescribeTargetHealth", request: `{"targetGroupArn":"arn:aws:elasticloadbalancing:${region}:${account}:targetgroup/${group}/${instance}"}`},
		{service: "lambda", name: "GetFunction20150331v2", request: `{"functionName":"arn:aws:lambda:${region}:${account}:function:${function}"}`},
		{service: "lambda", name: "ListTags20170331", request: `{"resource":"arn%3Aaws%3Alambda%3A${region}%3A${account}%3Afunction%3A${function}"}`},
		{
			service: "lambda", name: "UpdateFunctionConfiguration20150331v2", writes: true,
			request:  `{"functionName":"${function}","timeout":${size},"memorySize":512,"environment":{}}`,
			response: `{"functionName":"${function}","functionArn":"arn:aws:lambda:${region}:${account}:function:${function}","runtime":"python3.12","role":"arn:aws:iam::${account}:role/${role}","handler":"app.handler","codeSize":${number},"description":"","timeout":${size},"memorySize":512,"lastModified":"${time}","codeSha256":"${token}","version":"$LATEST","environment":{},"tracingConfig":{"mode":"PassThrough"},"revisionId":"${uuid}","state":"Active","lastUpdateStatus":"InProgress","packageType":"Zip","architectures":["arm64"]}`,
		},
		{service: "ecs", name: "DescribeServices", request: `{"cluster":"${cluster}","services":["arn:aws:ecs:${region}:${account}:service/${cluster}/${function}"]}`},
		{service: "ecr", name: "GetAuthorizationToken", host: "api.ecr.${region}.amazonaws.com"},
		{
			service: "ecr", name: "BatchGetImage", host: "api.ecr.${region}.amazonaws.com", request: `{"registryId":"${account}","repositoryName":"${repository}","imageIds":[{"imageDigest":"sha256:${hex64}"}],"acceptedMediaTypes":["application/vnd.docker.distribution.manifest.v2+json","application/vnd.oci.image.manifest.v1+json"]}`,
			resources: `[{"accountId":"${account}","ARN":"arn:aws:ecr:${region}:${account}:repository/${repository}"}]`,
		},
		{service: "eks", name: "DescribeCluster", request: `{"name":"${cluster}"}`},
	}
}

func identityCalls() []call {
	const iam = "iam.amazonaws.com"
	return []call{
		{service: "iam", name: "GetRole", host: iam, request: `{"roleName":"${role}"}`},
		{service: "iam", name: "GetUser", host: iam, request: `{"userName":"${user}"}`},
		{service: "iam", name: "ListAttachedRolePolicies", host: iam, request: `{"roleName":"${role}"}`},
		{service: "iam", name: "ListRolePolicies", host: iam, request: `{"roleName":"${role}"}`},
		{service: "iam", name: "GetPolicyVersion", host: iam, request: `{"policyArn":"arn:aws:iam::${account}:policy/${policy}","versionId":"v${digit}"}`},
		{service: "iam", name: "ListInstanceProfilesForRole", host: iam, request: `{"roleName":"${role}"}`},
		{service: "iam", name: "PutRolePolicy", host: iam, writes: true, request: `{"roleName":"${role}","policyName":"${policy}","policyDocument":"{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\n      \"Sid\": \"Read${digit}\",\n      \"Effect\": \"Allow\",\n      \"Action\": [\n        \"s3:GetObject\",\n        \"s3:ListBucket\"\n      ],\n      \"Resource\": [\n        \"arn:aws:s3:::${bucket}\",\n        \"arn:aws:s3:::${bucket}/*\"\n      ],\n      \"Condition\": {\"StringEquals\": {\"aws:SourceAccount\": \"${account}\"}}\n    }\n  ]\n}"}`},
		{
			service: "iam", name: "CreateRole", host: iam, writes: true,
			request:  `{"path":"/service-role/","roleName":"${role}","assumeRolePolicyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"lambda.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}","tags":[{"key":"team","value":"${group}"}]}`,
			response: `{"role":{"path":"/service-role/","roleName":"${role}","roleId":"AROA${id16}","arn":"arn:aws:iam::${account}:role/service-role/${role}","createDate":"${expiry}","assumeRolePolicyDocument":"%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22lambda.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D"}}`,
		},
		{service: "sts", name: "GetCallerIdentity"},
		{
			service: "sts", name: "AssumeRole", request: `{"roleArn":"arn:aws:iam::${account}:role/${role}","roleSessionName":"${user}","durationSeconds":3600}`,
			response:  `{"credentials":{"accessKeyId":"ASIA${id16}","sessionToken":"${long}","expiration":"${expiry}"},"assumedRoleUser":{"assumedRoleId":"AROA${id16}:${user}","arn":"arn:aws:sts::${account}:assumed-role/${role}/${user}"}}`,
			resources: `[{"accountId":"${account}","type":"AWS::IAM::Role","ARN":"arn:aws:iam::${account}:role/${role}"}]`,
		},
		{
			service: "kms", name: "Decrypt", request: `{"encryptionContext":{"PARAMETER_ARN":"arn:aws:ssm:${region}:${account}:parameter${parameter}"},"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}`,
			resources: `[{"accountId":"${account}","type":"AWS::KMS::Key","ARN":"arn:aws:kms:${region}:${account}:key/${key}"}]`,
		},
		{
			service: "kms", name: "GenerateDataKey", request: `{"keyId":"arn:aws:kms:${region}:${account}:key/${key}","keySpec":"AES_256","encryptionContext":{"aws:s3:arn":"arn:aws:s3:::${bucket}"}}`,
			resources: `[{"accountId":"${account}","type":"AWS::KMS::Key","ARN":"arn:aws:kms:${region}:${account}:key/${key}"}]`,
		},
		{
			service: "kms", name: "DescribeKey", request: `{"keyId":"alias/${secret}"}`,
			resources: `[{"accountId":"${account}","type":"AWS::KMS::Key","ARN":"arn:aws:kms:${region}:${account}:key/${key}"}]`,
		},
		{service: "secretsmanager", name: "GetSecretValue", request: `{"secretId":"arn:aws:secretsmanager:${region}:${account}:secret:${secret}"}`},
		{service: "secretsmanager", name: "DescribeSecret", request: `{"secretId":"arn:aws:secretsmanager:${region}:${account}:secret:${secret}"}`},
		{service: "organizations", name: "DescribeOrganization", host: "organizations.us-east-1.amazonaws.com"},
	}
}

func storageCalls() []call {
	const extra = `{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"${token}${token}","bytesTransferredOut":${number}}`
	const bucket = `[{"accountId":"${account}","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::${bucket}"}]`
	s3 := func(name, request string) call {
		return call{service: "s3", name: name, request: request, extra: extra, resources: bucket, host: "${bucket}.s3.${region}.amazonaws.com"}
	}
	return []call{
		s3("GetBucketAcl", `{"bucketName":"${bucket}","Host":"${bucket}.s3.${region}.amazonaws.com","acl":""}`),
		s3("GetBucketLocation", `{"bucketName":"${bucket}","Host":"${bucket}.s3.${region}.amazonaws.com","location":""}`),
		s3("GetBucketPolicy", `{"bucketName":"${bucket}","Host":"${bucket}.s3.${region}.amazonaws.com","policy":""}`),
		s3("GetBucketEncryption", `{"bucketName":"${bucket}","Host":"${bucket}.s3.${region}.amazonaws.com","encryption":""}`),
		s3("GetBucketLifecycle", `{"bucketName":"${bucket}","Host":"${bucket}.s3.${region}.amazonaws.com","lifecycle":""}`),
		s3("ListBuckets", `{"Host":"s3.${region}.amazonaws.com"}`),
		{
			service: "s3", name: "PutBucketPolicy", writes: true, extra: extra, resources: bucket, host: "${bucket}.s3.${region}.amazonaws.com",
			request: `{"bucketPolicy":{"Version":"2012-10-17","Statement":[{"Sid":"AWSLogDeliveryWrite","Effect":"Allow","Principal":{"Service":"delivery.logs.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::${bucket}/AWSLogs/${account}/*","Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control","aws:SourceAccount":["${account}"]},"ArnLike":{"aws:SourceArn":["arn:aws:logs:${region}:${account}:*"]}}}]},"bucketName":"${bucket}","Host":"${bucket}.s3.${region}.amazonaws.com","policy":""}`,
		},
		{
			service: "dynamodb", name: "DescribeTable", request: `{"tableName":"${table}"}`,
			resources: `[{"accountId":"${account}","type":"AWS::DynamoDB::Table","ARN":"arn:aws:dynamodb:${region}:${account}:table/${table}"}]`,
		},
		{
			service: "dynamodb", name: "DescribeTimeToLive", request: `{"tableName":"${table}"}`,
			resources: `[{"accountId":"${account}","type":"AWS::DynamoDB::Table","ARN":"arn:aws:dynamodb:${region}:${account}:table/${table}"}]`,
		},
		{service: "rds", name: "DescribeDBInstances", request: `{"dBInstanceIdentifier":"${database}"}`},
		{service: "rds", name: "DescribeDBClusters", request: `{"maxRecords":100,"filters":[{"name":"db-cluster-id","values":["${database}"]}]}`},
		{service: "sqs", name: "GetQueueAttributes", request: `{"queueUrl":"https://sqs.${region}.amazonaws.com/${account}/${queue}","attributeNames":["All"]}`},
		{service: "sns", name: "GetTopicAttributes", request: `{"topicArn":"arn:aws:sns:${region}:${account}:${topic}"}`},
		{service: "glue", name: "GetTable", request: `{"catalogId":"${account}","databaseName":"${database}","name":"${table}"}`},
		{service: "glue", name: "GetPartitions", request: `{"catalogId":"${account}","databaseName":"${database}","tableName":"${table}","expression":"(dt >= '${day}')","maxResults":${number}}`},
		{service: "athena", name: "GetQueryExecution", request: `{"queryExecutionId":"${uuid}"}`},
	}
}

func operationsCalls() []call {
	return []call{
		{service: "cloudformation", name: "DescribeStacks", request: `{"stackName":"arn:aws:cloudformation:${region}:${account}:stack/${stack}/${key}"}`},
		{service: "cloudformation", name: "DescribeStackEvents", request: `{"stackName":"${stack}"}`},
		{
			service: "cloudformation", name: "UpdateStack", writes: true,
			request:  `{"stackName":"${stack}","capabilities":["CAPABILITY_IAM","CAPABILITY_NAMED_IAM"],"parameters":[{"parameterKey":"Image","parameterValue":"<sensitiveDataRemoved>"},{"parameterKey":"Replicas","usePreviousValue":true}],"tags":[{"key":"team","value":"${group}"}],"clientRequestToken":"${uuid}"}`,
			response: `{"stackId":"arn:aws:cloudformation:${region}:${account}:stack/${stack}/${uuid}"}`,
		},
		{service: "monitoring", name: "DescribeAlarms", request: `{"alarmNames":["${rule}"],"maxRecords":100}`},
		{service: "monitoring", name: "PutMetricAlarm", writes: true, request: `{"alarmName":"${rule}","alarmDescription":"Scales \"${stack}\"","actionsEnabled":true,"alarmActions":["arn:aws:sns:${region}:${account}:${topic}"],"metricName":"CPUUtilization","namespace":"AWS/EC2","statistic":"Average","dimensions":[{"name":"AutoScalingGroupName","value":"${stack}"}],"period":60,"evaluationPeriods":${digit},"threshold":${number}.0,"comparisonOperator":"GreaterThanThreshold"}`},
		{service: "logs", name: "DescribeLogGroups", request: `{"logGroupNamePrefix":"/aws/lambda/${function}"}`},
		{service: "logs", name: "DescribeLogStreams", request: `{"logGroupName":"/aws/lambda/${function}","orderBy":"LastEventTime","descending":true,"limit":${digit}}`},
		{
			service: "logs", name: "StartQuery", request: `{"logGroupNames":["/aws/lambda/${function}"],"startTime":${millis},"endTime":${millis},"queryString":"fields @timestamp, @message | filter @message like /ERROR ${number}/ | sort @timestamp desc","limit":1000}`,
			response: `{"queryId":"${uuid}"}`,
		},
		{
			service: "ssm", name: "GetParameter", request: `{"name":"${parameter}","withDecryption":true}`,
			resources: `[{"accountId":"${account}","ARN":"arn:aws:ssm:${region}:${account}:parameter${parameter}"}]`,
		},
		{service: "ssm", name: "GetParametersByPath", request: `{"path":"${parameter}","recursive":true,"withDecryption":true,"maxResults":10}`},
		{service: "ssm", name: "DescribeParameters", request: `{"parameterFilters":[{"key":"Name","option":"Equals","values":["${parameter}"]}]}`},
		{service: "ssm", name: "UpdateInstanceInformation", writes: true, request: `{"instanceId":"${instance}","agentVersion":"3.2.${number}.0","agentStatus":"Active","platformType":"Linux","platformName":"Amazon Linux","platformVersion":"2023","iPAddress":"${private}","computerName":"ip-${private}.ec2.internal","agentName":"amazon-ssm-agent","availabilityZone":"${region}b","availabilityZoneId":"use1-az${digit}","sSMConnectionChannel":"ssmmessages"}`},
		{service: "ssm", name: "ListInstanceAssociations", request: `{"instanceId":"${instance}","maxResults":20}`},
		{service: "config", name: "DescribeConfigurationRecorderStatus", request: `{"configurationRecorderNames":["default"]}`},
		{service: "config", name: "DescribeComplianceByConfigRule", request: `{"configRuleNames":["securityhub-${rule}-${hex8}"]}`},
		{service: "cloudtrail", name: "LookupEvents", request: `{"maxResults":50,"startTime":"${expiry}","endTime":"${expiry}","lookupAttributes":[{"attributeKey":"ResourceName","attributeValue":"${instance}"}]}`},
		{service: "cloudtrail", name: "GetTrailStatus", request: `{"name":"arn:aws:cloudtrail:${region}:${account}:trail/${stack}"}`},
		{service: "events", name: "ListTargetsByRule", request: `{"rule":"${rule}"}`},
		{service: "states", name: "DescribeExecution", request: `{"executionArn":"arn:aws:states:${region}:${account}:execution:${function}:${uuid}"}`},
		{service: "health", name: "DescribeEventAggregates", host: "health.us-east-1.amazonaws.com", request: `{"aggregateField":"eventTypeCategory","filter":{"eventStatusCodes":["open","upcoming"],"startTimes":[{"from":"${expiry}"}]}}`},
		{service: "tagging", name: "GetResources", request: `{"resourcesPerPage":100,"resourceTypeFilters":["ec2:instance","rds:db"],"tagFilters":[{"key":"team","values":["${group}"]}]}`},
		{service: "support", name: "DescribeTrustedAdvisorChecks", host: "support.us-east-1.amazonaws.com", request: `{"language":"en"}`},
	}
}

// internalCalls returns calls that services of AWS make for the account.
func internalCalls() []call {
	return []call{
		{
			service: "sts", name: "AssumeRole", internal: true, request: `{"roleArn":"arn:aws:iam::${account}:role/${role}","roleSessionName":"${function}"}`,
			response:  `{"credentials":{"accessKeyId":"ASIA${id16}","sessionToken":"${long}","expiration":"${expiry}"}}`,
			resources: `[{"accountId":"${account}","type":"AWS::IAM::Role","ARN":"arn:aws:iam::${account}:role/${role}"}]`,
		},
		{
			service: "kms", name: "Decrypt", internal: true, request: `{"encryptionContext":{"aws:lambda:FunctionArn":"arn:aws:lambda:${region}:${account}:function:${function}"},"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}`,
			resources: `[{"accountId":"${account}","type":"AWS::KMS::Key","ARN":"arn:aws:kms:${region}:${account}:key/${key}"}]`,
		},
		{
			service: "kms", name: "GenerateDataKey", internal: true, request: `{"keyId":"arn:aws:kms:${region}:${account}:key/${key}","numberOfBytes":32,"encryptionContext":{"aws:dynamodb:tableName":"${table}","aws:dynamodb:subscriberId":"${account}"}}`,
			resources: `[{"accountId":"${account}","type":"AWS::KMS::Key","ARN":"arn:aws:kms:${region}:${account}:key/${key}"}]`,
		},
		{service: "logs", name: "CreateLogStream", internal: true, writes: true, request: `{"logGroupName":"/aws/lambda/${function}","logStreamName":"${day}/[$LATEST]${hex32}"}`},
		{service: "config", name: "PutEvaluations", internal: true, writes: true, request: `{"evaluations":[{"complianceResourceType":"AWS::EC2::Instance","complianceResourceId":"${instance}","complianceType":"COMPLIANT","orderingTimestamp":"${expiry}"}],"resultToken":"HIDDEN_DUE_TO_SECURITY_REASONS"}`},
		{
			service: "s3", name: "GetBucketAcl", internal: true, request: `{"bucketName":"${bucket}","Host":"${bucket}.s3.${region}.amazonaws.com","acl":""}`,
			extra:     `{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"${token}${token}","bytesTransferredOut":542}`,
			resources: `[{"accountId":"${account}","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::${bucket}"}]`,
		},
	}
}
