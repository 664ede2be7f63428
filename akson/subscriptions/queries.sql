-- name: put
-- A Subscription that a client has written: it begins anew, its events go on.
-- in   $1 key, $2 id, $3 version, $4 subscriber, $5 actor, $6 plan, $7 type, $8 channel, $9 status, $10 time, $11 seconds
INSERT INTO subscription (key, id, version, subscriber, actor, plan, type, channel, status, since, due, seconds)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::text, $10::timestamptz, CASE WHEN $9::text <> 'off' THEN $10::timestamptz END, $11)
ON CONFLICT (key) DO UPDATE SET version = excluded.version, subscriber = excluded.subscriber, actor = excluded.actor,
   plan = excluded.plan, type = excluded.type, channel = excluded.channel, status = excluded.status, due = excluded.due,
   seconds = excluded.seconds, heard = NULL,
   since = CASE WHEN subscription.status = 'off' THEN excluded.since ELSE subscription.since END,
   leased = NULL, failures = 0, failing = NULL, problem = '';

-- name: state
-- Its state as the server has written it.
-- in   $1 key, $2 version, $3 status
UPDATE subscription SET version = $2, status = $3::text, due = CASE WHEN $3::text <> 'off' THEN due END WHERE key = $1;

-- name: remove
DELETE FROM subscription WHERE key = $1;

-- name: count
-- How many one subscriber has that go on.
SELECT count(*) FROM subscription WHERE subscriber = $1 AND status <> 'off';

-- name: types
-- The types of resources that somebody follows.
SELECT DISTINCT type FROM subscription WHERE status <> 'off';

-- name: listening
-- The subscriptions about some types.
SELECT * FROM subscription WHERE status <> 'off' AND type = ANY ($1::smallint[]);

-- name: told
-- The last version of some resources that subscriptions have an event of.
-- in   $1 keys, $2 owner, $3 types, $4 ids
SELECT e.subscription, e.type, e.id, max(e.version) AS version
  FROM subscription_event e JOIN unnest($3::smallint[], $4::text[]) AS k (type, id) ON e.type = k.type AND e.id = k.id
 WHERE e.subscription = ANY ($1::bigint[]) AND e.owner = $2
 GROUP BY e.subscription, e.type, e.id;

-- name: emit
SELECT subscription_emit_v1($1, $2, $3, $4, $5, $6);

-- name: claim
-- Take the subscriptions that have something to do, for longer than that may take.
-- in  $1 now, $2 how many
UPDATE subscription s SET leased = $1 + make_interval(secs => 2 * s.seconds + 30)
  FROM (SELECT key FROM subscription WHERE due <= $1 AND (leased IS NULL OR leased <= $1)
         ORDER BY due LIMIT $2 FOR UPDATE SKIP LOCKED) c
 WHERE s.key = c.key
RETURNING s.*;

-- name: pending
-- The next events of a subscription.
-- in  $1 key, $2 after this number, $3 up to this, $4 how many
SELECT number, at, owner, type, id, version FROM subscription_event
 WHERE subscription = $1 AND number > $2 AND number <= $3 ORDER BY number LIMIT $4;

-- name: reached
-- Its receiver has taken everything up to a number, or there was nothing to take.
-- in  $1 key, $2 the lease, $3 number, $4 when it last heard anything, $5 when to look again though nothing happens
UPDATE subscription SET delivered = greatest(delivered, $3::bigint), failures = 0, failing = NULL, problem = '',
       heard = $4::timestamptz,
       leased = NULL, due = CASE WHEN events > greatest(delivered, $3::bigint) THEN coalesce($4::timestamptz, since)
                                 ELSE $5::timestamptz END
 WHERE key = $1 AND leased = $2;

-- name: failed
-- Its receiver has not: it is tried again later.
-- in  $1 key, $2 the lease, $3 when, $4 now, $5 class of the problem
UPDATE subscription SET failures = failures + 1, failing = coalesce(failing, $4), problem = $5, due = $3, leased = NULL
 WHERE key = $1 AND leased = $2;

-- name: sleep
-- There is nothing to do here, whatever events there are.
-- in  $1 key, $2 the lease, $3 when to look again
UPDATE subscription SET leased = NULL, due = $3 WHERE key = $1 AND leased = $2;

-- name: kept
SELECT * FROM subscription WHERE key = ANY ($1::bigint[]);

-- name: mine
-- All subscriptions of one subscriber.
SELECT * FROM subscription WHERE subscriber = $1 ORDER BY since, key;

-- name: first
-- The first event of a subscription that is kept; null: none.
SELECT min(number) AS first FROM subscription_event WHERE subscription = $1;

-- name: heard
-- Whoever holds a websocket open has been told everything up to a number.
UPDATE subscription SET delivered = greatest(delivered, $2), heard = $3 WHERE key = $1;

-- name: waiting
-- How many subscriptions stand in each state, and how many events wait to be told.
SELECT 'subscriptions ' || status AS what, count(*) FROM subscription GROUP BY status
UNION ALL SELECT 'subscription events', coalesce(sum(events - delivered), 0)::bigint FROM subscription WHERE status <> 'off';

-- name: clean
-- Forget old events.
DELETE FROM subscription_event WHERE at < $1;
