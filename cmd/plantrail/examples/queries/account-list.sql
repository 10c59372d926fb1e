-- Every account of a list of yours with its plan, also those that the table knows nothing
-- of, and those that the list does not have. Write your list in place of this one. In DuckDB
-- it may be a file, of text, since an ID may begin with 0: put
-- FROM read_csv('accounts.csv', all_varchar = true) in place of VALUES and its rows.
WITH list (account, name, owner) AS (
  VALUES
    ('111122223333', 'Management', 'platform'),
    ('444455556666', 'Payments', 'payments'),
    ('123456789012', 'Data lake', 'analytics'),
    ('210987654321', 'Shop', 'web'),
    ('777788889999', 'Research', 'science'),
    ('012345678901', 'Archive', 'platform')
)
SELECT coalesce(l.account, p.account) AS account, l.name, l.owner, coalesce(p.level, 'unknown') AS level, p.validfrom, p.planends
FROM list l
FULL JOIN support_plan_current p ON p.account = l.account
ORDER BY account;
