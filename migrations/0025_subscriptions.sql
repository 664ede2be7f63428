-- Subscriptions: what is followed, how far its receiver has come, and the events.

-- One row per Subscription that is not deleted, written in the transaction of the resource. The resource says what is wanted
-- and in which state it is; this says how far it has come.
CREATE TABLE subscription (
  key        bigint PRIMARY KEY,             -- the owner key of the Subscription
  id         text COLLATE "C" NOT NULL,
  version    integer NOT NULL,               -- of the Subscription that the plan was read from
  subscriber text NOT NULL,                  -- whose it is: kind|Type/id
  actor      text NOT NULL,                  -- JSON: for whom it is done: person and office, or program; by which token
  plan       text NOT NULL,                  -- JSON: criteria, channel, headers (secret), content
  type       smallint NOT NULL,              -- of the resources it is about
  channel    text NOT NULL,
  seconds    smallint NOT NULL,              -- that one call to its receiver may take
  status     text NOT NULL,                  -- requested, active, error, off
  since      timestamptz NOT NULL,           -- what was written before is no event of it
  events     bigint NOT NULL DEFAULT 0,      -- number of the last event
  delivered  bigint NOT NULL DEFAULT 0,      -- up to which its receiver has taken them
  due        timestamptz,                    -- when there is something to do; null: nothing
  leased     timestamptz,                    -- somebody does it until then
  failures   integer NOT NULL DEFAULT 0,     -- one after the other
  failing    timestamptz,                    -- since the first of these
  problem    text NOT NULL DEFAULT '',       -- class of the last; no personal data
  heard      timestamptz                     -- when anything last reached its receiver
);
CREATE INDEX subscription_type ON subscription (type) WHERE status <> 'off';
CREATE INDEX subscription_due ON subscription (due) WHERE due IS NOT NULL;
CREATE INDEX subscription_subscriber ON subscription (subscriber);

-- What a subscriber was or is to be told of: which version of what; nothing of its content. Kept for some days.
CREATE TABLE subscription_event (
  subscription bigint NOT NULL REFERENCES subscription ON DELETE CASCADE,
  number       bigint NOT NULL,              -- 1, 2, 3 ... of each subscription, without a gap
  at           timestamptz NOT NULL,
  owner        bigint NOT NULL,
  type         smallint NOT NULL,
  id           text COLLATE "C" NOT NULL,
  version      integer NOT NULL,
  PRIMARY KEY (subscription, number)
);
CREATE UNIQUE INDEX subscription_event_version ON subscription_event (subscription, owner, type, id, version);
CREATE INDEX subscription_event_at ON subscription_event (at);

-- Whose a Subscription is: a search finds one's own.
CREATE INDEX fact_subscriber ON fact (data) WHERE kind = 'subscriber';

-- Number what one subscription is to be told of some resources of one owner: under its lock, each version once, and none
-- after a later one of the same resource. Returns how many were new.
CREATE FUNCTION subscription_emit_v1(which bigint, at timestamptz, whose bigint, types smallint[], ids text[], versions integer[])
RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  last bigint; n integer;
BEGIN
  SELECT s.events INTO last FROM subscription s WHERE s.key = which AND s.status <> 'off' FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN 0; END IF;
  INSERT INTO subscription_event (subscription, number, at, owner, type, id, version)
  SELECT which, last + row_number() OVER (ORDER BY k.place), subscription_emit_v1.at, whose, k.type, k.id, k.version
    FROM unnest(types, ids, versions) WITH ORDINALITY AS k (type, id, version, place)
   WHERE k.version > coalesce((SELECT max(e.version) FROM subscription_event e
                                WHERE e.subscription = which AND e.owner = whose AND e.type = k.type AND e.id = k.id), 0);
  GET DIAGNOSTICS n = ROW_COUNT;
  IF n > 0 THEN
    UPDATE subscription s SET events = last + n,
           due = CASE WHEN s.failures = 0 THEN least(coalesce(s.due, subscription_emit_v1.at), subscription_emit_v1.at)
                      ELSE s.due END
     WHERE s.key = which;
  END IF;
  RETURN n;
END $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON subscription, subscription_event TO akson_app;
GRANT EXECUTE ON FUNCTION subscription_emit_v1 TO akson_app;
