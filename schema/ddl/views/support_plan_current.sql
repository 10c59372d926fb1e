{{- define "following" -}}
OVER (PARTITION BY account ORDER BY validfrom NULLS FIRST)
{{- end -}}
WITH followed AS (
  SELECT
    account,
    level,
    validfrom,
    validto,
    eventid,
    scheduled,
    {{planEnds "level"}} AS planends,
    lead(level) {{template "following"}} AS nextlevel,
    lead(validfrom) {{template "following"}} AS nexttime,
    lead(eventid) {{template "following"}} AS nexteventid,
    lead(level, 2) {{template "following"}} AS thenlevel,
    lead(validfrom, 2) {{template "following"}} AS thentime
  FROM {{view "support_plan_timeline"}}
)
SELECT
  account,
  level,
  CASE
    WHEN level = {{unknown}} THEN {{unknown}}
    WHEN level NOT IN ({{plans}}) THEN 'unlisted'
    WHEN planends IS NULL THEN 'current'
    WHEN planends > {{now}} THEN 'ending'
    ELSE 'ended'
  END AS status,
  validfrom,
  eventid,
  scheduled,
  planends,
  nextlevel,
  nexttime,
  nexteventid,
  thenlevel,
  thentime
FROM followed
WHERE (validfrom IS NULL OR validfrom <= {{now}})
  AND (validto IS NULL OR validto > {{now}});
