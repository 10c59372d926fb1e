-- DuckDB reads S3 with its extension httpfs. Give each session your credentials first:
--   INSTALL httpfs; LOAD httpfs; INSTALL aws; LOAD aws;
--   CREATE SECRET (TYPE s3, PROVIDER credential_chain);

CREATE OR REPLACE VIEW "support_plans" AS
SELECT * FROM read_parquet('s3://my-tables/support-plans/event*=*/*.parquet', union_by_name = true, hive_partitioning = true, hive_types_autocast = false);

CREATE OR REPLACE MACRO json_extract_scalar(value, path) AS json_extract_string(value, path);

CREATE OR REPLACE MACRO from_iso8601_timestamp(value) AS CAST(value AS TIMESTAMPTZ);

CREATE OR REPLACE MACRO date_parse(value, format) AS CASE format
  WHEN '%Y-%m-%dT%H:%i:%sZ' THEN strptime(value, '%Y-%m-%dT%H:%M:%SZ')
  WHEN '%Y-%m-%dT%TZ' THEN strptime(value, '%Y-%m-%dT%H:%M:%SZ')
  WHEN '%Y-%m-%d %H:%i:%s' THEN strptime(value, '%Y-%m-%d %H:%M:%S')
  WHEN '%Y-%m-%d' THEN strptime(value, '%Y-%m-%d')
  WHEN '%Y/%m/%d' THEN strptime(value, '%Y/%m/%d')
  ELSE error('date_parse: write this format with strptime: ' || format) END;

CREATE OR REPLACE MACRO regexp_like(value, pattern) AS regexp_matches(value, pattern);

