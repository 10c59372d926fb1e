package views_test

import (
	"os"
	"path/filepath"
	"testing"
)

// records are calls whose columns of every kind are filled.
const records = `{"Records":[
{"eventVersion":"1.08","eventSource":"supportplans.amazonaws.com","eventName":"StartSupportPlanUpdate","eventTime":"2024-03-01T12:00:00Z","eventID":"a","awsRegion":"us-west-2",
 "sourceIPAddress":"192.0.2.1","userAgent":"aws-cli/2.15","readOnly":false,"eventType":"AwsApiCall","eventCategory":"Management","recipientAccountId":"111122223333",
 "requestParameters":{"clientToken":"t","update":{"supportLevel":"BUSINESS"}},"responseElements":null,
 "resources":[{"ARN":"arn:aws:s3:::one","accountId":"111122223333","type":"AWS::S3::Bucket"},{"ARNPrefix":"arn:aws:s3:::two"}],
 "tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"x","clientProvidedHostHeader":"h"},"sessionCredentialFromConsole":"true",
 "userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/Admin/jane","accountId":"111122223333","sessionContext":{
  "attributes":{"creationDate":"2024-03-01T11:00:00Z","mfaAuthenticated":"false"},"sessionIssuer":{"type":"Role","userName":"Admin"},
  "webIdFederationData":{"federatedProvider":"p","attributes":{"aud":"it's","n":7}}}}},
{"eventVersion":"1.09","eventSource":"supportplans.amazonaws.com","eventName":"StartSupportPlanUpdate","eventTime":"2024-03-02T23:59:59Z","eventID":"b","awsRegion":"us-west-2",
 "sourceIPAddress":"192.0.2.2","userAgent":"Mozilla/5.0","errorCode":"AccessDenied","errorMessage":"no","readOnly":false,"recipientAccountId":"444455556666",
 "addendum":{"reason":"DELIVERY_DELAY"},"userIdentity":{"type":"Root","arn":"arn:aws:iam::444455556666:root","accountId":"444455556666"}},
{"eventVersion":"1.09","eventSource":"supportplans.amazonaws.com","eventName":"GetSupportPlan","eventTime":"2024-03-03T08:00:00Z","eventID":"c","awsRegion":"us-east-1",
 "sourceIPAddress":"192.0.2.2","userAgent":"Boto3/1.34","readOnly":true,"recipientAccountId":"444455556666","userIdentity":null}]}`

