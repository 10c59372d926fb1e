package ddl

import "plantrail/schema"

// identifiers returns the expression for the identifiers in a JSON text, a space apart,
// as [schema.Agreements] find them.
func (d dialect) identifiers(json string) string {
	fields := d.lists.only(d.lists.find(json, schema.Identified, 0), "NOT "+d.lists.fits("r", schema.IdentifiedAccount))
	values := d.each(d.lists.find(d.lists.cut("r", schema.IdentifiedName), schema.IdentifiedValue, 1), fields)
	return nonEmpty(d.lists.join(d.lists.only("flatten("+values+")", "NOT "+d.lists.fits("r", schema.AnAccount))))
}

// agreement is a call of an agreement, as the view holds it beside the changes of its
// account. The greatest is the newest.
func (d dialect) agreement() []field {
	return []field{
		{"calledat", "eventtime", d.local},
		{"eventid", "coalesce(eventid, '')", d.varchar},
		{"actor", "actor", d.varchar},
		{"ids", "ids", d.varchar},
	}
}

// agreements returns the expression for the calls of agreements in a call's account.
func (d dialect) agreements(condition string) string {
	call := d.cast(d.row(d.agreement()), rowType(d.agreement(), d.fields))
	return d.lists.all + "(CASE WHEN " + condition + " THEN " + call + " END) OVER (PARTITION BY account)"
}

// agreed returns the expression for the call of an agreement that a call rests on.
func (d dialect) agreed() string {
	return d.lists.last + "(" + d.lists.only("agreements", "r.calledat <= eventtime AND "+d.lists.shares("r.ids", "ids")) + ")"
}
