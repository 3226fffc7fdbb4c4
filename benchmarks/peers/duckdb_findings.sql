-- The findings about content: who reaches which items, boundary by boundary.

CREATE TEMP TABLE profile AS
SELECT space, branch, editing, editor_list, wanted, list(node) AS nodes
FROM (
    SELECT
        space, branch, node, editor_list, if(editor_list IS NULL, NULL, node) AS editing,
        if(status = 'current', wanted, 0) AS wanted
    FROM reached JOIN item USING (node)
    JOIN rights USING (space)
    JOIN wanted USING (type, is_split)
    LEFT JOIN restricted USING (node)
    WHERE status IN ('current', 'archived') AND type NOT IN ('comment', 'attachment')
        AND node NOT IN (SELECT node FROM state)
) GROUP BY ALL;

CREATE TEMP TABLE question AS
FROM (VALUES
    ('unknown-content-edit', 'edit', 'anonymous'), ('unknown-content-edit', 'edit', 'unknown'),
    ('external-content-edit', 'edit', 'external'), ('app-content-edit', 'edit', 'app'),
    ('external-content-view', 'view', 'external'), ('app-content-view', 'view', 'app')
) AS question(detector, level, audience);

CREATE TEMP TABLE interesting AS
SELECT 0 AS who, 'anonymous' AS id, 'anonymous' AS audience
UNION ALL SELECT who, id, audience FROM principal;

-- What decides who reaches the items of a profile, each combination once.
CREATE TEMP TABLE reach AS
SELECT row_number() OVER () AS reach, * FROM (
    SELECT DISTINCT
        'view' AS level, space, branch, NULL AS editing, NULL AS editor_list, 1 AS wanted,
        branch < 0 AND is_public AS is_for_all, true AS is_free
    FROM profile JOIN rights USING (space)
    UNION ALL
    SELECT DISTINCT
        'edit', space, branch, editing, editor_list, wanted,
        branch < 0 AND is_public AND visitors & wanted <> 0 AND editing IS NULL,
        visitors & wanted <> 0
    FROM profile JOIN rights USING (space) WHERE wanted <> 0
);

-- Where visitors come as well, people count by grants of their own (is_for_all).
CREATE TEMP TABLE reaching AS
SELECT row_number() OVER () AS circle, * FROM (
    SELECT reach, detector, list(who ORDER BY who) AS people FROM (
        SELECT reach, level, space, who FROM reach JOIN admitted USING (branch, space)
        WHERE if(is_for_all, mask & 1 = 1 AND mask & wanted <> 0, is_free OR mask & wanted <> 0)
            AND editor_list IS NULL
        UNION ALL
        SELECT reach, level, reach.space, admitted.who FROM reach
        JOIN admitted USING (branch)
        JOIN listed ON listed.space = reach.space AND number = editor_list
            AND listed.who = admitted.who
        WHERE is_free OR mask & wanted <> 0
        UNION ALL
        SELECT reach, level, space, 0 FROM reach WHERE is_for_all
    )
    JOIN interesting USING (who) JOIN question USING (level, audience) JOIN space USING (space)
    WHERE audience <> 'external' OR owner_id IS DISTINCT FROM id
    GROUP BY ALL
);

CREATE TEMP TABLE reached_part AS
SELECT
    row_number() OVER () AS part,
    dense_rank() OVER (ORDER BY detector, space, anchor) AS finding,
    detector, level, space, anchor, circle, nodes
FROM (
    SELECT
        detector, level, space, coalesce(reach.editing, reach.branch) AS anchor,
        circle, nodes
    FROM reaching JOIN reach USING (reach) JOIN profile USING (space, branch)
    WHERE level = 'view' OR profile.wanted = reach.wanted
        AND profile.editing IS NOT DISTINCT FROM reach.editing
);

CREATE TABLE findings.finding AS
SELECT
    finding, detector, level, space_id, space_key,
    if(anchor < 0, 'space_content', type) AS resource_type,
    if(anchor < 0, space_id, id) AS resource_id,
    if(anchor < 0, space.title, item.title) AS title,
    if(anchor < 0, 'space_grant', 'restriction') AS cause,
    affected
FROM (
    SELECT finding, detector, level, space, anchor, sum(len(nodes)) AS affected
    FROM reached_part GROUP BY ALL
)
JOIN space USING (space) LEFT JOIN item ON item.node = anchor;

-- A part of a finding is items that the same circle of people reaches.
CREATE TABLE findings.part AS
SELECT finding, part, circle FROM reached_part;

CREATE TABLE findings.circle AS
SELECT circle, people FROM reaching;

CREATE TABLE findings.person AS
FROM interesting;

CREATE TABLE findings.exposed_item AS
SELECT part, id FROM (SELECT part, unnest(nodes) AS node FROM reached_part)
JOIN item USING (node);
