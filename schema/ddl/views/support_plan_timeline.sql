{{- define "order" -}}
PARTITION BY account ORDER BY eventtime, eventid NULLS FIRST, operation NULLS FIRST, level NULLS FIRST, startlevel NULLS FIRST, starttime NULLS FIRST, endlevel NULLS FIRST, endtime NULLS FIRST
{{- end -}}
WITH asked AS (
  SELECT *,
    row_number() OVER ({{template "order"}}) AS place,
    lead(eventtime) OVER ({{template "order"}}) AS nexttime
  FROM {{view "support_plan_changes"}}
  WHERE outcome = 'accepted'
    AND (level IS NOT NULL OR startlevel IS NOT NULL AND starttime IS NOT NULL OR endlevel IS NOT NULL AND endtime IS NOT NULL)
),
begun AS (
  SELECT DISTINCT account, {{unknown}} AS level, CAST(NULL AS {{local}}) AS begins, 0 AS place, 0 AS step, CAST(NULL AS {{varchar}}) AS eventid
  FROM {{view "support_plan_changes"}}
  UNION ALL
  SELECT account, level, eventtime, place, 0, eventid
  FROM asked WHERE level IS NOT NULL
  UNION ALL
  SELECT account, startlevel, greatest(eventtime, starttime), place, 1, eventid
  FROM asked WHERE startlevel IS NOT NULL AND starttime IS NOT NULL AND (nexttime IS NULL OR greatest(eventtime, starttime) < nexttime)
  UNION ALL
  SELECT account, endlevel, greatest(eventtime, endtime), place, 2, eventid
  FROM asked WHERE endlevel IS NOT NULL AND endtime IS NOT NULL AND (nexttime IS NULL OR greatest(eventtime, endtime) < nexttime)
),
followed AS (
  SELECT *, lead(begins) OVER (PARTITION BY account ORDER BY begins NULLS FIRST, place, step) AS ends
  FROM begun
),
lasting AS (
  SELECT *, lag(level) OVER (PARTITION BY account ORDER BY begins NULLS FIRST) AS levelbefore
  FROM followed
  WHERE begins IS NULL OR ends IS NULL OR begins < ends
)
SELECT
  account,
  level,
  begins AS validfrom,
  lead(begins) OVER (PARTITION BY account ORDER BY begins NULLS FIRST) AS validto,
  eventid,
  step > 0 AS scheduled
FROM lasting
WHERE levelbefore IS NULL OR level <> levelbefore;
