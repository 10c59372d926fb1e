-- Who agreed to what? Agreements came in July 2026, and their calls have no columns of
-- their own: what they ask for is read from the JSON of the request.
SELECT eventtime, account, useridentity.arn AS arn, eventname, json_extract_scalar(requestparameters, '$.agreementId') AS agreement, errorcode
FROM cloudtrail_logs
WHERE eventname LIKE '%SupportAgreement%'
   OR json_extract_scalar(requestparameters, '$.agreementId') IS NOT NULL
ORDER BY eventtime, eventid;
