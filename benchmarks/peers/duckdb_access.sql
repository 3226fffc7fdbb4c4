-- Who holds what on each space, and on each branch of its content.

CREATE TEMP TABLE given AS
WITH subject AS (
    SELECT space, number, s[1] AS type, s[2] AS id FROM (
        SELECT space, unnest(h.subjects) AS s, unnest(range(len(h.subjects))) AS number
        FROM head
    )
), granted AS (
    SELECT space, type, id, operation FROM (
        SELECT space, g[1]::BIGINT AS number, g[2] AS operation
        FROM (SELECT space, unnest(h.grants) AS g FROM head)
    ) JOIN subject USING (space, number)
), assigned AS (
    SELECT space, type, id, role_id FROM (
        SELECT space, a[1]::BIGINT AS number, a[2] AS role_id
        FROM (SELECT space, unnest(h.assignments) AS a FROM head)
    ) JOIN subject USING (space, number)
)
FROM granted
UNION ALL BY NAME
SELECT space, type, id, operation FROM assigned JOIN role_operation USING (role_id)
UNION ALL BY NAME
SELECT assigned.space, assigned.type, assigned.id, granted.operation
FROM granted JOIN assigned
ON granted.type = 'role' AND granted.space = assigned.space AND granted.id = role_id;

-- Operations that decide about content are bits; bit 0 is reading.
CREATE TEMP TABLE edited AS
SELECT row_number() OVER () AS bit, type FROM (
    SELECT 'page' AS type UNION SELECT 'blogpost' UNION SELECT type FROM kind
);

CREATE TEMP TABLE operation AS
SELECT 'read/space' AS operation, 1::BIGINT AS mask
UNION ALL SELECT 'create/' || type, 1::BIGINT << bit::INTEGER FROM edited
UNION ALL SELECT 'update/' || type, 1::BIGINT << (32 + bit)::INTEGER FROM edited;

CREATE TEMP TABLE wanted AS
SELECT type, is_split, bit_or(mask) AS wanted
FROM edited, (VALUES (true), (false)) AS mode(is_split), operation
WHERE operation IN (
    if(is_split, 'update/', 'create/') || type,
    if(is_split, 'update/', 'create/') || if(type = 'blogpost', type, 'page')
) GROUP BY ALL;

CREATE TEMP TABLE held AS
SELECT
    given.space, if(is_visitor, 'access-class', type) AS type,
    if(is_visitor, 'anonymous-users', given.id) AS id,
    bit_or(coalesce(mask, 0)) AS mask
FROM (
    SELECT *, type = 'user' AND id IN (FROM anonymous_id) AS is_visitor FROM given
) AS given
JOIN space ON space.space = given.space AND NOT is_trashed
LEFT JOIN operation USING (operation)
GROUP BY ALL;

CREATE TEMP TABLE rights AS
SELECT
    space, coalesce(is_split, false) AS is_split, coalesce(visitors, 0) AS visitors,
    coalesce(visitors, 0) & 1 = 1 AS is_public
FROM space
LEFT JOIN (
    SELECT space, mask AS visitors FROM held
    WHERE type = 'access-class' AND id = 'anonymous-users'
) USING (space)
LEFT JOIN (
    SELECT space, bool_or(operation IN ('update/page', 'update/blogpost')) AS is_split
    FROM given GROUP BY space
) USING (space);

-- Everybody with a grant, and where all may read whoever a restriction names.
CREATE TEMP TABLE standing AS
SELECT space, who, bit_or(if(who IN (FROM cut_off), 0, mask)) AS mask
FROM (
    SELECT space, who, mask FROM held JOIN principal USING (id) WHERE type = 'user'
    UNION ALL
    SELECT space, who, mask FROM held JOIN member ON type = 'group' AND id = team_id
    UNION ALL
    SELECT space, who, mask FROM held, licensed
    WHERE type = 'access-class' AND id = 'all-licensed-users'
    UNION ALL
    SELECT space, who, mask FROM held,
        (SELECT DISTINCT who FROM member WHERE gives_admin)
    WHERE type = 'access-class' AND id = 'all-product-admins'
    UNION ALL
    SELECT space, who, 0 FROM listed JOIN rights USING (space) WHERE is_public
) GROUP BY ALL;

CREATE TEMP TABLE reader AS
SELECT space, who, mask FROM standing JOIN rights USING (space)
WHERE is_public OR mask & 1 = 1;

-- A branch is an item with a view list, or minus one less the space where it is open.
CREATE TEMP TABLE blind AS
SELECT node FROM state WHERE state = 'unreadable'
UNION SELECT base + x[1]::BIGINT FROM (SELECT base, unnest(s.orphans) AS x FROM sparse)
UNION SELECT node FROM item JOIN (
    SELECT space, g[2] AS id FROM (
        SELECT space, unnest(from_json(h.coverage[1], '[["VARCHAR"]]')) AS g FROM head
    ) WHERE g[1] = 'restriction'
) USING (space, id);

CREATE TEMP TABLE tree AS
SELECT node, parent, space, own FROM item
LEFT JOIN (SELECT node, node AS own FROM restricted WHERE reader_list IS NOT NULL)
USING (node)
WHERE node NOT IN (FROM blind);

CREATE TEMP TABLE reached AS
WITH RECURSIVE reached(node, branch, above) AS (
    SELECT node, coalesce(own, -1 - space), -1 - space FROM tree WHERE parent IS NULL
    UNION ALL
    SELECT tree.node, coalesce(tree.own, reached.branch), reached.branch
    FROM reached JOIN tree ON tree.parent = reached.node
)
FROM reached;

CREATE TEMP TABLE branch AS
SELECT node AS branch, above, space, reader_list
FROM reached JOIN restricted USING (node) JOIN item USING (node)
WHERE reader_list IS NOT NULL;

-- Who passes the view lists of a branch: layer by layer, never a visitor.
CREATE TEMP TABLE admitted AS
WITH RECURSIVE admitted(branch, space, who, mask) AS (
    SELECT -1 - space, space, who, mask FROM reader
    UNION ALL
    SELECT branch.branch, branch.space, admitted.who, mask
    FROM admitted JOIN branch ON branch.above = admitted.branch
    JOIN listed ON listed.space = branch.space AND number = reader_list
        AND listed.who = admitted.who
)
FROM admitted;
