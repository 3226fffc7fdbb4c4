-- Who of the directory matters, and the groups they are in.

CREATE TEMP TABLE account AS
WITH told AS (
    SELECT
        a[1] AS id, a[3] AS type, a[4] AS account_type, a[5] AS account_status,
        a[6] AS domain, a[7] = 'true' AS is_guest, a[8] AS lookup
    FROM (
        SELECT unnest(from_json(document -> 'accounts', '[["VARCHAR"]]')) AS a
        FROM directory
    )
)
SELECT
    row_number() OVER () AS who, id, account_type, is_guest,
    lookup <> 'absent' AND type <> 'unknown' AND NOT is_guest
        AND account_type NOT IN ('app', 'customer', '', 'unknown') AS is_licensed_kind,
    CASE
        WHEN type = 'anonymous' OR id = 'anonymous' THEN 'anonymous'
        WHEN account_status IN ('closed', 'inactive') THEN NULL
        WHEN account_type = 'app' AND lower(domain) = 'serviceaccount.atlassian.com' THEN NULL
        WHEN account_type = 'app' THEN 'app'
        WHEN type = 'unknown' OR account_type = 'unknown' OR lookup = 'absent' THEN 'unknown'
        WHEN lookup = 'failed' OR account_type = '' THEN NULL
        WHEN is_guest OR account_type = 'customer' THEN 'external'
        WHEN domain <> '' AND domain NOT IN (FROM internal_domain)
            AND EXISTS (FROM internal_domain) THEN 'external'
    END AS audience
FROM told;

CREATE TEMP TABLE principal AS
FROM account WHERE audience IN ('unknown', 'external', 'app');

CREATE TEMP TABLE anonymous_id AS
SELECT 'anonymous' AS id UNION SELECT id FROM account WHERE audience = 'anonymous';

CREATE TEMP TABLE team AS
SELECT
    id, members, membership IN ('complete', 'gone') AS is_read,
    list_has_any(access, ['user', 'admin', 'site-admin']) AS gives_product,
    list_contains(access, 'user') AS gives_use,
    list_has_any(access, ['admin', 'site-admin']) AS gives_admin
FROM (
    SELECT
        g ->> 0 AS id, from_json(g -> 2, '["VARCHAR"]') AS access,
        from_json(g -> 3, '["INTEGER"]') AS members, g ->> 4 AS membership
    FROM (SELECT unnest(from_json(document -> 'groups', '["JSON"]')) AS g FROM directory)
);

CREATE TEMP TABLE member AS
WITH person AS (
    SELECT unnest(ids) AS id, unnest(range(len(ids))) AS number
    FROM (SELECT from_json(document -> 'people', '["VARCHAR"]') AS ids FROM directory)
)
SELECT team_id, who, gives_product, gives_use, gives_admin
FROM (
    SELECT id AS team_id, unnest(members) AS number, gives_product, gives_use, gives_admin
    FROM team
) JOIN person USING (number) JOIN principal USING (id);

CREATE TEMP TABLE role_operation AS
SELECT role_id, operation FROM (
    SELECT r ->> 0 AS role_id, unnest(from_json(r -> 2, '["VARCHAR"]')) AS operation
    FROM (SELECT unnest(from_json(document -> 'roles', '["JSON"]')) AS r FROM directory)
) WHERE contains(operation, '/');

CREATE TEMP TABLE product AS
SELECT (SELECT (document ->> 'product_groups_read')::BOOLEAN FROM directory)
    AND NOT EXISTS (FROM team WHERE gives_product AND NOT is_read) AS is_known;

CREATE TEMP TABLE licensed AS
SELECT who FROM principal, product WHERE is_licensed_kind
    AND (NOT is_known OR who IN (SELECT who FROM member WHERE gives_use));

CREATE TEMP TABLE cut_off AS
SELECT who FROM principal, product WHERE is_known AND audience = 'external'
    AND NOT is_guest AND account_type <> 'customer'
    AND who NOT IN (SELECT who FROM member WHERE gives_product);
