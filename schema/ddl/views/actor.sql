{{- /* Of a call: who made it. UserIdentity.Actor is the same in Go. */ -}}
{{- define "actor" -}}
coalesce(
    CASE useridentity.type
      WHEN 'Root' THEN 'root'
      WHEN 'AWSService' THEN {{nonEmpty "useridentity.invokedby"}}
      WHEN 'AssumedRole' THEN CASE WHEN {{serviceRole}} THEN role ELSE coalesce(role || '/' || session, role, session) END
    END,
    {{nonEmpty "useridentity.username"}}, arnname, {{nonEmpty "useridentity.onbehalfof.userid"}},
    {{nonEmpty "useridentity.principalid"}}, {{nonEmpty "useridentity.invokedby"}}, {{nonEmpty "useridentity.accountid"}}, {{unknown}})
{{- end -}}

{{- define "calls" -}}
WITH calls AS (
  SELECT *,
    coalesce({{nonEmpty "recipientaccountid"}}, {{nonEmpty "useridentity.accountid"}}) AS account,
    {{last "useridentity.arn"}} AS arnname,
    coalesce({{nonEmpty "useridentity.sessioncontext.sessionissuer.username"}},
      {{last "useridentity.sessioncontext.sessionissuer.arn"}},
      CASE WHEN {{part "useridentity.arn" 3}} <> '' THEN {{nonEmpty (part "useridentity.arn" 2)}} END) AS role,
    coalesce({{last "useridentity.arn"}}, {{last "useridentity.principalid"}}) AS session,
    CASE WHEN addendum.reason = {{word addendumUpdated}} AND addendum.originaleventid <> coalesce(eventid, '') THEN {{nonEmpty "addendum.originaleventid"}} END AS amends
  FROM {{table}}
)
{{- end -}}
