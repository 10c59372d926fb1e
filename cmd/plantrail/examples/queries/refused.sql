-- What was refused, to whom, how often? Changes and looks, and the last change.
SELECT account, actor, CAST(sum(changes) AS BIGINT) AS changes, CAST(sum(looks) AS BIGINT) AS looks, max(lastchange) AS lastchange
FROM (
  SELECT account, actor, 1 AS changes, 0 AS looks, eventtime AS lastchange
  FROM support_plan_changes
  WHERE outcome = 'denied'
  UNION ALL
  SELECT account, actor, 0, denied, NULL
  FROM support_plan_readers
  WHERE denied > 0
)
GROUP BY account, actor
ORDER BY account, actor;
