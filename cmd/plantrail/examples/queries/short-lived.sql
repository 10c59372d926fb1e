-- Which plans were left again soon? A paid plan is billed for 30 days at least.
SELECT account, level, validfrom, validto, date_diff('day', CAST(validfrom AS DATE), CAST(validto AS DATE)) AS days
FROM support_plan_timeline
WHERE level NOT IN ('unknown', 'basic')
  AND date_diff('day', CAST(validfrom AS DATE), CAST(validto AS DATE)) < 31
ORDER BY account, validfrom;
