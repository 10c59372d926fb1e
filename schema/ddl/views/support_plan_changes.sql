{{template "calls"}}
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
  {{partition}}
FROM calls
WHERE NOT {{reads}};
