-- Which plan was each account on, on one day?
SELECT account, level, validfrom, validto, scheduled
FROM support_plan_timeline
WHERE coalesce(validfrom <= TIMESTAMP '2026-06-22 00:00:00', true)
  AND coalesce(validto > TIMESTAMP '2026-06-22 00:00:00', true)
ORDER BY account;
