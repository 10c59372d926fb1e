-- Which changes were made in a session without a second factor?
-- CloudTrail says nothing of it for the keys of an IAM user: mfa is null then.
SELECT c.eventtime, c.account, c.actor, c.operation, coalesce(c.level, c.startlevel) AS asked, l.useridentity.sessioncontext.attributes.mfaauthenticated AS mfa
FROM support_plan_changes c
JOIN cloudtrail_logs l ON l.eventid = c.eventid AND l.account = c.account
WHERE c.outcome = 'accepted'
  AND c.channel <> 'service'
  AND coalesce(l.useridentity.sessioncontext.attributes.mfaauthenticated, '') <> 'true'
ORDER BY c.eventtime, c.eventid;
