-- The month in numbers: what was asked for and what came of it.
SELECT eventmonth,
  count(*) AS changes,
  count(*) FILTER (WHERE outcome = 'accepted') AS accepted,
  count(*) FILTER (WHERE outcome = 'denied') AS denied,
  count(*) FILTER (WHERE outcome = 'failed') AS failed,
  count(DISTINCT account) AS accounts,
  count(DISTINCT actor) AS actors
FROM support_plan_changes
GROUP BY eventmonth
ORDER BY eventmonth;