CREATE OR REPLACE VIEW "support_plan_changes" AS
WITH calls AS (
  SELECT *,
    coalesce(nullif(recipientaccountid, ''), nullif(useridentity.accountid, '')) AS account,
    nullif(split_part(split_part(useridentity.arn, '/', -1), ':', -1), '') AS arnname,
    coalesce(nullif(useridentity.sessioncontext.sessionissuer.username, ''),
      nullif(split_part(split_part(useridentity.sessioncontext.sessionissuer.arn, '/', -1), ':', -1), ''),
      CASE WHEN split_part(useridentity.arn, '/', 3) <> '' THEN nullif(split_part(useridentity.arn, '/', 2), '') END) AS role,
    coalesce(nullif(split_part(split_part(useridentity.arn, '/', -1), ':', -1), ''), nullif(split_part(split_part(useridentity.principalid, '/', -1), ':', -1), '')) AS session,
    CASE WHEN addendum.reason = 'UPDATED_DATA' AND addendum.originaleventid <> coalesce(eventid, '') THEN nullif(addendum.originaleventid, '') END AS amends
  FROM "support_plans"
), asked AS (
  SELECT
    make_timestamp(epoch_us(eventtime)) AS eventtime,
    account,
    coalesce(
    CASE useridentity.type
      WHEN 'Root' THEN 'root'
      WHEN 'AWSService' THEN nullif(useridentity.invokedby, '')
      WHEN 'AssumedRole' THEN CASE WHEN coalesce(role, '') LIKE 'AWSServiceRoleFor%' THEN role ELSE coalesce(role || '/' || session, role, session) END
    END,
    nullif(useridentity.username, ''), arnname, nullif(useridentity.onbehalfof.userid, ''),
    nullif(useridentity.principalid, ''), nullif(useridentity.invokedby, ''), nullif(useridentity.accountid, ''), 'unknown') AS actor,
    CASE
    WHEN useridentity.type = 'AWSService' OR useridentity.type = 'AssumedRole' AND coalesce(role, '') LIKE 'AWSServiceRoleFor%' THEN 'service'
    WHEN sessioncredentialfromconsole THEN 'console'
    WHEN strpos(lower(useragent), 'console') > 0 OR strpos(lower(useragent), 'signin.amazonaws.com') > 0 THEN 'console'
    WHEN strpos(lower(useragent), 'aws-cli/') > 0 THEN 'cli'
    WHEN strpos(lower(useragent), 'amazonaws.com') > 0 OR strpos(lower(useragent), 'aws-internal') > 0 OR strpos(lower(useragent), 'aws internal') > 0 THEN 'service'
    WHEN strpos(lower(useragent), 'mozilla/') > 0 THEN 'console'
    WHEN strpos(lower(useragent), 'sdk') > 0 OR strpos(lower(useragent), 'boto') > 0 OR strpos(lower(useragent), 'terraform') > 0 OR strpos(lower(useragent), 'pulumi') > 0 THEN 'sdk'
    WHEN useridentity.invokedby <> '' THEN 'service'
    WHEN useragent <> '' THEN 'other'
    ELSE 'unknown'
  END AS channel,
    nullif(sourceipaddress, '') AS sourceipaddress,
    nullif(eventname, '') AS operation,
    CASE WHEN lower(supportlevel) IN ('basic', 'new_basic') THEN 'basic' WHEN lower(supportlevel) IN ('developer', 'new_developer') THEN 'developer' WHEN lower(supportlevel) IN ('business', 'new_business') THEN 'business' WHEN lower(supportlevel) IN ('business_plus', 'business_support_plus', 'business+') THEN 'business_plus' WHEN lower(supportlevel) IN ('enterprise_onramp', 'enterprise_on_ramp', 'new_enterprise_onramp', 'new_enterprise_on_ramp') THEN 'enterprise_onramp' WHEN lower(supportlevel) IN ('enterprise', 'new_enterprise') THEN 'enterprise' WHEN lower(supportlevel) IN ('unified_operations') THEN 'unified_operations' ELSE nullif(supportlevel, '') END AS level,
    CASE WHEN lower(schedule.startlevel) IN ('basic', 'new_basic') THEN 'basic' WHEN lower(schedule.startlevel) IN ('developer', 'new_developer') THEN 'developer' WHEN lower(schedule.startlevel) IN ('business', 'new_business') THEN 'business' WHEN lower(schedule.startlevel) IN ('business_plus', 'business_support_plus', 'business+') THEN 'business_plus' WHEN lower(schedule.startlevel) IN ('enterprise_onramp', 'enterprise_on_ramp', 'new_enterprise_onramp', 'new_enterprise_on_ramp') THEN 'enterprise_onramp' WHEN lower(schedule.startlevel) IN ('enterprise', 'new_enterprise') THEN 'enterprise' WHEN lower(schedule.startlevel) IN ('unified_operations') THEN 'unified_operations' ELSE nullif(schedule.startlevel, '') END AS startlevel,
    make_timestamp(epoch_us(schedule.starttimestamp)) AS starttime,
    CASE WHEN lower(schedule.endlevel) IN ('basic', 'new_basic') THEN 'basic' WHEN lower(schedule.endlevel) IN ('developer', 'new_developer') THEN 'developer' WHEN lower(schedule.endlevel) IN ('business', 'new_business') THEN 'business' WHEN lower(schedule.endlevel) IN ('business_plus', 'business_support_plus', 'business+') THEN 'business_plus' WHEN lower(schedule.endlevel) IN ('enterprise_onramp', 'enterprise_on_ramp', 'new_enterprise_onramp', 'new_enterprise_on_ramp') THEN 'enterprise_onramp' WHEN lower(schedule.endlevel) IN ('enterprise', 'new_enterprise') THEN 'enterprise' WHEN lower(schedule.endlevel) IN ('unified_operations') THEN 'unified_operations' ELSE nullif(schedule.endlevel, '') END AS endlevel,
    make_timestamp(epoch_us(schedule.endtimestamp)) AS endtime,
    nullif(supportplanupdatearn, '') AS updatearn,
    CASE
      WHEN strpos(lower(errorcode), 'accessdenied') > 0 OR strpos(lower(errorcode), 'unauthorized') > 0 OR strpos(lower(errorcode), 'notauthorized') > 0 OR strpos(lower(errorcode), 'forbidden') > 0 THEN 'denied'
      WHEN errorcode <> '' OR errormessage <> '' THEN 'failed'
      ELSE 'accepted'
    END AS outcome,
    coalesce(nullif(errorcode, '') || ': ' || nullif(errormessage, ''), nullif(errorcode, ''), nullif(errormessage, '')) AS error,
    nullif(eventid, '') AS eventid,
    eventsource,
    amends,
    CASE WHEN addendum.updatedfields <> '' THEN lower(addendum.updatedfields) END AS fields,
    requestparameters,
    responseelements,
    strftime(make_timestamp(epoch_us(eventtime)), '%Y-%m-%dT%H:%M:%SZ') || coalesce(eventid, '') || ' ' || coalesce(eventname, '') AS place,
    COLUMNS('^event(day|month|year)$')
  FROM calls
  WHERE NOT coalesce(readonly, eventname LIKE 'Get%' OR eventname LIKE 'List%' OR eventname LIKE 'Describe%' OR eventname LIKE 'Search%' OR eventname LIKE 'View%', false)
), told AS (
  SELECT *,
    CASE WHEN operation LIKE '%SupportAgreement' OR actor LIKE 'AWSServiceRoleFor%' OR amends IS NOT NULL THEN nullif(array_to_string([r FOR r IN flatten([regexp_extract_all(regexp_replace(r, '^[^:]*:', ''), '"([!#-Z^-~]+)"', 1) FOR r IN [r FOR r IN regexp_extract_all(requestparameters, '(?i)(?:accountid|identifier|id|arn)s?":(?:"[!#-Z^-~]+"|\["[!#-Z^-~]+"(?:,"[!#-Z^-~]+")*\])', 0) IF NOT regexp_matches(r, '(?i)^accountid')]]) IF NOT regexp_matches(r, '^(?:arn:.*[/:])?[0-9]{12}$')], ' '), '') END AS requested,
    CASE WHEN operation LIKE '%SupportAgreement' OR actor LIKE 'AWSServiceRoleFor%' OR amends IS NOT NULL THEN nullif(array_to_string([r FOR r IN flatten([regexp_extract_all(regexp_replace(r, '^[^:]*:', ''), '"([!#-Z^-~]+)"', 1) FOR r IN [r FOR r IN regexp_extract_all(responseelements, '(?i)(?:accountid|identifier|id|arn)s?":(?:"[!#-Z^-~]+"|\["[!#-Z^-~]+"(?:,"[!#-Z^-~]+")*\])', 0) IF NOT regexp_matches(r, '(?i)^accountid')]]) IF NOT regexp_matches(r, '^(?:arn:.*[/:])?[0-9]{12}$')], ' '), '') END AS responded
  FROM asked
), links AS (
  SELECT account, map_from_entries(list({'k': eventid, 'v': amends})) AS leads
  FROM (
    SELECT account, eventid, min(amends) AS amends
    FROM told
    WHERE account IS NOT NULL AND eventid IS NOT NULL
    GROUP BY account, eventid
    HAVING count(*) = count(amends)
  )
  GROUP BY account
), chained AS (
  SELECT told.*, CASE WHEN amends IS NULL THEN eventid WHEN leads IS NULL THEN amends ELSE list_reduce([[CAST(n AS VARCHAR), NULL] FOR n IN range(1, CAST(1 + 2 * least(cardinality(leads), 1000) AS BIGINT))], lambda s, i: [coalesce(map_extract(leads, s[1])[1], s[1]), CASE WHEN CAST(i[1] AS BIGINT) > least(cardinality(leads), 1000) THEN least(coalesce(map_extract(leads, s[1])[1], s[1]), coalesce(s[2], coalesce(map_extract(leads, s[1])[1], s[1]))) END], [amends, CAST(NULL AS VARCHAR)])[2] END AS begins
  FROM told
  LEFT JOIN links ON links.account = told.account
), addenda AS (
  SELECT account, begins, min(place) AS firstplace,
    max_by(CASE WHEN fields IS NULL OR strpos(fields, 'useridentity') > 0 THEN CASE WHEN actor <> 'unknown' THEN actor END END, CASE WHEN (fields IS NULL OR strpos(fields, 'useridentity') > 0) AND CASE WHEN actor <> 'unknown' THEN actor END IS NOT NULL THEN place END) AS actor,
    max_by(CASE WHEN fields IS NULL OR strpos(fields, 'useridentity') > 0 OR strpos(fields, 'useragent') > 0 OR strpos(fields, 'sessioncredentialfromconsole') > 0 THEN CASE WHEN channel <> 'unknown' THEN channel END END, CASE WHEN (fields IS NULL OR strpos(fields, 'useridentity') > 0 OR strpos(fields, 'useragent') > 0 OR strpos(fields, 'sessioncredentialfromconsole') > 0) AND CASE WHEN channel <> 'unknown' THEN channel END IS NOT NULL THEN place END) AS channel,
    max_by(CASE WHEN fields IS NULL OR strpos(fields, 'sourceipaddress') > 0 THEN sourceipaddress END, CASE WHEN (fields IS NULL OR strpos(fields, 'sourceipaddress') > 0) AND sourceipaddress IS NOT NULL THEN place END) AS sourceipaddress,
    max_by(CASE WHEN fields IS NULL OR strpos(fields, 'requestparameters') > 0 OR strpos(fields, 'responseelements') > 0 THEN level END, CASE WHEN (fields IS NULL OR strpos(fields, 'requestparameters') > 0 OR strpos(fields, 'responseelements') > 0) AND level IS NOT NULL THEN place END) AS level,
    max_by(CASE WHEN fields IS NULL OR strpos(fields, 'requestparameters') > 0 OR strpos(fields, 'responseelements') > 0 THEN startlevel END, CASE WHEN (fields IS NULL OR strpos(fields, 'requestparameters') > 0 OR strpos(fields, 'responseelements') > 0) AND startlevel IS NOT NULL THEN place END) AS startlevel,
    max_by(CASE WHEN fields IS NULL OR strpos(fields, 'requestparameters') > 0 OR strpos(fields, 'responseelements') > 0 THEN starttime END, CASE WHEN (fields IS NULL OR strpos(fields, 'requestparameters') > 0 OR strpos(fields, 'responseelements') > 0) AND starttime IS NOT NULL THEN place END) AS starttime,
    max_by(CASE WHEN fields IS NULL OR strpos(fields, 'requestparameters') > 0 OR strpos(fields, 'responseelements') > 0 THEN endlevel END, CASE WHEN (fields IS NULL OR strpos(fields, 'requestparameters') > 0 OR strpos(fields, 'responseelements') > 0) AND endlevel IS NOT NULL THEN place END) AS endlevel,
    max_by(CASE WHEN fields IS NULL OR strpos(fields, 'requestparameters') > 0 OR strpos(fields, 'responseelements') > 0 THEN endtime END, CASE WHEN (fields IS NULL OR strpos(fields, 'requestparameters') > 0 OR strpos(fields, 'responseelements') > 0) AND endtime IS NOT NULL THEN place END) AS endtime,
    max_by(CASE WHEN fields IS NULL OR strpos(fields, 'requestparameters') > 0 OR strpos(fields, 'responseelements') > 0 THEN updatearn END, CASE WHEN (fields IS NULL OR strpos(fields, 'requestparameters') > 0 OR strpos(fields, 'responseelements') > 0) AND updatearn IS NOT NULL THEN place END) AS updatearn,
    max_by(CASE WHEN fields IS NULL OR strpos(fields, 'requestparameters') > 0 THEN requested END, CASE WHEN (fields IS NULL OR strpos(fields, 'requestparameters') > 0) AND requested IS NOT NULL THEN place END) AS requested,
    max_by(CASE WHEN fields IS NULL OR strpos(fields, 'responseelements') > 0 THEN responded END, CASE WHEN (fields IS NULL OR strpos(fields, 'responseelements') > 0) AND responded IS NOT NULL THEN place END) AS responded,
    max_by(CASE WHEN fields IS NULL OR strpos(fields, 'errorcode') > 0 OR strpos(fields, 'errormessage') > 0 THEN CASE WHEN error IS NOT NULL THEN outcome END END, CASE WHEN (fields IS NULL OR strpos(fields, 'errorcode') > 0 OR strpos(fields, 'errormessage') > 0) AND CASE WHEN error IS NOT NULL THEN outcome END IS NOT NULL THEN place END) AS outcome,
    max_by(CASE WHEN fields IS NULL OR strpos(fields, 'errorcode') > 0 OR strpos(fields, 'errormessage') > 0 THEN error END, CASE WHEN (fields IS NULL OR strpos(fields, 'errorcode') > 0 OR strpos(fields, 'errormessage') > 0) AND error IS NOT NULL THEN place END) AS error
  FROM chained
  WHERE amends IS NOT NULL
  GROUP BY account, begins
), originals AS (
  SELECT DISTINCT account, eventid FROM told WHERE amends IS NULL AND account IS NOT NULL
), amended AS (
  SELECT
    c.eventtime,
    c.account,
    coalesce(a.actor, c.actor) AS actor,
    coalesce(a.channel, c.channel) AS channel,
    coalesce(a.sourceipaddress, c.sourceipaddress) AS sourceipaddress,
    c.operation,
    coalesce(a.level, c.level) AS level,
    coalesce(a.startlevel, c.startlevel) AS startlevel,
    coalesce(a.starttime, c.starttime) AS starttime,
    coalesce(a.endlevel, c.endlevel) AS endlevel,
    coalesce(a.endtime, c.endtime) AS endtime,
    coalesce(a.updatearn, c.updatearn) AS updatearn,
    coalesce(a.outcome, c.outcome) AS outcome,
    coalesce(a.error, c.error) AS error,
    c.eventid,
    c.eventsource,
    nullif(concat_ws(' ', coalesce(a.requested, c.requested), coalesce(a.responded, c.responded)), '') AS ids,
    COLUMNS('^event(day|month|year)$')
  FROM chained c
  LEFT JOIN addenda a ON a.account = c.account AND a.begins = c.begins
  LEFT JOIN originals o ON o.account = c.account AND o.eventid = c.begins AND c.amends IS NOT NULL
  WHERE o.eventid IS NULL AND (c.amends IS NULL OR a.firstplace IS NULL OR c.place = a.firstplace)
), beside AS (
  SELECT *, list(CASE WHEN operation LIKE '%SupportAgreement' AND outcome = 'accepted' AND NOT actor LIKE 'AWSServiceRoleFor%' AND ids IS NOT NULL THEN CAST(ROW(eventtime, coalesce(eventid, ''), actor, ids) AS STRUCT(calledat TIMESTAMP, eventid VARCHAR, actor VARCHAR, ids VARCHAR)) END) OVER (PARTITION BY account) AS agreements
  FROM amended
), linked AS (
  SELECT *, CASE WHEN account IS NOT NULL AND actor LIKE 'AWSServiceRoleFor%' THEN list_max([r FOR r IN agreements IF r.calledat <= eventtime AND list_has_any(string_split(r.ids, ' '), string_split(ids, ' '))]) END AS agreement
  FROM beside
)
SELECT
  eventtime,
  account,
  actor,
  channel,
  sourceipaddress,
  operation,
  level,
  startlevel,
  starttime,
  endlevel,
  endtime,
  updatearn,
  outcome,
  error,
  eventid,
  eventsource,
  agreement.actor AS agreedby,
  nullif(agreement.eventid, '') AS agreementeventid,
  COLUMNS('^event(day|month|year)$')
