-- The month in numbers: what was asked for and what came of it.
SELECT eventmonth,
  count(*) AS changes,
  count_if(outcome = 'accepted') AS accepted,
  count_if(outcome = 'denied') AS denied,
  count_if(outcome = 'failed') AS failed,
  count(DISTINCT account) AS accounts,
  count(DISTINCT actor) AS actors
FROM support_plan_changes
GROUP BY eventmonth
ORDER BY eventmonth;
