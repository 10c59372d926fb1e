-- Who changed a plan in the last 31 days, when, from where, in which account?
-- The months make Athena read two files, not the whole table.
SELECT eventtime, account, actor, channel, sourceipaddress, operation, coalesce(level, startlevel) AS asked, starttime, outcome
FROM support_plan_changes
WHERE eventtime >= CAST(current_date AS TIMESTAMP) - INTERVAL '31' DAY
  AND eventmonth >= substr(CAST(current_date - INTERVAL '31' DAY AS VARCHAR), 1, 7)
ORDER BY eventtime DESC, eventid;
