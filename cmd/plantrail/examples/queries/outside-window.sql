-- Which plans were changed outside the change window: Monday to Friday, 08:00 to 18:00 UTC?
-- weekday is 0 for Monday: the days since one.
SELECT eventtime, weekday, account, actor, sourceipaddress, coalesce(level, startlevel) AS asked
FROM (
  SELECT *, date_diff('day', DATE '2001-01-01', CAST(eventtime AS DATE)) % 7 AS weekday, extract(HOUR FROM eventtime) AS hour
  FROM support_plan_changes
  WHERE outcome = 'accepted'
)
WHERE weekday >= 5 OR hour < 8 OR hour >= 18
ORDER BY eventtime, eventid;
