package views_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"plantrail/bench/corpus"
	"plantrail/bench/duck"
	"plantrail/schema"
	"plantrail/schema/ddl"
)

// The views' rows on the sample trail.
func TestSample(t *testing.T) {
	table := makeTable(t, sample)
	db := openViews(t, table)
	var out strings.Builder
	for _, view := range []string{"support_plan_changes", "support_plan_timeline", "support_plan_current", "support_plan_readers", "cloudtrail_logs"} {
		fmt.Fprintf(&out, "%s\n", view)
		for _, column := range duck.Rows(t, db, "DESCRIBE "+view) {
			fmt.Fprintf(&out, "  %s %s\n", column[0], column[1])
		}
		for _, row := range sorted(t, db, view) {
			fmt.Fprintf(&out, "%s\n", row)
		}
		fmt.Fprintln(&out)
	}
	golden(t, "sample.golden", out.String())
	agree(t, table)
}

// agree compares the views with the functions of package schema.
func agree(t *testing.T, table string) {
	t.Helper()
	db := openViews(t, table)
	// Times are UTC wherever the reader sits.
	if _, err := db.ExecContext(t.Context(), "SET TimeZone = 'America/New_York'"); err != nil {
		t.Fatal(err)
	}
	events := readEvents(t, table)
	rows, changes := changeRows(events)
	if len(rows) < 4 || len(rows) == len(events) {
		t.Fatalf("%d changes among %d events", len(rows), len(events))
	}
	equal(t, sorted(t, db, "support_plan_changes"), rows)
	if linked := query(t, db, "SELECT count(*) FROM support_plan_changes WHERE agreedby IS NOT NULL"); t.Name() == "TestGenerated" && len(linked[0]) < 2 {
		t.Errorf("only %s changes of services are linked", linked[0])
	}
	equal(t, timeline(t, db), periodRows(schema.Timeline(changes)))
	equal(t, currents(t, db, "support_plan_current"), currentRows(schema.Currents(changes, time.Now())))

	equal(t, sorted(t, db, "support_plan_readers"), readerRows(events))
}

// readerRows returns who looked, as support_plan_readers shows it: what is no
// change is a read.
func readerRows(events []schema.Event) (rows []string) {
	type reader struct{ account, actor string }
	type reading struct {
		calls, denied int
		first, last   time.Time
	}
	readings := map[reader]*reading{}
	for _, e := range events {
		if _, ok := schema.ReadOf(&e); !ok {
			continue
		}
		e.ReadOnly = new(bool) // as a change, it has an account and an outcome
		c, _ := schema.ChangeOf(&e)
		r := readings[reader{c.Account, c.Actor}]
		if r == nil {
			r = &reading{first: c.Time}
			readings[reader{c.Account, c.Actor}] = r
		}
		r.calls++
		if c.Outcome == schema.Denied {
			r.denied++
		}
		if c.Time.Before(r.first) {
			r.first = c.Time
		}
		if c.Time.After(r.last) {
			r.last = c.Time
		}
	}
	for who, r := range readings {
		rows = append(rows, line(who.account, who.actor, fmt.Sprint(r.calls), fmt.Sprint(r.denied), clock(r.first), clock(r.last)))
	}
	slices.Sort(rows)
	return rows
}

// The events of a generated corpus.
func TestCorpus(t *testing.T) {
	source := t.TempDir()
	c := corpus.DefaultConfig()
	c.Days, c.FilesPerDay, c.Planted = 20, 2, 300
	if _, err := corpus.WriteDir(c, source); err != nil {
		t.Fatal(err)
	}
	agree(t, makeTable(t, source))
}

// Identities, levels, errors, nulls and schedules of all kinds, in few accounts
// and at few times, so that they meet.
func TestGenerated(t *testing.T) { agree(t, makeTable(t, generate(t))) }

