-- name: now
SELECT clock_timestamp();

-- name: links
-- What all chains said up to a moment, as one number that changes with each link of them.
-- in    $1 moment
SELECT count(*) AS links, coalesce(sum(hashtextextended(format('%s|%s|%s', owner, seq, encode(head, 'hex')), 0)::numeric), 0)::text
       AS sum
  FROM chain WHERE at <= $1;

-- name: content
-- How many versions of one resource there are, and how many of them have content.
-- in    $1 owner, $2 id
SELECT count(*) AS versions, count(body) AS whole FROM resource_version WHERE owner = $1 AND id = $2;