FROM linked;

CREATE OR REPLACE VIEW "support_plan_timeline" AS
WITH asked AS (
  SELECT *,
    row_number() OVER (PARTITION BY account ORDER BY eventtime, eventid NULLS FIRST, operation NULLS FIRST, level NULLS FIRST, startlevel NULLS FIRST, starttime NULLS FIRST, endlevel NULLS FIRST, endtime NULLS FIRST) AS place,
    lead(eventtime) OVER (PARTITION BY account ORDER BY eventtime, eventid NULLS FIRST, operation NULLS FIRST, level NULLS FIRST, startlevel NULLS FIRST, starttime NULLS FIRST, endlevel NULLS FIRST, endtime NULLS FIRST) AS nexttime
  FROM "support_plan_changes"
  WHERE outcome = 'accepted'
    AND (level IS NOT NULL OR startlevel IS NOT NULL AND starttime IS NOT NULL OR endlevel IS NOT NULL AND endtime IS NOT NULL)
),
begun AS (
  SELECT DISTINCT account, 'unknown' AS level, CAST(NULL AS TIMESTAMP) AS begins, 0 AS place, 0 AS step, CAST(NULL AS VARCHAR) AS eventid
  FROM "support_plan_changes"
  UNION ALL
  SELECT account, level, eventtime, place, 0, eventid
  FROM asked WHERE level IS NOT NULL
  UNION ALL
  SELECT account, startlevel, greatest(eventtime, starttime), place, 1, eventid
  FROM asked WHERE startlevel IS NOT NULL AND starttime IS NOT NULL AND (nexttime IS NULL OR greatest(eventtime, starttime) < nexttime)
  UNION ALL
  SELECT account, endlevel, greatest(eventtime, endtime), place, 2, eventid
  FROM asked WHERE endlevel IS NOT NULL AND endtime IS NOT NULL AND (nexttime IS NULL OR greatest(eventtime, endtime) < nexttime)
),
followed AS (
  SELECT *, lead(begins) OVER (PARTITION BY account ORDER BY begins NULLS FIRST, place, step) AS ends
  FROM begun
),
lasting AS (
  SELECT *, lag(level) OVER (PARTITION BY account ORDER BY begins NULLS FIRST) AS levelbefore
  FROM followed
  WHERE begins IS NULL OR ends IS NULL OR begins < ends
)
SELECT
  account,
  level,
  begins AS validfrom,
  lead(begins) OVER (PARTITION BY account ORDER BY begins NULLS FIRST) AS validto,
  eventid,
  step > 0 AS scheduled