// generate returns a folder with one log file of such events.
func generate(t *testing.T) string {
	t.Helper()
	source := t.TempDir()
	rng := rand.New(rand.NewPCG(1, 2))
	records := make([]map[string]any, 1500)
	for i := range records {
		records[i] = record(rng, i)
	}
	text, err := json.Marshal(map[string]any{"Records": records})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(source, "111122223333_CloudTrail_us-west-2_20240301T0000Z_abc.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	return source
}

// pick draws one of the values; "-" leaves the field out.
func pick(rng *rand.Rand, fields map[string]any, name string, values ...any) {
	if v := values[rng.IntN(len(values))]; v != "-" {
		fields[name] = v
	}
}

func instant(rng *rand.Rand) string {
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rng.IntN(400)) * time.Hour)
	if rng.IntN(3) == 0 {
		return at.Add(109 * time.Millisecond).Format("2006-01-02T15:04:05.000Z")
	}
	return at.Format(time.RFC3339)
}

func record(rng *rand.Rand, i int) map[string]any {
	r := map[string]any{"eventTime": instant(rng), "eventID": fmt.Sprint(i), "eventVersion": "1.09"}
	pick(rng, r, "eventID", fmt.Sprint("e", i%700), fmt.Sprint(i), nil, "")
	pick(rng, r, "eventSource", "supportplans.amazonaws.com", "support-subscription.amazonaws.com")
	pick(rng, r, "eventName", "StartSupportPlanUpdate", "CreateSupportPlanSchedule", "GetSupportPlan", "ListSupportPlanModifiers",
		"DescribeSupportLevelSummary", "SearchX", "ViewX", "Getaway", "get", "", nil, "-")
	pick(rng, r, "readOnly", true, false, false, "false", nil, "-", 7)
	pick(rng, r, "recipientAccountId", "111122223333", "444455556666", "111122223333", "", nil, "-")
	pick(rng, r, "userAgent", "AWS-SupportPlansConsole, aws-internal/3", "Mozilla/5.0", "aws-cli/2.15", "Boto3/1", "APN/1.0 Terraform/1",
		"organizations.amazonaws.com", "AWS Internal", "curl/8", "it's \"<b>|\x1b[31m", "", nil, "-")
	pick(rng, r, "sourceIPAddress", "192.0.2.1", "", nil)
	pick(rng, r, "sessionCredentialFromConsole", "true", "false", nil, "-", "-")
	pick(rng, r, "errorCode", "AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation", "ThrottlingException", "", nil, "-", "-", "-", "-", "-")
	pick(rng, r, "errorMessage", "User: x is not authorized", "", nil, "-", "-", "-")
	pick(rng, r, "userIdentity", identity(rng), identity(rng), identity(rng), nil, "-")
	if rng.IntN(6) == 0 {
		r["userIdentity"] = map[string]any{"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForSupportPlans/x"}
	}
	request := map[string]any{}
	pick(rng, request, "supportLevel", level(rng), nil, "-")
	pick(rng, request, "update", map[string]any{"supportLevel": level(rng)}, nil, "-")
	if rng.IntN(3) == 0 {
		schedule := map[string]any{}
		pick(rng, schedule, "startLevel", level(rng), level(rng), nil, "-")
		pick(rng, schedule, "endLevel", level(rng), level(rng), nil, "-")
		pick(rng, schedule, "startTimestamp", instant(rng), instant(rng), nil, "never")
		pick(rng, schedule, "endTimestamp", instant(rng), instant(rng), nil, "-")
		request["scheduleCreationDetails"] = schedule
	}
	pick(rng, request, "agreementId", "x-1", "x-2", "", "two words", "a[1]", `quo"ted`, "é", 7, nil, "-", "-")
	pick(rng, request, "agreement", map[string]any{"ARN": "arn:aws:x/1", "accountId": "x-3"}, map[string]any{"ids": []string{"x-1", "arn:aws:x/2"}},
		[]any{map[string]any{"sourceArn": "arn:aws:iam::111122223333", "identifiers": []any{"x-1", 7}}}, map[string]any{"note": `"id":"x-1"`, "paid": "x-4"}, "-", "-", "-")
	pick(rng, r, "requestParameters", request, request, request, nil, "text")
	if rng.IntN(4) == 0 {
		addendum := map[string]any{}
		pick(rng, addendum, "reason", "UPDATED_DATA", "UPDATED_DATA", "UPDATED_DATA", "DELIVERY_DELAY", nil)
		pick(rng, addendum, "originalEventID", fmt.Sprint("e", rng.IntN(700)), fmt.Sprint("e", rng.IntN(700)), fmt.Sprint(rng.IntN(1500)), r["eventID"], "", nil)
		pick(rng, addendum, "updatedFields", "requestParameters", "responseElements, errorCode", "userAgent,userIdentity", "sourceIPAddress", "", nil, "-")
		r["addendum"], r["eventID"] = addendum, fmt.Sprint("a", i)
		// Chains and circles of addenda, and IDs of several events.
		switch rng.IntN(4) {
		case 0:
			addendum["originalEventID"] = fmt.Sprint("a", rng.IntN(1500))
		case 1:
			r["eventID"], addendum["originalEventID"] = fmt.Sprint("c", rng.IntN(40)), fmt.Sprint("c", rng.IntN(40))
		}
	}
	if rng.IntN(3) == 0 {
		pick(rng, r, "eventName", "AcceptSupportAgreement", "CreateSupportAgreement", "GetSupportAgreement")
	}
	pick(rng, r, "responseElements", map[string]any{"agreement": map[string]any{"agreementIdentifier": fmt.Sprint("x-", rng.IntN(4))}}, map[string]any{"supportPlanUpdateArn": "arn:aws:supportplans::111122223333:supportplanupdate/7f03"}, nil, "-")
	return r
}

