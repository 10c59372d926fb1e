{{template "calls"}}
SELECT account, actor, count(*) AS calls, count_if(refused) AS denied, min(calledat) AS firsttime, max(calledat) AS lasttime
FROM (
  SELECT account, {{template "actor"}} AS actor, {{utc "eventtime"}} AS calledat, coalesce({{denied "errorcode"}}, false) AS refused
  FROM calls
  WHERE {{reads}}
)
GROUP BY account, actor;
