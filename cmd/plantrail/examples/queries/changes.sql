-- Who changed a plan in the last 31 days, when, from where, in which account?
SELECT eventtime, account, actor, channel, sourceipaddress, operation, coalesce(level, startlevel) AS asked, starttime, outcome
FROM support_plan_changes
WHERE eventtime >= CAST(current_date AS TIMESTAMP) - INTERVAL '31' DAY
ORDER BY eventtime DESC, eventid;
