-- Who looks and never changes anything: tools that could do with less, or be asked why?
SELECT r.actor, count(*) AS accounts, CAST(sum(r.calls) AS BIGINT) AS calls, min(r.firsttime) AS firsttime, max(r.lasttime) AS lasttime
FROM support_plan_readers r
LEFT JOIN (SELECT DISTINCT actor FROM support_plan_changes) c ON c.actor = r.actor
WHERE c.actor IS NULL
GROUP BY r.actor
ORDER BY calls DESC, r.actor;