func level(rng *rand.Rand) string {
	var all []string
	for _, naming := range schema.Levels() {
		for _, known := range naming.Known {
			all = append(all, known, strings.ToUpper(known), " "+known)
		}
	}
	all = append(all, "", "Gold", "unknown", "it's; DROP TABLE x --", "BASİC", "ΒASIC")
	return all[rng.IntN(len(all))]
}

func identity(rng *rand.Rand) map[string]any {
	id := map[string]any{}
	pick(rng, id, "type", "Root", "IAMUser", "AssumedRole", "AssumedRole", "AssumedRole", "Role", "FederatedUser", "Directory", "AWSAccount",
		"AWSService", "IdentityCenterUser", "SAMLUser", "WebIdentityUser", "Unknown", "", nil, "-")
	pick(rng, id, "arn", "arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:user/a/b/jane", "arn:aws:sts::111122223333:assumed-role/Admin/jane",
		"arn:aws:sts::111122223333:assumed-role//jane", "arn:aws:sts::111122223333:assumed-role/Admin/", "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForSupportPlans/x", "a/b:c", "a:b/c", "/", ":", "é/ü/ñ", "/\u0301x/\u0301y/z", "", nil, "-")
	pick(rng, id, "principalId", "AROAEXAMPLE:jane", "AIDAEXAMPLE", "a:", "", nil, "-")
	pick(rng, id, "accountId", "123456789012", "", nil, "-")
	pick(rng, id, "userName", "jane", "it's", "", nil, "-", "-", "-")
	pick(rng, id, "invokedBy", "cloudformation.amazonaws.com", "", "-", "-")
	pick(rng, id, "onBehalfOf", map[string]any{"userId": "544894e8"}, map[string]any{}, nil, "-", "-")
	issuer := map[string]any{}
	pick(rng, issuer, "userName", "Admin", "AWSServiceRoleForSupportPlans", "", nil, "-")
	pick(rng, issuer, "arn", "arn:aws:iam::111122223333:role/a/Admin", "", nil, "-")
	pick(rng, id, "sessionContext", map[string]any{"sessionIssuer": issuer}, map[string]any{"sessionIssuer": issuer}, map[string]any{}, nil, "-")
	return id
}

// Quotes and characters of patterns in a path, and a name of one's own.
func TestHostilePath(t *testing.T) {
	table := filepath.Join(t.TempDir(), `it's [a] "table" *?; DROP`)
	if err := os.CopyFS(table, os.DirFS(makeTable(t, sample))); err != nil {
		t.Fatal(err)
	}
	statements, err := ddl.Table{Location: table, Name: "select"}.DuckDB()
	if err != nil {
		t.Fatal(err)
	}
	db := duck.Open(t)
	if _, err := db.ExecContext(t.Context(), statements); err != nil {
		t.Fatalf("%v in\n%s", err, statements)
	}
	equal(t, query(t, db, `SELECT count(*) FROM "select"`), []string{"8"})
	equal(t, query(t, db, `SELECT count(*) FROM support_plan_changes`), []string{"4"})
}
