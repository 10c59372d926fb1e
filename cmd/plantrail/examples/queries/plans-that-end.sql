-- Which accounts are on a plan that AWS ends (Developer, Business and Enterprise On-Ramp on
-- 1 January 2027), in how many days, who put them there, and is anything scheduled?
SELECT p.account, p.level, p.planends, date_diff('day', current_date, CAST(p.planends AS DATE)) AS days, c.actor, p.nextlevel, p.nexttime
FROM support_plan_current p
LEFT JOIN support_plan_changes c ON c.account = p.account AND c.eventid = p.eventid
WHERE p.status = 'ending'
ORDER BY p.account;
