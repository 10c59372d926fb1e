{{/* A call is told once, with what addenda say of it. schema.Addenda are the same in Go. */ -}}
{{template "calls"}}, asked AS (
  SELECT
    {{utc "eventtime"}} AS eventtime,
    account,
    {{template "actor"}} AS actor,
    {{channel}} AS channel,
    {{nonEmpty "sourceipaddress"}} AS sourceipaddress,
    {{nonEmpty "eventname"}} AS operation,
    {{level "supportlevel"}} AS level,
    {{level "schedule.startlevel"}} AS startlevel,
    {{utc "schedule.starttimestamp"}} AS starttime,
    {{level "schedule.endlevel"}} AS endlevel,
    {{utc "schedule.endtimestamp"}} AS endtime,
    {{nonEmpty "supportplanupdatearn"}} AS updatearn,
    CASE
      WHEN {{denied "errorcode"}} THEN 'denied'
      WHEN errorcode <> '' OR errormessage <> '' THEN 'failed'
      ELSE 'accepted'
    END AS outcome,
    coalesce({{nonEmpty "errorcode"}} || ': ' || {{nonEmpty "errormessage"}}, {{nonEmpty "errorcode"}}, {{nonEmpty "errormessage"}}) AS error,
    {{nonEmpty "eventid"}} AS eventid,
    eventsource,
    amends,
    CASE WHEN addendum.updatedfields <> '' THEN lower(addendum.updatedfields) END AS fields,
    requestparameters,
    responseelements,
    {{iso "eventtime"}} || coalesce(eventid, '') || ' ' || coalesce(eventname, '') AS place,
    {{partition}}
  FROM calls
  WHERE NOT {{reads}}
), told AS (
  SELECT *,
    CASE WHEN {{agrees "operation"}} OR {{serves "actor"}} OR amends IS NOT NULL THEN {{identifiers "requestparameters"}} END AS requested,
    CASE WHEN {{agrees "operation"}} OR {{serves "actor"}} OR amends IS NOT NULL THEN {{identifiers "responseelements"}} END AS responded
  FROM asked
), links AS (
  SELECT account, {{mapOf "eventid" "amends"}} AS leads
  FROM (
    SELECT account, eventid, min(amends) AS amends
    FROM told
    WHERE account IS NOT NULL AND eventid IS NOT NULL
    GROUP BY account, eventid
    HAVING count(*) = count(amends)
  )
  GROUP BY account
), chained AS (
  SELECT told.*, CASE WHEN amends IS NULL THEN eventid WHEN leads IS NULL THEN amends ELSE {{follow "leads" "amends"}} END AS begins
  FROM told
  LEFT JOIN links ON links.account = told.account
), addenda AS (
  SELECT account, begins, min(place) AS firstplace,
    {{newest "CASE WHEN actor <> 'unknown' THEN actor END" "useridentity"}} AS actor,
    {{newest "CASE WHEN channel <> 'unknown' THEN channel END" "useridentity" "useragent" "sessioncredentialfromconsole"}} AS channel,
    {{newest "sourceipaddress" "sourceipaddress"}} AS sourceipaddress,
    {{newest "level" "requestparameters" "responseelements"}} AS level,
    {{newest "startlevel" "requestparameters" "responseelements"}} AS startlevel,
    {{newest "starttime" "requestparameters" "responseelements"}} AS starttime,
    {{newest "endlevel" "requestparameters" "responseelements"}} AS endlevel,
    {{newest "endtime" "requestparameters" "responseelements"}} AS endtime,
    {{newest "updatearn" "requestparameters" "responseelements"}} AS updatearn,
    {{newest "requested" "requestparameters"}} AS requested,
    {{newest "responded" "responseelements"}} AS responded,
    {{newest "CASE WHEN error IS NOT NULL THEN outcome END" "errorcode" "errormessage"}} AS outcome,
    {{newest "error" "errorcode" "errormessage"}} AS error
  FROM chained
  WHERE amends IS NOT NULL
  GROUP BY account, begins
), originals AS (
  SELECT DISTINCT account, eventid FROM told WHERE amends IS NULL AND account IS NOT NULL
), amended AS (
  SELECT
    c.eventtime,
    c.account,
    coalesce(a.actor, c.actor) AS actor,
    coalesce(a.channel, c.channel) AS channel,
    coalesce(a.sourceipaddress, c.sourceipaddress) AS sourceipaddress,
    c.operation,
    coalesce(a.level, c.level) AS level,
    coalesce(a.startlevel, c.startlevel) AS startlevel,
    coalesce(a.starttime, c.starttime) AS starttime,
    coalesce(a.endlevel, c.endlevel) AS endlevel,
    coalesce(a.endtime, c.endtime) AS endtime,
    coalesce(a.updatearn, c.updatearn) AS updatearn,
    coalesce(a.outcome, c.outcome) AS outcome,
    coalesce(a.error, c.error) AS error,
    c.eventid,
    c.eventsource,
    nullif(concat_ws(' ', coalesce(a.requested, c.requested), coalesce(a.responded, c.responded)), '') AS ids,
    {{partition}}
  FROM chained c
  LEFT JOIN addenda a ON a.account = c.account AND a.begins = c.begins
  LEFT JOIN originals o ON o.account = c.account AND o.eventid = c.begins AND c.amends IS NOT NULL
  WHERE o.eventid IS NULL AND (c.amends IS NULL OR a.firstplace IS NULL OR c.place = a.firstplace)
), beside AS (
  SELECT *, {{agreements (print (agrees "operation") " AND outcome = 'accepted' AND NOT " (serves "actor") " AND ids IS NOT NULL")}} AS agreements
  FROM amended
), linked AS (
  SELECT *, CASE WHEN account IS NOT NULL AND {{serves "actor"}} THEN {{agreed}} END AS agreement
  FROM beside
)
SELECT
  eventtime,
  account,
  actor,
  channel,
  sourceipaddress,
  operation,
  level,
  startlevel,
  starttime,
  endlevel,
  endtime,
  updatearn,
  outcome,
  error,
  eventid,
  eventsource,
  agreement.actor AS agreedby,
  {{nonEmpty "agreement.eventid"}} AS agreementeventid,
  {{partition}}
FROM linked;