FROM lasting
WHERE levelbefore IS NULL OR level <> levelbefore;

CREATE OR REPLACE VIEW "support_plan_current" AS
WITH followed AS (
  SELECT
    account,
    level,
    validfrom,
    validto,
    eventid,
    scheduled,
    CASE level WHEN 'developer' THEN CAST(TIMESTAMP '2027-01-01 00:00:00' AS TIMESTAMP) WHEN 'business' THEN CAST(TIMESTAMP '2027-01-01 00:00:00' AS TIMESTAMP) WHEN 'enterprise_onramp' THEN CAST(TIMESTAMP '2027-01-01 00:00:00' AS TIMESTAMP) END AS planends,
    lead(level) OVER (PARTITION BY account ORDER BY validfrom NULLS FIRST) AS nextlevel,
    lead(validfrom) OVER (PARTITION BY account ORDER BY validfrom NULLS FIRST) AS nexttime,
    lead(eventid) OVER (PARTITION BY account ORDER BY validfrom NULLS FIRST) AS nexteventid,
    lead(level, 2) OVER (PARTITION BY account ORDER BY validfrom NULLS FIRST) AS thenlevel,
    lead(validfrom, 2) OVER (PARTITION BY account ORDER BY validfrom NULLS FIRST) AS thentime
  FROM "support_plan_timeline"
)
SELECT
  account,
  level,
  CASE
    WHEN level = 'unknown' THEN 'unknown'
    WHEN level NOT IN ('basic', 'developer', 'business', 'business_plus', 'enterprise_onramp', 'enterprise', 'unified_operations') THEN 'unlisted'
    WHEN planends IS NULL THEN 'current'
    WHEN planends > make_timestamp(epoch_us(current_timestamp)) THEN 'ending'
    ELSE 'ended'
  END AS status,
  validfrom,
  eventid,
  scheduled,
  planends,
  nextlevel,
  nexttime,
  nexteventid,
  thenlevel,
  thentime
