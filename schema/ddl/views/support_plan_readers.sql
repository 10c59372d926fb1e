{{template "calls"}}
SELECT account, actor, count(*) AS calls, CAST(count_if(refused) AS BIGINT) AS denied, min(calledat) AS firsttime, max(calledat) AS lasttime
FROM (
  SELECT account, {{template "actor"}} AS actor, {{utc "eventtime"}} AS calledat, coalesce({{denied "errorcode"}}, false) AS refused
  FROM calls
  WHERE {{reads}} AND amends IS NULL
)
GROUP BY account, actor;
