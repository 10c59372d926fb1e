SELECT
{{logs}}
FROM {{table}};
