-- name: news_buckets
-- Buckets in which news wait.
SELECT DISTINCT bucket FROM news;

-- name: job_buckets
-- Buckets in which a job is due at $1.
SELECT DISTINCT bucket FROM job WHERE NOT parked AND due <= $1;

-- name: take_news
-- Take waiting news of one bucket; the caller makes jobs of them in the same transaction.
DELETE FROM news n USING (SELECT owner, seq FROM news WHERE bucket = $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED) t
 WHERE n.owner = t.owner AND n.seq = t.seq
RETURNING n.owner, n.seq, n.types, n.ids, n.versions;

-- name: add_jobs
-- in  $1 bucket[], $2 id[], $3 consumer[], $4 owner[], $5 payload[], $6 due
INSERT INTO job (bucket, id, consumer, owner, payload, due)
SELECT j.bucket, j.id, j.consumer, j.owner, j.payload, $6
  FROM unnest($1::smallint[], $2::text[], $3::text[], $4::bigint[], $5::text[]) AS j (bucket, id, consumer, owner, payload)
ON CONFLICT DO NOTHING;

-- name: claim
-- Lease jobs of one bucket that are due.
-- in  $1 bucket, $2 now, $3 end of the lease, $4 how many
UPDATE job j SET due = $3, attempts = j.attempts + 1
  FROM (SELECT bucket, id FROM job WHERE bucket = $1 AND due <= $2 AND NOT parked
         ORDER BY due LIMIT $4 FOR UPDATE SKIP LOCKED) c
 WHERE j.bucket = c.bucket AND j.id = c.id
RETURNING j.bucket, j.id, j.consumer, j.payload, j.attempts;

-- name: postpone
-- in  $1 bucket, $2 id, $3 due, $4 parked, $5 problem (class name)
UPDATE job SET due = $3, parked = $4, problem = $5 WHERE bucket = $1 AND id = $2;

-- name: done
DELETE FROM job WHERE bucket = $1 AND id = $2;

-- name: waiting
-- What waits, and what has been parked for a human.
SELECT 'news' AS what, count(*) FROM news
UNION ALL SELECT 'jobs', count(*) FROM job WHERE NOT parked
UNION ALL SELECT 'parked jobs', count(*) FROM job WHERE parked;
