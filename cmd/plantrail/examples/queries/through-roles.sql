-- What was changed from outside the account, or by a service: through the role that
-- AWS Organizations or Control Tower makes in each account, or the service's own role?
SELECT eventtime, account, actor, channel, operation, level, outcome
FROM support_plan_changes
WHERE actor LIKE 'OrganizationAccountAccessRole/%'
   OR actor LIKE 'AWSControlTowerExecution/%'
   OR actor LIKE 'stacksets-exec-%'
   OR channel = 'service'
ORDER BY eventtime, eventid;
