// Package ddl renders the statements that make a table of Support Plans events
// queryable: for Athena, for the Glue catalog and for DuckDB.
//
// Nothing in it is a second list. Columns and structs come from
// [schema.Parquet]; the words by which calls are judged from the vocabulary of
// package schema, which its functions follow too; and each view is one template,
// views/*.sql, that both dialects share. What the dialects do not share is in
// [dialect].
//
// The views:
//
//   - support_plan_changes has a row for each event of which [schema.ChangeOf]
//     makes a change, with the same values.
//   - support_plan_timeline has the periods of [schema.Timeline].
//   - support_plan_current has what [schema.Currents] tells of now.
//   - support_plan_readers says who looks, how often, since when and until when.
//   - cloudtrail_logs has the columns and types that AWS documents for CloudTrail
//     tables in Athena, so that queries written for those run unchanged.
package ddl
