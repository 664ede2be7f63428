-- name: persons
-- The record that each practitioner has as a resident, if there is one.
-- in    $1 practitioners, $2 systems of practitioners' identifiers, $3 systems of persons'
-- uses  index person_identifier_owner
SELECT p.owner AS practitioner, o.owner
  FROM person_identifier p
  JOIN person_identifier o ON o.value = p.value AND o.system = ANY ($3::text[]) AND o.owner <> 0
 WHERE p.owner = ANY ($1::bigint[]) AND p.system = ANY ($2::text[]);

-- name: humans
-- Persons and practitioners as they stand, and who is close to them.
-- in    $1 owners, $2 types
SELECT r.owner, r.type, r.id, r.version, r.last_updated, v.body,
       ARRAY(SELECT f.person FROM fact f WHERE f.owner = r.owner AND f.kind = 'representation' AND f.person <> 0) AS close,
       EXISTS (SELECT FROM fact f WHERE f.owner = r.owner AND f.kind = 'protection') AS hidden
  FROM resource r
  JOIN resource_version v ON v.owner = r.owner AND v.type = r.type AND v.id = r.id AND v.version = r.version
 WHERE r.owner = ANY ($1::bigint[]) AND r.type = ANY ($2::smallint[]) AND NOT r.deleted AND v.body IS NOT NULL;

-- name: places
-- Where persons work themselves.
-- in    $1 persons, $2 systems of persons' identifiers, $3 systems of practitioners', $4 now
SELECT DISTINCT p.owner AS person, e.unit
  FROM person_identifier p
  JOIN person_identifier w ON w.value = p.value AND w.system = ANY ($3::text[])
  JOIN fact e ON e.person = w.owner AND e.person <> 0 AND e.kind = 'employment'
 WHERE p.owner = ANY ($1::bigint[]) AND p.system = ANY ($2::text[])
   AND coalesce((e.data::json #>> '{value,end}')::timestamptz, 'infinity') > $4;

-- name: numbers
-- The national numbers of persons.
-- in    $1 owners
-- uses  index person_identifier_owner
SELECT p.owner, p.value FROM person_identifier p WHERE p.owner = ANY ($1::bigint[]);

-- name: bearers
-- How many persons bear each family name, as far as one counts.
-- in    $1 names, normalised, $2 the place of a Patient's family name among search values, $3 how far
SELECT n.name, (SELECT count(*) FROM (SELECT DISTINCT s.owner FROM search_string s
                                       WHERE s.slot = $2 AND s.value = n.name LIMIT $3) AS one) AS bearers
  FROM unnest($1::text[]) AS n (name);

-- name: traces
-- Whether anything tells of work for a person: what was written, and what ties the unit or who looked to them.
-- in    arrays: $1 patients, $2 units, $3 practitioners, $4 since, $5 until; $6 types that tell nothing
-- out   n: which of them; own: the practitioner wrote; units: the unit did, or has been asked to
SELECT a.n,
       EXISTS (SELECT FROM resource r WHERE r.owner = a.patient AND r.author = a.actor AND r.type <> ALL ($6::smallint[])
                  AND r.last_updated BETWEEN a.since AND a.until) AS own,
       (a.unit <> 0  -- 0 is the unit of our own jobs, and of strangers
        AND EXISTS (SELECT FROM resource r WHERE r.owner = a.patient AND r.unit = a.unit AND r.type <> ALL ($6::smallint[])
                       AND r.last_updated BETWEEN a.since AND a.until))
       OR EXISTS (SELECT FROM fact f
                   WHERE f.owner = a.patient AND f.kind = 'relation'
                     AND ((f.unit = a.unit AND a.unit <> 0) OR (f.person = a.actor AND a.actor <> 0))
                     AND f.data::json #>> '{value,kind}' IN ('appointment', 'task', 'referral', 'admission')
                     AND coalesce((f.data::json #>> '{value,start}')::timestamptz, '-infinity') <= a.until
                     AND coalesce((f.data::json #>> '{value,end}')::timestamptz, 'infinity') >= a.since) AS units
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::timestamptz[])
       WITH ORDINALITY AS a (patient, unit, actor, since, until, n);

-- name: named
-- A person as cases name them.
-- in    $1 owner, $2 type code of Patient
SELECT r.id, (SELECT f.data::json -> 'value' ->> 'name' FROM fact f WHERE f.owner = r.owner AND f.kind = 'person') AS name
  FROM resource r WHERE r.owner = $1 AND r.type = $2 AND NOT r.deleted;

-- name: kept_most
-- The data controller that keeps most of each record.
-- in    $1 owners
SELECT p.owner, (SELECT mode() WITHIN GROUP (ORDER BY nullif(coalesce(nullif(u.unit, 0), nullif(e.unit, 0), e.controller), 0))
                   FROM resource e LEFT JOIN fact u ON u.owner = e.unit AND u.kind = 'unit'
                  WHERE e.owner = p.owner AND NOT e.deleted) AS keeper
  FROM unnest($1::bigint[]) AS p (owner);
