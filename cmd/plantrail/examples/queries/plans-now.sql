-- Who is on which plan now, since when, and what comes next?
-- plan is unknown where an account has only been refused, and an account that was never
-- changed has no line at all: see account-list.sql.
SELECT account, level, status, validfrom, nextlevel, nexttime
FROM support_plan_current
ORDER BY account;
