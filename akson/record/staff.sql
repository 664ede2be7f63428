-- name: employments
-- Everything a practitioner is employed as, with names of person, unit and data controller.
-- in  array literals: $1 systems of practitioners' identifiers, $2 systems of persons', $3 the numbers of those asked for
SELECT p.value AS number, p.owner AS person, e.unit, e.data, own.owner AS own,
       (SELECT f.data::json -> 'value' ->> 'name' FROM fact f WHERE f.owner = p.owner AND f.kind = 'professional') AS name,
       u.data::json -> 'value' ->> 'name' AS unit_name,
       u.id AS unit_id, nullif(u.unit, 0) AS controller,
       (SELECT c.data::json -> 'value' ->> 'name' FROM fact c WHERE c.owner = u.unit AND c.kind = 'unit') AS controller_name
  FROM person_identifier p
  JOIN fact e ON e.person = p.owner AND e.kind = 'employment'
  LEFT JOIN fact u ON u.owner = e.unit AND u.kind = 'unit'
  LEFT JOIN person_identifier own ON own.system = ANY ($2::text::text[]) AND own.value = p.value AND own.owner <> 0
 WHERE p.system = ANY ($1::text::text[]) AND p.value = ANY ($3::text::text[]);

-- name: employed
-- What one person is employed as at one unit.
SELECT data FROM fact WHERE person = $1 AND kind = 'employment' AND unit = $2;

-- name: citizen
-- The person a national identifier belongs to.
SELECT p.owner, o.type, r.id,
       (SELECT f.data::json -> 'value' ->> 'name' FROM fact f WHERE f.owner = p.owner AND f.kind = 'person') AS name
  FROM person_identifier p
  JOIN owner o ON o.owner = p.owner
  JOIN resource r ON r.owner = p.owner AND r.type = o.type AND NOT r.deleted
 WHERE p.system = ANY ($1::text[]) AND p.value = $2;
