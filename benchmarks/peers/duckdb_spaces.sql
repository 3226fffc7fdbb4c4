-- The spaces: their content with its restrictions, and who holds grants.

CREATE TEMP TABLE head AS
SELECT space, base, from_json(header, '{
    "space": ["VARCHAR"], "grants": [["VARCHAR"]], "assignments": [["VARCHAR"]],
    "subjects": [["VARCHAR"]], "coverage": ["JSON"]
}') AS h FROM stored_space;

CREATE TEMP TABLE space AS
SELECT
    space, base, h.space[1] AS space_id, h.space[2] AS space_key,
    h.space[3] AS title, h.space[5] = 'trashed' AS is_trashed,
    CASE
        WHEN h.space[4] <> 'personal' THEN NULL
        WHEN h.space[6] <> '' THEN h.space[6]
        ELSE regexp_replace(h.space[2], '^~', '')
    END AS owner_id
FROM head;

CREATE TEMP TABLE sparse AS
SELECT space, base, from_json(sparse, '{
    "kinds": [["VARCHAR"]], "restrictions": [[["VARCHAR"]]], "lists": [["INTEGER"]],
    "states": [["VARCHAR"]], "orphans": [["VARCHAR"]]
}') AS s FROM stored_space;

CREATE TEMP TABLE kind AS
SELECT space, number, k[1] AS type, k[2] AS status FROM (
    SELECT space, unnest(s.kinds) AS k, unnest(range(len(s.kinds))) AS number FROM sparse
);

-- A list of people is told by its space and number; an empty one restricts nobody.
CREATE TEMP TABLE listing AS
SELECT space, number, r[1] AS users, r[2] AS teams FROM (
    SELECT space, unnest(s.restrictions) AS r,
        unnest(range(len(s.restrictions))) AS number
    FROM sparse
) WHERE len(r[1]) + len(r[2]) > 0;

CREATE TEMP TABLE listed AS
SELECT DISTINCT space, number, who FROM (
    SELECT space, number, who
    FROM (SELECT space, number, unnest(users) AS id FROM listing)
    JOIN principal USING (id)
    UNION ALL
    SELECT space, number, who
    FROM (SELECT space, number, unnest(teams) AS team_id FROM listing)
    JOIN member USING (team_id)
);

CREATE TEMP TABLE restricted AS
SELECT base + l[1] AS node, readers.number AS reader_list, editors.number AS editor_list
FROM (SELECT space, base, unnest(s.lists) AS l FROM sparse) AS stored
LEFT JOIN listing AS readers ON readers.space = stored.space AND readers.number = l[2]
LEFT JOIN listing AS editors ON editors.space = stored.space AND editors.number = l[3];

CREATE TEMP TABLE state AS
SELECT base + x[1]::BIGINT AS node, x[2] AS state
FROM (SELECT base, unnest(s.states) AS x FROM sparse);

-- A block of texts is one JSON text, or a list where no separator was safe.
CREATE TEMP MACRO texts_of(block) AS if(
    block[1] = '[', from_json(block, '["VARCHAR"]'),
    string_split(block::JSON ->> '$', chr(127))
);

CREATE TEMP TABLE item AS
SELECT texts.*, type, status, if(above < 0, NULL, base + above) AS parent
FROM (
    SELECT
        space, base, first + unnest(range(length)) AS node,
        unnest(ids) AS id, unnest(titles) AS title
    FROM (
        SELECT space, base, first, length, texts_of(ids) AS ids, texts_of(titles) AS titles
        FROM stored_block
    )
) AS texts
POSITIONAL JOIN stored_number
JOIN kind USING (space, number);