FROM followed
WHERE (validfrom IS NULL OR validfrom <= make_timestamp(epoch_us(current_timestamp)))
  AND (validto IS NULL OR validto > make_timestamp(epoch_us(current_timestamp)));

CREATE OR REPLACE VIEW "support_plan_readers" AS
WITH calls AS (
  SELECT *,
    coalesce(nullif(recipientaccountid, ''), nullif(useridentity.accountid, '')) AS account,
    nullif(split_part(split_part(useridentity.arn, '/', -1), ':', -1), '') AS arnname,
    coalesce(nullif(useridentity.sessioncontext.sessionissuer.username, ''),
      nullif(split_part(split_part(useridentity.sessioncontext.sessionissuer.arn, '/', -1), ':', -1), ''),
      CASE WHEN split_part(useridentity.arn, '/', 3) <> '' THEN nullif(split_part(useridentity.arn, '/', 2), '') END) AS role,
    coalesce(nullif(split_part(split_part(useridentity.arn, '/', -1), ':', -1), ''), nullif(split_part(split_part(useridentity.principalid, '/', -1), ':', -1), '')) AS session,
    CASE WHEN addendum.reason = 'UPDATED_DATA' AND addendum.originaleventid <> coalesce(eventid, '') THEN nullif(addendum.originaleventid, '') END AS amends
  FROM "support_plans"
)
SELECT account, actor, count(*) AS calls, CAST(count_if(refused) AS BIGINT) AS denied, min(calledat) AS firsttime, max(calledat) AS lasttime
FROM (
  SELECT account, coalesce(
    CASE useridentity.type
      WHEN 'Root' THEN 'root'
      WHEN 'AWSService' THEN nullif(useridentity.invokedby, '')
      WHEN 'AssumedRole' THEN CASE WHEN coalesce(role, '') LIKE 'AWSServiceRoleFor%' THEN role ELSE coalesce(role || '/' || session, role, session) END
    END,
    nullif(useridentity.username, ''), arnname, nullif(useridentity.onbehalfof.userid, ''),
    nullif(useridentity.principalid, ''), nullif(useridentity.invokedby, ''), nullif(useridentity.accountid, ''), 'unknown') AS actor, make_timestamp(epoch_us(eventtime)) AS calledat, coalesce(strpos(lower(errorcode), 'accessdenied') > 0 OR strpos(lower(errorcode), 'unauthorized') > 0 OR strpos(lower(errorcode), 'notauthorized') > 0 OR strpos(lower(errorcode), 'forbidden') > 0, false) AS refused
  FROM calls
  WHERE coalesce(readonly, eventname LIKE 'Get%' OR eventname LIKE 'List%' OR eventname LIKE 'Describe%' OR eventname LIKE 'Search%' OR eventname LIKE 'View%', false) AND amends IS NULL
)
GROUP BY account, actor;

