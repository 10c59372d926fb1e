package ddl

import (
	"fmt"
	"strings"
)

// A documented column is one of the table that AWS documents for CloudTrail in
// Athena. All of them are strings there, but structures, the list of resources
// and the map of what a web identity provider said.
type documented struct {
	name   string
	fields []documented
}

// documentedColumns returns the columns that AWS documents, in its order.
func documentedColumns() []documented {
	names := func(all ...string) (columns []documented) {
		for _, name := range all {
			columns = append(columns, documented{name: name})
		}
		return columns
	}
	with := func(columns []documented, more ...documented) []documented { return append(columns, more...) }

	session := documented{"sessioncontext", with([]documented{
		{"attributes", names("mfaauthenticated", "creationdate")},
		{"sessionissuer", names("type", "principalid", "arn", "accountid", "username")},
		{name: "ec2roledelivery"},
		{"webidfederationdata", names("federatedprovider", "attributes")},
	})}
	identity := with(names("type", "principalid", "arn", "accountid", "invokedby", "accesskeyid", "username"),
		documented{"onbehalfof", names("userid", "identitystorearn")}, session)

	all := with(names("eventversion"), documented{"useridentity", identity})
	all = with(all, names("eventtime", "eventsource", "eventname", "awsregion", "sourceipaddress", "useragent", "errorcode", "errormessage",
		"requestparameters", "responseelements", "additionaleventdata", "requestid", "eventid", "readonly")...)
	all = with(all, documented{"resources", names("arn", "accountid", "type")})
	all = with(all, names("eventtype", "apiversion", "recipientaccountid", "serviceeventdetails", "sharedeventid", "vpcendpointid", "vpcendpointaccountid", "eventcategory")...)
	all = with(all, documented{"addendum", names("reason", "updatedfields", "originalrequestid", "originaleventid")})
	all = with(all, names("sessioncredentialfromconsole", "edgedevicedetails")...)
	return with(all, documented{"tlsdetails", names("tlsversion", "ciphersuite", "clientprovidedhostheader")})
}

// cloudTrailLogs returns the columns of the view cloudtrail_logs: those documented,
// each made of the table's column of that name, and those that published tables and
// queries have beside them.
func (d dialect) cloudTrailLogs(all []column) (string, error) {
	var lines []string
	for _, want := range documentedColumns() {
		have, err := find(all, want.name)
		if err != nil {
			return "", err
		}
		expression, typed, err := d.asDocumented(want, have, want.name)
		if err != nil {
			return "", err
		}
		if have.kind == structure {
			expression = d.cast(expression, typed)
		}
		if expression != want.name {
			expression += " AS " + want.name
		}
		lines = append(lines, "  "+expression)
	}
	for _, more := range []struct{ name, value string }{
		{"managementevent", "CAST(managementevent AS " + d.varchar + ")"},
		{"account", "recipientaccountid"},
		{"region", "awsregion"},
		{"timestamp", d.date("eventtime", "%Y/%m/%d")},
		{"year", d.date("eventtime", "%Y")},
		{"month", d.date("eventtime", "%m")},
		{"day", d.date("eventtime", "%d")},
	} {
		lines = append(lines, "  "+more.value+" AS "+d.name(more.name))
	}
	lines = append(lines, "  "+d.partition)
	return strings.Join(lines, ",\n"), nil
}

// asDocumented returns the expression and type that make a column of the table
// what AWS documents.
func (d dialect) asDocumented(want documented, have column, path string) (expression, typed string, err error) {
	switch {
	case path == "useridentity.sessioncontext.webidfederationdata.attributes":
		return d.words(path), d.wordsType, nil
	case have.kind == boolean:
		return "CAST(" + path + " AS " + d.varchar + ")", d.varchar, nil
	case have.kind == timestamp:
		return d.iso(path), d.varchar, nil
	case have.kind == structure:
		row, typed, err := d.structure(want, have, path)
		return "CASE WHEN " + path + " IS NOT NULL THEN " + row + " END", typed, err
	case have.kind == list:
		row, typed, err := d.structure(want, have, "r")
		return d.each(d.cast(row, typed), path), typed, err
	}
	return path, d.varchar, nil
}

// structure returns a structure of the wanted fields, and its type.
func (d dialect) structure(want documented, have column, path string) (row, typed string, err error) {
	var fields []field
	for _, f := range want.fields {
		from, err := find(have.fields, f.name)
		if err != nil {
			return "", "", fmt.Errorf("in %s: %w", path, err)
		}
		value, of, err := d.asDocumented(f, from, path+"."+f.name)
		if err != nil {
			return "", "", err
		}
		fields = append(fields, field{f.name, value, of})
	}
	return d.row(fields), rowType(fields, d.fields), nil
}
