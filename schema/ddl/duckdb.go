package ddl

import (
	"fmt"
	"strings"
)

// DuckDB returns the statements for DuckDB: the table and its views. Macros
// give DuckDB the functions of Athena that published queries use most.
func (t Table) DuckDB() (string, error) {
	if err := t.checkName(); err != nil {
		return "", err
	}
	all, err := columns()
	if err != nil {
		return "", err
	}
	if strings.ContainsRune(t.Location, '\\') {
		return "", fmt.Errorf("%q %w: DuckDB takes no \\ in names of files", t.Location, ErrLocation)
	}
	var out strings.Builder
	if strings.HasPrefix(t.Location, "s3://") {
		out.WriteString("-- DuckDB reads S3 with its extension httpfs. Give each session your credentials first:\n" +
			"--   INSTALL httpfs; LOAD httpfs; INSTALL aws; LOAD aws;\n" +
			"--   CREATE SECRET (TYPE s3, PROVIDER credential_chain" + t.secret() + ");\n\n")
	}
	fmt.Fprintf(&out, `CREATE OR REPLACE VIEW "%s" AS
SELECT * FROM read_parquet(%s, union_by_name = true, hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE MACRO json_extract_scalar(value, path) AS json_extract_string(value, path);

CREATE OR REPLACE MACRO from_iso8601_timestamp(value) AS CAST(value AS TIMESTAMPTZ);

CREATE OR REPLACE MACRO date_parse(value, format) AS CASE format
  WHEN '%%Y-%%m-%%dT%%H:%%i:%%sZ' THEN strptime(value, '%%Y-%%m-%%dT%%H:%%M:%%SZ')
  WHEN '%%Y-%%m-%%dT%%TZ' THEN strptime(value, '%%Y-%%m-%%dT%%H:%%M:%%SZ')
  WHEN '%%Y-%%m-%%d %%H:%%i:%%s' THEN strptime(value, '%%Y-%%m-%%d %%H:%%M:%%S')
  WHEN '%%Y-%%m-%%d' THEN strptime(value, '%%Y-%%m-%%d')
  WHEN '%%Y/%%m/%%d' THEN strptime(value, '%%Y/%%m/%%d')
  ELSE error('date_parse: write this format with strptime: ' || format) END;

CREATE OR REPLACE MACRO regexp_like(value, pattern) AS regexp_matches(value, pattern);
`, t.Name, quote(globEscape(t.Location)+"/event*=*/*.parquet"))
	views, err := renderViews(duckDB(t), all)
	return out.String() + views, err
}

// secret says to DuckDB how the table's server is reached.
func (t Table) secret() string {
	var s string
	if host, plain := strings.CutPrefix(t.Endpoint, "http://"); plain {
		s = ", ENDPOINT " + quote(host) + ", USE_SSL false"
	} else if t.Endpoint != "" {
		s = ", ENDPOINT " + quote(strings.TrimPrefix(t.Endpoint, "https://"))
	}
	if t.PathStyle {
		s += ", URL_STYLE 'path'"
	}
	return s
}

// globEscape lets characters that mean something in a pattern stand for
// themselves.
func globEscape(path string) string {
	return strings.NewReplacer("[", "[[]", "*", "[*]", "?", "[?]").Replace(path)
}

// quote returns a string literal of SQL.
func quote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}
