-- What did root users do, changes and looks, with a second factor or without?
-- No policy of an account binds its root user; a service control policy of the organization
-- does, except in the management account.
SELECT eventtime, account, eventname, sourceipaddress, useridentity.sessioncontext.attributes.mfaauthenticated AS mfa, errorcode
FROM cloudtrail_logs
WHERE useridentity.type = 'Root'
  AND coalesce(addendum.reason, '') <> 'UPDATED_DATA'
ORDER BY eventtime, eventid;
