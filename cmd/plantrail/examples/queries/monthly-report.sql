-- The month in numbers: what was asked for and what came of it.
SELECT substr(CAST(eventtime AS VARCHAR), 1, 7) AS month,
  count(*) AS changes,
  count(*) FILTER (WHERE outcome = 'accepted') AS accepted,
  count(*) FILTER (WHERE outcome = 'denied') AS denied,
  count(*) FILTER (WHERE outcome = 'failed') AS failed,
  count(DISTINCT account) AS accounts,
  count(DISTINCT actor) AS actors
FROM support_plan_changes
GROUP BY 1
ORDER BY 1;
