package ddl

import (
	"embed"
	"fmt"
	"strings"
	"text/template"
	"time"

	"plantrail/schema"
)

//go:embed views/*.sql
var templates embed.FS

// viewNames returns the views in the order in which they build on each other.
func viewNames() []string {
	return []string{"support_plan_changes", "support_plan_timeline", "support_plan_current", "support_plan_readers", "cloudtrail_logs"}
}

// renderViews returns the statements that create the views.
func renderViews(d dialect, all []column) (string, error) {
	logs, err := d.cloudTrailLogs(all)
	if err != nil {
		return "", err
	}
	functions := template.FuncMap{
		"utc": d.utc, "iso": d.iso, "newest": d.newest, "last": d.last, "part": d.part, "view": d.view,
		"mapOf": d.lists.mapOf, "follow": d.follow,
		"identifiers": d.identifiers, "agreements": d.agreements, "agreed": d.agreed,
		"serves":          func(actor string) string { return actor + " LIKE " + quote(schema.ServiceRolePrefix+"%") },
		"agrees":          func(operation string) string { return operation + " LIKE " + quote("%"+schema.AgreementSuffix) },
		"table":           func() string { return d.table },
		"partition":       func() string { return d.partition },
		"local":           func() string { return d.local },
		"varchar":         func() string { return d.varchar },
		"logs":            func() string { return logs },
		"nonEmpty":        nonEmpty,
		"level":           level,
		"planEnds":        d.planEnds,
		"plans":           plans,
		"now":             func() string { return d.now },
		"reads":           reads,
		"serviceRole":     func() string { return serviceRole },
		"addendumUpdated": func() string { return schema.AddendumUpdated },
		"channel":         d.channel,
		"denied":          func(code string) string { return d.containsAny("lower("+code+")", schema.DeniedCodes()) },
		"word":            quote,
		"unknown":         func() string { return quote(schema.Unknown) },
	}
	parsed, err := template.New("").Funcs(functions).ParseFS(templates, "views/*.sql")
	if err != nil {
		return "", fmt.Errorf("parse views: %w", err)
	}
	var out strings.Builder
	for _, name := range viewNames() {
		fmt.Fprintf(&out, "\nCREATE OR REPLACE VIEW %s AS\n", d.view(name))
		if err := parsed.ExecuteTemplate(&out, name+".sql", nil); err != nil {
			return "", fmt.Errorf("render view %s: %w", name, err)
		}
	}
	return out.String(), nil
}

// level returns the expression that [schema.LevelName] is in Go.
func level(of string) string {
	var out strings.Builder
	out.WriteString("CASE")
	for _, naming := range schema.Levels() {
		known := make([]string, len(naming.Known))
		for i, text := range naming.Known {
			known[i] = quote(text)
		}
		fmt.Fprintf(&out, " WHEN lower(%s) IN (%s) THEN %s", of, strings.Join(known, ", "), quote(naming.Name))
	}
	fmt.Fprintf(&out, " ELSE %s END", nonEmpty(of))
	return out.String()
}

// plans returns the levels that there are plans of, as a list.
func plans() string {
	var levels []string
	for _, plan := range schema.Plans() {
		levels = append(levels, quote(plan.Level))
	}
	return strings.Join(levels, ", ")
}

// planEnds returns the expression for when the plan of a level ends.
func (d dialect) planEnds(of string) string {
	var out strings.Builder
	out.WriteString("CASE " + of)
	for _, plan := range schema.Plans() {
		if !plan.Ends.IsZero() {
			fmt.Fprintf(&out, " WHEN %[1]s THEN CAST(%[2]s %[3]s AS %[2]s)", quote(plan.Level), d.local, quote(plan.Ends.UTC().Format(time.DateTime)))
		}
	}
	return out.String() + " END"
}

// reads returns the condition that an event is a read.
func reads() string {
	var prefixes []string
	for _, prefix := range schema.ReadPrefixes() {
		prefixes = append(prefixes, "eventname LIKE "+quote(prefix+"%"))
	}
	return "coalesce(readonly, " + strings.Join(prefixes, " OR ") + ", false)"
}

// serviceRole is the condition that the role of a call is a service's own.
const serviceRole = "coalesce(role, '') LIKE '" + schema.ServiceRolePrefix + "%'"

// newest returns the expression for what the newest addendum says that says something,
// and that amends any of CloudTrail's fields.
func (d dialect) newest(value string, fields ...string) string {
	says := "fields IS NULL OR " + d.containsAny("fields", fields)
	return "max_by(CASE WHEN " + says + " THEN " + value + " END, CASE WHEN (" + says + ") AND " + value + " IS NOT NULL THEN place END)"
}

// channel returns the expression for the channel of an event.
func (d dialect) channel() string {
	var out strings.Builder
	fmt.Fprintf(&out, "CASE\n    WHEN useridentity.type = 'AWSService' OR useridentity.type = 'AssumedRole' AND %s THEN %s\n    WHEN sessioncredentialfromconsole THEN %s\n",
		serviceRole, quote(schema.Service), quote(schema.Console))
	for _, naming := range schema.Agents() {
		fmt.Fprintf(&out, "    WHEN %s THEN %s\n", d.containsAny("lower(useragent)", naming.Known), quote(naming.Name))
	}
	fmt.Fprintf(&out, "    WHEN useridentity.invokedby <> '' THEN %s\n    WHEN useragent <> '' THEN %s\n    ELSE %s\n  END",
		quote(schema.Service), quote(schema.Other), quote(schema.Unknown))
	return out.String()
}
