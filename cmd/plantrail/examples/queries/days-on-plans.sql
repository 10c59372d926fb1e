-- What does a month's bill rest on: how many days was each account on each plan, and what
-- is the least that this costs? AWS charges Developer and Business by account: a share of
-- what the account spends, which no event tells, and at least a minimum for the month.
-- Enterprise plans are charged for all their accounts together, so they have no minimum
-- here. Write the month, and the minimums of your contract, in place of these.
WITH month (begins, ends) AS (
  VALUES (TIMESTAMP '2026-02-01 00:00:00', TIMESTAMP '2026-03-01 00:00:00')
), fees (level, minimum) AS (
  VALUES ('basic', 0), ('developer', 29), ('business', 100)
), stays AS (
  SELECT t.account, t.level, f.minimum, t.validfrom,
    CAST(date_diff('millisecond', greatest(coalesce(t.validfrom, m.begins), m.begins), least(coalesce(t.validto, m.ends), m.ends)) AS DOUBLE) AS stay,
    date_diff('millisecond', m.begins, m.ends) AS whole
  FROM support_plan_timeline t
  CROSS JOIN month m
  LEFT JOIN fees f ON f.level = t.level
  WHERE coalesce(t.validfrom < m.ends, true)
    AND coalesce(t.validto > m.begins, true)
)
SELECT account, level, round(stay / 86400000, 1) AS days, round(minimum * stay / whole, 2) AS atleast
FROM stays
ORDER BY account, validfrom NULLS FIRST;