// Queries of the kind that is published for the table that AWS documents, as
// they would be typed in Athena.
func TestPublishedQueries(t *testing.T) {
	source := t.TempDir()
	if err := os.WriteFile(filepath.Join(source, "111122223333_CloudTrail_us-west-2_20240304T0000Z_abc.json"), []byte(records), 0o600); err != nil {
		t.Fatal(err)
	}
	db := openViews(t, makeTable(t, source))
	tests := []struct {
		name, query string
		want        []string
	}{
		{
			"who called", `SELECT eventname, useridentity.sessioncontext.sessionissuer.username, sourceipaddress FROM cloudtrail_logs ORDER BY eventtime`,
			[]string{"StartSupportPlanUpdate|Admin|192.0.2.1", "StartSupportPlanUpdate|NULL|192.0.2.2", "GetSupportPlan|NULL|192.0.2.2"},
		},
		{
			"between times", `SELECT eventid, eventtime FROM cloudtrail_logs WHERE eventtime >= '2024-03-01T12:00:00Z' AND eventtime < '2024-03-03T00:00:00Z' ORDER BY eventtime`,
			[]string{"a|2024-03-01T12:00:00Z", "b|2024-03-02T23:59:59Z"},
		},
		{
			"times as times", `SELECT eventid FROM cloudtrail_logs WHERE from_iso8601_timestamp(eventtime) > from_iso8601_timestamp('2024-03-02T00:00:00Z') ORDER BY 1`,
			[]string{"b", "c"},
		},
		{"writes", `SELECT eventid FROM cloudtrail_logs WHERE readonly = 'false' ORDER BY eventtime`, []string{"a", "b"}},
		{
			"JSON of the request", `SELECT json_extract(requestparameters, '$.update.supportLevel') AS level FROM cloudtrail_logs WHERE requestparameters IS NOT NULL`,
			[]string{`"BUSINESS"`},
		},
		{
			"text of the request", `SELECT json_extract_scalar(requestparameters, '$.update.supportLevel') AS level, count(*) FROM cloudtrail_logs WHERE eventname = 'StartSupportPlanUpdate' GROUP BY 1 ORDER BY 1 NULLS FIRST`,
			[]string{"NULL|1", "BUSINESS|1"},
		},
		{
			"resources", `SELECT eventid, r.arn, r.accountid, r.type FROM (SELECT eventid, resources[1] AS r FROM cloudtrail_logs WHERE resources IS NOT NULL)`,
			[]string{"a|arn:aws:s3:::one|111122223333|AWS::S3::Bucket"},
		},
		{
			"resources in rows", `SELECT eventid, count(*) FROM cloudtrail_logs CROSS JOIN UNNEST(resources) AS t (resource) GROUP BY eventid`,
			[]string{"a|2"},
		},
		{
			"without a second factor", `SELECT DISTINCT useridentity.arn FROM cloudtrail_logs WHERE useridentity.sessioncontext.attributes.mfaauthenticated = 'false'`,
			[]string{"arn:aws:sts::111122223333:assumed-role/Admin/jane"},
		},
		{
			"sessions", `SELECT useridentity.sessioncontext.attributes.creationdate FROM cloudtrail_logs WHERE useridentity.sessioncontext.attributes.creationdate LIKE '2024-03-01T%'`,
			[]string{"2024-03-01T11:00:00Z"},
		},
		{
			"root", `SELECT eventname, eventtime FROM cloudtrail_logs WHERE useridentity.type = 'Root' AND useridentity.invokedby IS NULL`,
			[]string{"StartSupportPlanUpdate|2024-03-02T23:59:59Z"},
		},
		{
			"refusals", `SELECT useridentity.accountid, errorcode, count(*) AS n FROM cloudtrail_logs WHERE errorcode IN ('AccessDenied', 'UnauthorizedOperation') GROUP BY 1, 2 HAVING count(*) >= 1`,
			[]string{"444455556666|AccessDenied|1"},
		},
		{
			"per day", `SELECT substr(eventtime, 1, 10) AS day, count(*) AS n FROM cloudtrail_logs GROUP BY substr(eventtime, 1, 10) ORDER BY day`,
			[]string{"2024-03-01|1", "2024-03-02|1", "2024-03-03|1"},
		},
		{
			"connections", `SELECT tlsdetails.tlsversion, sessioncredentialfromconsole, addendum.reason FROM cloudtrail_logs ORDER BY eventtime`,
			[]string{"TLSv1.3|true|NULL", "NULL|NULL|DELIVERY_DELAY", "NULL|NULL|NULL"},
		},
		{
			"web identity", `SELECT useridentity.sessioncontext.webidfederationdata.attributes['aud'], useridentity.sessioncontext.webidfederationdata.attributes['n'] FROM cloudtrail_logs WHERE eventid = 'a'`,
			[]string{"it's|7"},
		},
		{
			"times by their format", `SELECT eventid FROM cloudtrail_logs WHERE date_parse(eventtime, '%Y-%m-%dT%H:%i:%sZ') >= date_parse('2024-03-02', '%Y-%m-%d') ORDER BY 1`,
			[]string{"b", "c"},
		},
		{"agents", `SELECT eventid FROM cloudtrail_logs WHERE regexp_like(useragent, '(?i)boto|aws-cli') ORDER BY 1`, []string{"a", "c"}},
		{
			"partitions of published tables", `SELECT eventid FROM cloudtrail_logs WHERE account = '444455556666' AND region = 'us-west-2' AND "timestamp" >= '2024/03/01' AND year = '2024' AND month = '03' AND day = '02' AND managementevent IS NULL`,
			[]string{"b"},
		},
		{"the table's partitions", `SELECT count(*) FROM cloudtrail_logs WHERE eventmonth = '2024-03'`, []string{"3"}},
		{
			"no identity", `SELECT eventid FROM cloudtrail_logs WHERE useridentity IS NULL`,
			[]string{"c"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { equal(t, query(t, db, test.query), test.want) })
	}
}