CREATE OR REPLACE VIEW "cloudtrail_logs" AS
SELECT
  eventversion,
  CAST(CASE WHEN useridentity IS NOT NULL THEN ROW(useridentity.type, useridentity.principalid, useridentity.arn, useridentity.accountid, useridentity.invokedby, useridentity.accesskeyid, useridentity.username, CASE WHEN useridentity.onbehalfof IS NOT NULL THEN ROW(useridentity.onbehalfof.userid, useridentity.onbehalfof.identitystorearn) END, CASE WHEN useridentity.sessioncontext IS NOT NULL THEN ROW(CASE WHEN useridentity.sessioncontext.attributes IS NOT NULL THEN ROW(CAST(useridentity.sessioncontext.attributes.mfaauthenticated AS VARCHAR), strftime(make_timestamp(epoch_us(useridentity.sessioncontext.attributes.creationdate)), '%Y-%m-%dT%H:%M:%SZ')) END, CASE WHEN useridentity.sessioncontext.sessionissuer IS NOT NULL THEN ROW(useridentity.sessioncontext.sessionissuer.type, useridentity.sessioncontext.sessionissuer.principalid, useridentity.sessioncontext.sessionissuer.arn, useridentity.sessioncontext.sessionissuer.accountid, useridentity.sessioncontext.sessionissuer.username) END, useridentity.sessioncontext.ec2roledelivery, CASE WHEN useridentity.sessioncontext.webidfederationdata IS NOT NULL THEN ROW(useridentity.sessioncontext.webidfederationdata.federatedprovider, map_from_entries([{'k': e.key, 'v': e.value ->> '$'} FOR e IN map_entries(TRY_CAST(TRY_CAST(useridentity.sessioncontext.webidfederationdata.attributes AS JSON) AS MAP(VARCHAR, JSON)))])) END) END) END AS STRUCT(type VARCHAR, principalid VARCHAR, arn VARCHAR, accountid VARCHAR, invokedby VARCHAR, accesskeyid VARCHAR, username VARCHAR, onbehalfof STRUCT(userid VARCHAR, identitystorearn VARCHAR), sessioncontext STRUCT(attributes STRUCT(mfaauthenticated VARCHAR, creationdate VARCHAR), sessionissuer STRUCT(type VARCHAR, principalid VARCHAR, arn VARCHAR, accountid VARCHAR, username VARCHAR), ec2roledelivery VARCHAR, webidfederationdata STRUCT(federatedprovider VARCHAR, attributes MAP(VARCHAR, VARCHAR))))) AS useridentity,
  strftime(make_timestamp(epoch_us(eventtime)), '%Y-%m-%dT%H:%M:%SZ') AS eventtime,
  eventsource,
  eventname,
  awsregion,
  sourceipaddress,
  useragent,
  errorcode,
  errormessage,
  requestparameters,
  responseelements,
  additionaleventdata,
  requestid,
  eventid,
  CAST(readonly AS VARCHAR) AS readonly,
  [CAST(ROW(r.arn, r.accountid, r.type) AS STRUCT(arn VARCHAR, accountid VARCHAR, type VARCHAR)) FOR r IN resources] AS resources,
  eventtype,
  apiversion,
  recipientaccountid,
  serviceeventdetails,
  sharedeventid,
  vpcendpointid,
  vpcendpointaccountid,
  eventcategory,
  CAST(CASE WHEN addendum IS NOT NULL THEN ROW(addendum.reason, addendum.updatedfields, addendum.originalrequestid, addendum.originaleventid) END AS STRUCT(reason VARCHAR, updatedfields VARCHAR, originalrequestid VARCHAR, originaleventid VARCHAR)) AS addendum,
  CAST(sessioncredentialfromconsole AS VARCHAR) AS sessioncredentialfromconsole,
  edgedevicedetails,
  CAST(CASE WHEN tlsdetails IS NOT NULL THEN ROW(tlsdetails.tlsversion, tlsdetails.ciphersuite, tlsdetails.clientprovidedhostheader) END AS STRUCT(tlsversion VARCHAR, ciphersuite VARCHAR, clientprovidedhostheader VARCHAR)) AS tlsdetails,
  CAST(managementevent AS VARCHAR) AS "managementevent",
  recipientaccountid AS "account",
  awsregion AS "region",
  strftime(make_timestamp(epoch_us(eventtime)), '%Y/%m/%d') AS "timestamp",
  strftime(make_timestamp(epoch_us(eventtime)), '%Y') AS "year",
  strftime(make_timestamp(epoch_us(eventtime)), '%m') AS "month",
  strftime(make_timestamp(epoch_us(eventtime)), '%d') AS "day",
  COLUMNS('^event(day|month|year)$')
FROM "support_plans";
