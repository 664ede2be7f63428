-- name: put_address
-- Enter or correct one address.
-- in   $1 her_id, $2 name, $3 parent, $4 org_number, $5 unit, $6 unit_id, $7 ours, $8 endpoint, $9 takes, $10 fiks,
--      $11 consented, $12 version of AppRec
INSERT INTO address (her_id, name, parent, org_number, unit, unit_id, ours, endpoint, takes, fiks, consented, apprec)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, nullif($12, '1.1'))
ON CONFLICT (her_id) DO UPDATE SET name = excluded.name, parent = excluded.parent, org_number = excluded.org_number,
  unit = excluded.unit, unit_id = excluded.unit_id, ours = excluded.ours, endpoint = excluded.endpoint,
  takes = excluded.takes, fiks = excluded.fiks, consented = excluded.consented, apprec = excluded.apprec;

-- name: hold_address
-- One address as it is entered, held until the transaction ends.
-- in   $1 her_id
-- out  entered jsonb
SELECT to_jsonb(a) AS entered FROM address a WHERE her_id = $1 FOR UPDATE;

-- name: change_address
-- Enter an address, or correct what is named of the one that stands; NULL: not named.
-- in   $1 her_id, $2 name, $3 parent, $4 org_number, $5 unit, $6 unit_id, $7 ours, $8 endpoint, $9 takes, $10 fiks,
--      $11 consented, $12 version of AppRec, $13 name of one that is new and has been given none
-- out  entered jsonb
INSERT INTO address AS a (her_id, name, parent, org_number, unit, unit_id, ours, endpoint, takes, fiks, consented, apprec)
VALUES ($1, coalesce($2::text, $13::text), coalesce($3::bigint, 0), coalesce($4::text, ''), coalesce($5::bigint, 0),
        coalesce($6::text, ''), coalesce($7::boolean, false), coalesce($8::text, ''), coalesce($9::text[], '{}'),
        coalesce($10::text, ''), coalesce($11::boolean, false), $12::text)
ON CONFLICT (her_id) DO UPDATE SET name = coalesce($2, a.name), parent = coalesce($3, a.parent),
  org_number = coalesce($4, a.org_number), unit = coalesce($5, a.unit), unit_id = coalesce($6, a.unit_id),
  ours = coalesce($7, a.ours), endpoint = coalesce($8, a.endpoint), takes = coalesce($9::text[], a.takes),
  fiks = coalesce($10, a.fiks), consented = coalesce($11, a.consented), apprec = coalesce($12, a.apprec)
RETURNING to_jsonb(a) AS entered;

-- name: put_takes
-- Enter which message types a party outside takes.
-- in   $1 her_id, $2 text[]; none: it has not said
-- out  her_id; no row where there is no such party
UPDATE address SET takes = $2 WHERE her_id = $1 AND NOT ours RETURNING her_id;

-- name: addresses
-- The addresses of the named HER-ids, with the name of level 1; its Organization is the data controller.
-- in   $1 bigint[]
-- out  apprec: a service's is its organisation's where nothing else is said; closed: it is a unit of ours where nobody works
--      any more
SELECT a.her_id, a.name, a.parent, coalesce(p.name, '') AS parent_name,
       coalesce(nullif(p.org_number, ''), a.org_number) AS org_number, a.unit, a.unit_id, a.ours, a.endpoint,
       coalesce(nullif(p.unit, 0), a.unit) AS controller, a.takes, a.fiks, a.consented,
       coalesce(a.apprec, p.apprec, '1.1') AS apprec, a.ours AND a.unit <> 0 AND unit_closed_v1(a.unit) AS closed
  FROM address a LEFT JOIN address p ON p.her_id = a.parent
 WHERE a.her_id = ANY ($1::bigint[]);

-- name: every_address
SELECT her_id FROM address ORDER BY her_id;

-- name: address_of_unit
-- The address of one of our units: the lowest number where it has several.
-- in   $1 unit
SELECT her_id FROM address WHERE unit = $1 AND ours ORDER BY her_id LIMIT 1;

-- name: addresses_of_unit
-- Every address of one of our units.
-- in   $1 unit
SELECT her_id FROM address WHERE unit = $1 AND ours ORDER BY her_id;

-- name: shared
-- Those of some units that are ours.
-- in   $1 references, "Organization/<id>"
SELECT name FROM address WHERE ours AND unit_id = ANY ($1::text[]) ORDER BY her_id;

-- name: served
-- The addresses of our units, on level 2: those that messages are sent to.
SELECT her_id FROM address WHERE ours AND parent <> 0 ORDER BY her_id;

-- name: partners
-- Whom we can write to.
-- in   $1 message type they have said they take, '' for all, $2 those it takes a consent to tell anything, or the others
-- Where nobody has said that they take it, those who have said nothing.
SELECT her_id, name FROM address
 WHERE NOT ours AND endpoint <> '' AND consented = $2
   AND ($1 = '' OR $1 = ANY (takes) OR takes = '{}' AND NOT EXISTS
        (SELECT FROM address WHERE NOT ours AND endpoint <> '' AND consented = $2 AND $1 = ANY (takes)))
 ORDER BY name, her_id;

-- name: barnevern
-- Where children can be reported.
SELECT her_id, name FROM address WHERE NOT ours AND fiks <> '' ORDER BY name, her_id;

-- name: keep
-- Store received bytes. The same bytes again from the same sender are counted, and the name they came by waits for an answer;
-- while they have not been read, only where it is another than the first, which is answered then.
-- in   $1 bucket, $2 digest, $3 body, $4 now, $5 envelope_id, $6 envelope_from, $7 envelope_to, $8 deadline, $9 answer_to,
--      $10 bytes that came, where `body` was sealed in them, $11 fault_code, $12 fault_text of the seal, $13 type
-- out  a row; none where the digest stands for what somebody else sent
WITH kept AS (
  INSERT INTO message_in AS m (bucket, digest, body, state, received_at, envelope_id, envelope_from, envelope_to, due, responsible,
    deadline, answer_to, sealed, fault_code, fault_text, type)
  VALUES ($1, $2, $3, 'kept', $4, $5, $6, $7, $4, 'meldingsansvarlig', $8, $9, $10, $11, $12, $13)
  ON CONFLICT (bucket, digest) DO UPDATE SET times = m.times + 1 WHERE m.envelope_from = $6
  RETURNING m.times > 1 AND (m.state <> 'kept' OR (m.envelope_id, m.answer_to) <> ($5, $9)) AS again),
waits AS (
  INSERT INTO message_again (bucket, digest, name, answer_to, due) SELECT $1, $2, $5, $9, $4 FROM kept WHERE again
  ON CONFLICT DO NOTHING)
SELECT again FROM kept;

-- name: buckets_in
-- Buckets with something to read: one look into the index for each, however many messages wait.
SELECT b.bucket FROM generate_series(0, 63) AS b(bucket), LATERAL (
  SELECT 1 FROM message_in m WHERE m.bucket = b.bucket::smallint AND m.state = 'kept' AND m.due <= $1 LIMIT 1) found
 ORDER BY b.bucket;

-- name: claim_in
-- Lease received messages of a bucket, the first that are due: others leave them alone until `due`. One that was leased
-- before is leased without others, and so is what is larger than all of them may be.
-- in   $1 bucket, $2 now, $3 end of the lease, $4 how many at most, $5 bytes at most
UPDATE message_in m SET due = $3, attempts = m.attempts + 1
  FROM (SELECT c.digest, row_number() OVER first AS n, c.attempts + first_value(c.attempts) OVER first AS attempts,
               sum(octet_length(c.body)) OVER first AS size
          FROM (SELECT l.digest, l.due, l.attempts, l.body FROM message_in l
                 WHERE l.bucket = $1 AND l.state = 'kept' AND l.due <= $2
                 ORDER BY l.due LIMIT $4 FOR UPDATE SKIP LOCKED) c
        WINDOW first AS (ORDER BY c.due, c.digest)) w
 WHERE m.bucket = $1 AND m.digest = w.digest AND (w.n = 1 OR w.attempts = 0 AND w.size <= $5)
RETURNING m.bucket, m.digest, m.body, m.received_at, m.envelope_id, m.envelope_from, m.envelope_to, m.answer_to, m.attempts,
  m.fault_code, m.fault_text, m.type;

-- name: settle_in
-- Say what became of received messages; no row of those of which somebody else has said so already.
-- in   arrays, an element per message: $1 buckets, $2 digests, $3 states, $4 types, $5 msg_ids, $6 senders, $7 owners,
--      $8 filed_as, $9 units, $10 responsible, $11 deadlines, $12 fault_codes, $13 fault_texts, $14 take its id, which then
--      stands for this message alone
-- out  whether the id was free, where it was to be taken
WITH said AS (
  SELECT * FROM unnest($1::smallint[], $2::bytea[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::text[],
                       $9::bigint[], $10::text[], $11::timestamptz[], $12::text[], $13::text[], $14::boolean[])
    AS s (bucket, digest, state, type, msg_id, sender, owner, filed_as, unit, responsible, deadline, code, fault, takes)
), taken AS (
  INSERT INTO message_id (msg_id, sender, digest) SELECT msg_id, sender, digest FROM said WHERE takes ORDER BY msg_id, sender
  ON CONFLICT DO NOTHING RETURNING digest)
UPDATE message_in m SET state = s.state, type = s.type, msg_id = s.msg_id, sender = s.sender, owner = s.owner,
       filed_as = s.filed_as, unit = s.unit, responsible = s.responsible, deadline = s.deadline, fault_code = s.code,
       fault_text = s.fault
  FROM said s WHERE m.bucket = s.bucket AND m.digest = s.digest AND m.state = 'kept'
RETURNING NOT s.takes OR s.digest IN (SELECT digest FROM taken) AS free;

-- name: give_back
-- Let an attempt not count that failed by what is ours and passes: the lease ends, and the message is tried again.
-- in   $1 bucket, $2 digest, $3 attempts that stay at least
UPDATE message_in SET attempts = greatest(attempts - 1, $3) WHERE bucket = $1 AND digest = $2 AND state = 'kept';

-- name: came_again
-- Lease names by which messages came again that have been read: others leave them alone until `due`.
-- in   $1 now, $2 end of the lease, $3 how many at most
UPDATE message_again a SET due = $2
  FROM (SELECT w.bucket, w.digest, w.name, w.answer_to FROM message_again w
          JOIN message_in m ON m.bucket = w.bucket AND m.digest = w.digest AND m.state <> 'kept'
         WHERE w.due <= $1 ORDER BY w.due LIMIT $3 FOR UPDATE OF w SKIP LOCKED) c
 WHERE (a.bucket, a.digest, a.name, a.answer_to) = (c.bucket, c.digest, c.name, c.answer_to)
RETURNING a.bucket, a.digest, a.name, a.answer_to;

-- name: answered_again
-- A name that a message came by has been answered.
-- in   $1 bucket, $2 digest, $3 name, $4 answer_to
-- out  no row where somebody else has answered it
DELETE FROM message_again WHERE bucket = $1 AND digest = $2 AND name = $3 AND answer_to = $4 RETURNING name;

-- name: for_humans_in
-- Received messages a human must look at, most urgent first, from a place among them on.
-- in   $1 most, $2 organisations whose messages are wanted (see message_of_v1), null for all
--      $3 deadline, $4 digest of the last one before
SELECT m.bucket, m.digest, m.received_at, m.times, m.type, m.msg_id, m.sender, coalesce(a.name, '') AS sender_name, m.unit,
       m.responsible, m.deadline, m.fault_code, m.fault_text
  FROM message_in m LEFT JOIN address a ON a.her_id = m.sender
 WHERE m.state = 'refused' AND m.handled_at IS NULL AND (m.deadline, m.digest) > ($3, $4)
   AND message_of_v1($2, m.unit, m.envelope_to) ORDER BY m.deadline, m.digest LIMIT $1;

-- name: count_in
-- How many received messages a human must look at. Whose they are is asked once of all that came to the same.
-- in   $1 organisations, null for all
WITH waits AS MATERIALIZED (
  SELECT unit, envelope_to, count(*) AS messages FROM message_in WHERE state = 'refused' AND handled_at IS NULL
   GROUP BY unit, envelope_to)
SELECT coalesce(sum(messages), 0)::bigint AS messages FROM waits WHERE message_of_v1($1, unit, envelope_to);

-- name: alike_in
-- The others a human must look at of the same sender and with the same fault as one, most urgent first. What came from
-- nobody knows whom is like nothing else. Whose they are is asked once of all that came to the same.
-- in   $1 digest, $2 sender, $3 fault_code, $4 organisations, null for all, $5 most, $6 digests of those asked for, null for all
-- out  alike: how many there are
WITH alike AS MATERIALIZED (
  SELECT bucket, digest, unit, envelope_to, deadline FROM message_in
   WHERE state = 'refused' AND handled_at IS NULL AND sender = $2 AND sender > 0 AND fault_code = $3
     AND digest <> $1 AND ($6::bytea[] IS NULL OR digest = ANY ($6))),
came AS MATERIALIZED (SELECT DISTINCT unit, envelope_to FROM alike),
ours AS MATERIALIZED (SELECT unit, envelope_to FROM came WHERE message_of_v1($4, unit, envelope_to)),
first AS MATERIALIZED (
  SELECT l.bucket, l.digest, count(*) OVER () AS alike FROM alike l JOIN ours USING (unit, envelope_to)
   ORDER BY l.deadline, l.digest LIMIT $5)
SELECT m.digest, m.received_at, m.times, m.type, m.msg_id, m.sender, coalesce(a.name, '') AS sender_name, m.deadline,
       m.fault_code, m.fault_text, f.alike
  FROM first f JOIN message_in m ON m.bucket = f.bucket AND m.digest = f.digest LEFT JOIN address a ON a.her_id = m.sender
 ORDER BY m.deadline, m.digest;

-- name: refused_in
-- One received message a human must look at; its content only when asked for.
-- in   $1 bucket, $2 digest, $3 with the content
SELECT m.bucket, m.digest, m.received_at, m.times, m.type, m.msg_id, m.sender, coalesce(a.name, '') AS sender_name,
       m.deadline, m.fault_code, m.fault_text, message_home_v1(m.unit, m.envelope_to) AS home,
       CASE WHEN $3::boolean THEN m.body END AS body
  FROM message_in m LEFT JOIN address a ON a.her_id = m.sender
 WHERE m.bucket = $1 AND m.digest = $2 AND m.state = 'refused' AND m.handled_at IS NULL;

-- name: handled
-- A human has looked at messages, and says what was done: at those that nobody has looked at before. All are locked in one
-- order, so that two who do this at once wait for each other.
-- in   $1 buckets, $2 digests, one for each bucket, $3 now, $4 who, $5 why
-- out  digests of those
WITH mine AS MATERIALIZED (
  SELECT m.bucket, m.digest FROM message_in m
   WHERE (m.bucket, m.digest) IN (SELECT * FROM unnest($1::smallint[], $2::bytea[])) AND m.state = 'refused' AND m.handled_at IS NULL
   ORDER BY m.bucket, m.digest FOR UPDATE)
UPDATE message_in m SET handled_at = $3, handled_by = $4, handled_why = $5
  FROM mine WHERE m.bucket = mine.bucket AND m.digest = mine.digest RETURNING m.digest;

-- name: received_as
-- The received message behind a Communication.
-- in   $1 owner, $2 id of the Communication
SELECT bucket, digest, body, type, msg_id, sender, received_at FROM message_in WHERE owner = $1 AND filed_as = $2;

-- name: organisations_of
-- The organisations that messages came from, by the Communications they were filed as.
-- in   $1 owner, $2 ids of Communications
SELECT m.filed_as, coalesce(nullif(a.parent, 0), m.sender) AS organisation
  FROM message_in m LEFT JOIN address a ON a.her_id = m.sender
 WHERE m.owner = $1 AND m.filed_as = ANY ($2::text[]);

-- name: by_id
-- What a message id stands for, whoever sent it.
SELECT sender, digest, owner, key FROM message_id WHERE msg_id = $1;

-- name: under
-- What we have sent under an id: one message, or the receipts of one by each name that it came by.
-- in   $1 msg_id
-- out  answers_id: what the transport called the message that a receipt answers, '' for others; those first that may fail yet
SELECT o.owner, o.key, coalesce(nullif(o.answers_as, ''), f.envelope_id, '') AS answers_id
  FROM (SELECT i.owner, i.key FROM message_id i WHERE i.msg_id = $1
        UNION SELECT r.owner, r.key FROM message_id i JOIN message_out m ON m.owner = i.owner AND m.key = i.key
          JOIN message_out r ON r.answers = m.answers AND r.msg_id = m.msg_id WHERE i.msg_id = $1) named
  JOIN message_out o ON o.owner = named.owner AND o.key = named.key
  LEFT JOIN message_in f ON f.bucket = (get_byte(o.answers, 0) & 63)::smallint AND f.digest = o.answers
 ORDER BY o.state IN ('queued', 'sent') DESC, o.created_at DESC;

-- name: filed_under
-- The message that a sender's id stands for: none or one, and none that has been erased.
-- in   $1 msg_id, $2 sender
SELECT m.body, m.type, m.owner, m.filed_as, m.unit
  FROM message_id i JOIN message_in m ON m.bucket = (get_byte(i.digest, 0) & 63)::smallint AND m.digest = i.digest
 WHERE i.msg_id = $1 AND i.sender = $2 AND m.state = 'filed' AND m.body IS NOT NULL;

-- name: by_carrier
-- The report to a barnevern that its transport calls by this name: none or one.
-- in   $1 what it is called
SELECT owner, key FROM message_out WHERE type = 'BEKYMRINGSMELDING' AND carrier_id = $1;

-- name: told_by
-- The organisations that have sent messages of these ids.
-- in   $1 msg_ids
SELECT DISTINCT coalesce(nullif(a.parent, 0), m.sender) AS organisation
  FROM message_id m LEFT JOIN address a ON a.her_id = m.sender WHERE m.msg_id = ANY ($1::text[]);

-- name: queue
-- Put messages on their way, each under an id that stands for it.
-- in   arrays, an element per message: $1 owners, $2 keys, $3 buckets, $4 types, $5 msg_ids, $6 senders, $7 receivers,
--      $8 bodies, $9 told_of, $10 answers, $11 wants_apprec, $12 units, $13 responsible, $14 not to be tried before,
--      $15 answers_as, $16 answer_to; $17 now, $18 deadline
WITH put AS (
  SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[],
                       $8::bytea[], $9::text[], $10::bytea[], $11::boolean[], $12::bigint[], $13::text[],
                       $14::timestamptz[], $15::text[], $16::text[])
    AS p (owner, key, bucket, type, msg_id, sender, receiver, body, told_of, answers, wants_apprec, unit, responsible, due,
          answers_as, answer_to)
), named AS (
  INSERT INTO message_id (msg_id, sender, owner, key) SELECT msg_id, sender, owner, key FROM put ON CONFLICT DO NOTHING)
INSERT INTO message_out (owner, key, bucket, type, msg_id, sender, receiver, body, state, told_of, answers, wants_apprec,
  unit, responsible, created_at, deadline, due, answers_as, answer_to)
SELECT owner, key, bucket, type, msg_id, sender, receiver, body, 'queued', told_of, answers, wants_apprec, unit, responsible,
       $17, $18, due, answers_as, answer_to FROM put;

-- name: receipt_of
-- The receipt of a message by the name it came by again, else one by another name; of one written anew, that of what was
-- filed. It is held until the transaction ends: nobody takes it up meanwhile.
-- in   $1 digest, $2 name, $3 where it is answered
-- out  its_own: by that name; none or one row
SELECT o.owner, o.key, o.type, o.msg_id, o.sender, o.receiver, o.body, o.state, o.answers, o.unit, o.responsible,
       CASE WHEN o.answers_as = '' THEN f.envelope_id = $2 AND f.answer_to = $3
            ELSE o.answers_as = $2 AND o.answer_to = $3 END AS its_own
  FROM (SELECT $1::bytea AS digest
        UNION SELECT i.digest FROM message_in m JOIN message_id i ON i.msg_id = m.msg_id AND i.sender = m.sender
         WHERE m.bucket = (get_byte($1, 0) & 63)::smallint AND m.digest = $1 AND m.state = 'repeated') answered
  JOIN message_out o ON o.answers = answered.digest
  JOIN message_in f ON f.bucket = (get_byte(o.answers, 0) & 63)::smallint AND f.digest = o.answers
 WHERE o.body IS NOT NULL
 ORDER BY its_own DESC, o.state = 'queued' DESC, o.created_at DESC LIMIT 1 FOR UPDATE OF o;

-- name: buckets_out
-- Buckets with something to send: one look into the index for each, however many messages wait.
SELECT b.bucket FROM generate_series(0, 63) AS b(bucket), LATERAL (
  SELECT 1 FROM message_out m WHERE m.bucket = b.bucket::smallint AND m.state = 'queued' AND m.due <= $1 LIMIT 1) found
 ORDER BY b.bucket;

-- name: buckets_unconfirmed
-- Buckets with something to ask a transport about.
SELECT b.bucket FROM generate_series(0, 63) AS b(bucket), LATERAL (
  SELECT 1 FROM message_out m WHERE m.bucket = b.bucket::smallint AND m.carrier_id <> ''
     AND (m.state = 'sent' OR m.state = 'delivered' AND m.wants_apprec OR m.state = 'overdue' AND m.type = 'BEKYMRINGSMELDING')
     AND m.due <= $1 LIMIT 1) found
 ORDER BY b.bucket;

-- name: claim_out
-- Lease messages of a bucket, the first that are due, with the way to their receivers; for a receipt, what the transport
-- called what it answers. One of whose last attempt nobody has told is leased without others, and so is what is larger
-- than all may be. What was leased before without `leaving` was in the hands of a release that does not mark it.
-- in   $1 bucket, $2 now, $3 end of the lease, $4 how many at most, $5 bytes at most
WITH claimed AS (
  UPDATE message_out m SET due = $3, attempts = m.attempts + 1, untold = m.untold + 1, rests_for = '',
         leaving = coalesce(m.leaving, m.untold > 0)
    FROM (SELECT c.owner, c.key, row_number() OVER first AS n, c.untold + first_value(c.untold) OVER first AS untold,
                 sum(octet_length(c.body)) OVER first AS size
            FROM (SELECT l.owner, l.key, l.due, l.untold, l.body FROM message_out l
                   WHERE l.bucket = $1 AND l.state = 'queued' AND l.due <= $2
                   ORDER BY l.due LIMIT $4 FOR UPDATE SKIP LOCKED) c
          WINDOW first AS (ORDER BY c.due, c.key)) w
   WHERE m.owner = w.owner AND m.key = w.key AND (w.n = 1 OR w.untold = 0 AND w.size <= $5)
  RETURNING m.owner, m.key, m.type, m.msg_id, m.sender, m.receiver, m.body, m.attempts, m.untold, m.deadline, m.wants_apprec,
            m.answers, m.answers_as, m.answer_to, m.rounds, m.leaving, m.due)
SELECT c.owner, c.key, c.type, c.msg_id, c.sender, c.receiver, c.body, c.attempts, c.untold, c.deadline, c.wants_apprec,
       c.rounds, c.leaving, c.due AS lease,
       CASE c.type WHEN 'BEKYMRINGSMELDING' THEN 'fiks:' || coalesce(a.fiks, '') ELSE coalesce(a.endpoint, '') END AS endpoint,
       coalesce(nullif(c.answers_as, ''), i.envelope_id, '') AS answers_id,
       CASE WHEN c.answers_as = '' THEN coalesce(i.answer_to, '') ELSE c.answer_to END AS answer_to
  FROM claimed c LEFT JOIN address a ON a.her_id = c.receiver
  LEFT JOIN message_in i ON i.bucket = (get_byte(c.answers, 0) & 63)::smallint AND i.digest = c.answers;

-- name: claim_unconfirmed
-- Lease messages of a bucket that a transport has taken, to ask what became of them, with the way to their receivers. One
-- of whose last question nobody has told is leased without others.
-- in   $1 bucket, $2 now, $3 end of the lease, $4 how many at most
WITH claimed AS (
  UPDATE message_out m SET due = $3, attempts = m.attempts + 1, untold = m.untold + 1
    FROM (SELECT c.owner, c.key, row_number() OVER first AS n, c.untold + first_value(c.untold) OVER first AS untold
            FROM (SELECT l.owner, l.key, l.due, l.untold FROM message_out l WHERE l.bucket = $1 AND l.carrier_id <> ''
                     AND (l.state = 'sent' OR l.state = 'delivered' AND l.wants_apprec OR l.state = 'overdue' AND l.type = 'BEKYMRINGSMELDING')
                     AND l.due <= $2
                   ORDER BY l.due LIMIT $4 FOR UPDATE SKIP LOCKED) c
          WINDOW first AS (ORDER BY c.due, c.key)) w
   WHERE m.owner = w.owner AND m.key = w.key AND (w.n = 1 OR w.untold = 0)
  RETURNING m.owner, m.key, m.type, m.state, m.receiver, m.carrier_id, m.attempts, m.untold, m.rounds, m.sent_at, m.deadline,
            m.unexplained, m.due)
SELECT c.owner, c.key, c.state, c.receiver, c.carrier_id, c.attempts, c.untold, c.rounds, c.sent_at, c.deadline, c.unexplained, c.due AS lease,
       CASE c.type WHEN 'BEKYMRINGSMELDING' THEN 'fiks:' || coalesce(a.fiks, '') ELSE coalesce(a.endpoint, '') END AS endpoint
  FROM claimed c LEFT JOIN address a ON a.her_id = c.receiver;

-- name: happened
-- An event in the life of sent messages, and its line in the log; no row when it has no place in the state it is in. Nothing
-- lets a report to the barnevern that was taken go again: it would be a second report. What the receiver's side has said it could
-- not take stays so, though whoever carried it says later that it was handed over.
-- in   $1 owners, $2 keys (same length), $3 states it may come from, $4 state it leads to, $5 now, $6 fault_code, $7 fault_text, $8 event,
--      $9 who, $10 why, $11 deadline of a message sent again by a human
-- out  trouble: the state in which it needed a human, the last of them; '' for none
WITH stood AS (
  SELECT owner, key, state FROM message_out JOIN unnest($1::bigint[], $2::bigint[]) AS of (o, k) ON owner = o AND key = k
     FOR UPDATE OF message_out
), moved AS (
  UPDATE message_out m SET state = $4, fault_code = $6, fault_text = $7, moves = moves + 1, untold = 0, unexplained = 0, leaving = NULL,
         due = CASE WHEN $4 = 'queued' THEN $5 ELSE due END, attempts = CASE WHEN $4 = 'queued' THEN 0 ELSE attempts END,
         rounds = CASE WHEN $8 = 'unconfirmed' THEN rounds + 1 WHEN $4 = 'queued' THEN 0 ELSE rounds END,
         carrier_id = CASE WHEN $4 = 'queued' OR $8 = 'handed over' THEN '' ELSE carrier_id END,
         deadline = CASE WHEN $8 = 'send again' THEN $11 ELSE deadline END,
         sent_at = CASE WHEN $4 = 'queued' THEN NULL WHEN $4 IN ('sent', 'delivered') THEN coalesce(sent_at, $5) ELSE sent_at END,
         delivered_at = CASE WHEN $4 = 'queued' THEN NULL WHEN $4 = 'delivered' THEN coalesce(delivered_at, $5) ELSE delivered_at END,
         settled_at = CASE WHEN $4 IN ('accepted', 'posted', 'partial', 'rejected', 'withdrawn') THEN $5 ELSE settled_at END,
         answered_at = CASE WHEN $4 = 'answered' THEN $5 ELSE answered_at END
    FROM stood s
   WHERE m.owner = s.owner AND m.key = s.key AND s.state = ANY ($3::text[]) AND ($4 <> 'queued' OR body IS NOT NULL)
     AND ($4 <> 'withdrawn' OR moves = 0 AND attempts = 0 AND leaving IS NOT TRUE)
     AND ($8 <> 'unconfirmed' OR type <> 'BEKYMRINGSMELDING')
     AND (s.state <> 'failed' OR $8 NOT IN ('handed over', 'receipt') OR fault_code <> 'AVVIST')
  RETURNING m.owner, m.key, type, msg_id, told_of, unit, responsible, receiver, m.state, moves, fault_code, fault_text, carrier_id,
            body IS NULL AS erased,
            CASE WHEN s.state IN ('rejected', 'partial', 'overdue', 'failed') THEN s.state
                 ELSE coalesce((SELECT v.state FROM message_move v WHERE v.owner = m.owner AND v.key = m.key
                                   AND v.state IN ('rejected', 'partial', 'overdue', 'failed')
                                 ORDER BY v.number DESC LIMIT 1), '') END AS trouble),
noted AS (
  INSERT INTO message_move (owner, key, number, at, event, state, who, why)
  SELECT owner, key, moves, $5, $8, state, $9, coalesce(nullif($10, ''), $7) FROM moved)
SELECT owner, key, type, msg_id, told_of, unit, responsible, receiver, state, trouble, fault_code, fault_text, carrier_id, erased
  FROM moved;

-- name: others
-- Another message made from the same Communication: it went to somebody else, or as a new one to who had refused it.
-- in   $1 owner, $2 id of the Communication, $3 key
SELECT FROM message_out WHERE owner = $1 AND told_of = $2 AND key <> $3 LIMIT 1;

-- name: untried
-- The message made from a Communication that nobody has tried to send yet: what is claimed has an attempt.
-- in   $1 owner, $2 id of the Communication
SELECT key, responsible FROM message_out
 WHERE owner = $1 AND told_of = $2 AND state = 'queued' AND moves = 0 AND attempts = 0 AND leaving IS NOT TRUE;

-- name: let_go
-- Let a message that rests go now.
-- in   $1 owner, $2 key, $3 now
UPDATE message_out SET due = $3 WHERE owner = $1 AND key = $2 AND state = 'queued' AND attempts = 0 AND leaving IS NOT TRUE
   AND due > $3;

-- name: taken
-- What the transport calls messages it has taken, and when to ask it what became of them. Who has taken a report to the
-- barnevern answers for it, so it may lie there for longer. What a person or the deadline has ended meanwhile stays ended,
-- and can be asked about and answered all the same; the name it was first taken under stands.
-- in   arrays, an element per message: $1 owners, $2 keys, $3 carrier_ids; $4 due, $5 deadline of a report
UPDATE message_out SET carrier_id = t.id, due = $4, attempts = 0,
       deadline = CASE WHEN type = 'BEKYMRINGSMELDING' AND state = 'sent' THEN $5 ELSE deadline END
  FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS t (o, k, id)
 WHERE owner = o AND key = k AND state IN ('sent', 'overdue', 'handled') AND carrier_id = '';

-- name: ask_later
-- in   $1 owner, $2 key, $3 due
UPDATE message_out SET due = $3, untold = 0 WHERE owner = $1 AND key = $2 AND state IN ('sent', 'delivered', 'overdue');

-- name: unexplained
-- in   $1 owner, $2 key
UPDATE message_out SET unexplained = unexplained + 1 WHERE owner = $1 AND key = $2;

-- name: ask_no_more
-- in   $1 owner, $2 key, $3 due, $4 questions of which nobody has told
UPDATE message_out SET due = $3, untold = $4 WHERE owner = $1 AND key = $2 AND state = 'overdue';

-- name: moves
-- What has happened to one sent message, first to last.
-- in   $1 owner, $2 key
SELECT number, at, event, state, who, why FROM message_move WHERE owner = $1 AND key = $2 ORDER BY number;

-- name: leaves
-- Mark that a message is about to leave that must never go twice, and lease it anew for as long as that takes.
-- in   $1 owner, $2 key, $3 end of the lease it is held by, $4 end of the new one
-- out  no row where somebody else has taken it up since, or it goes no more
UPDATE message_out SET leaving = true, due = $4
 WHERE owner = $1 AND key = $2 AND due = $3 AND state = 'queued' AND NOT leaving RETURNING due AS lease;

-- name: held
-- Whether a message is leased until then still; held until the transaction ends.
-- in   $1 owner, $2 key, $3 end of the lease it was held by
SELECT FROM message_out WHERE owner = $1 AND key = $2 AND due = $3 FOR UPDATE;

-- name: not_tried
-- What may have left stays marked as that, and as attempted; what somebody else has taken up since is theirs.
-- in   $1 owners, $2 keys of leased messages that nothing was done with, $3 ends of their leases, $4 attempts that stay at least
UPDATE message_out SET attempts = greatest(attempts - CASE WHEN leaving THEN 0 ELSE 1 END, $4), untold = untold - 1,
       leaving = CASE WHEN leaving OR untold > 1 THEN leaving END
  FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[]) AS t (o, k, lease)
 WHERE owner = o AND key = k AND due = lease AND state IN ('queued', 'sent', 'delivered', 'overdue') AND attempts > 0 AND untold > 0;

-- name: try_later
-- Let a message wait; not where somebody else has taken it up since: what they know of it stands.
-- in   $1 owner, $2 key, $3 due, $4 fault_text, $5 attempts, $6 rests_for, $7 end of the lease it is held by
UPDATE message_out SET due = $3, fault_text = $4, attempts = $5, rests_for = $6, untold = 0, leaving = NULL
 WHERE owner = $1 AND key = $2 AND state = 'queued' AND due = $7;

-- name: resting
-- The endpoints that messages wait for because nobody answered there: one look into the index for each.
WITH RECURSIVE found(rests_for) AS (
  (SELECT rests_for FROM message_out WHERE state = 'queued' AND rests_for <> '' ORDER BY rests_for LIMIT 1)
  UNION ALL
  SELECT (SELECT m.rests_for FROM message_out m WHERE m.state = 'queued' AND m.rests_for <> '' AND m.rests_for > f.rests_for
           ORDER BY m.rests_for LIMIT 1) FROM found f WHERE f.rests_for IS NOT NULL)
SELECT rests_for FROM found WHERE rests_for IS NOT NULL;

-- name: wake
-- Bring forward some of the messages that wait for an endpoint. What is claimed rests for nothing, so a lease holds.
-- in   $1 endpoint, $2 now, $3 how many
UPDATE message_out m SET due = $2, rests_for = '' FROM (
  SELECT owner, key FROM message_out WHERE state = 'queued' AND rests_for = $1 AND rests_for <> ''
   ORDER BY due LIMIT $3 FOR UPDATE SKIP LOCKED) w
 WHERE m.owner = w.owner AND m.key = w.key;

-- name: overdue
-- Messages whose AppRec has not come in time, some at a time. What may have left, and nobody has told, is ended as that by
-- whoever takes it up.
-- in   $1 until when it was to come, $2 keys of those that could not be marked
-- out  unconfirmed: somebody has taken it, and no receipt has come
SELECT owner, key, deadline, state = 'sent' OR state = 'queued' AND rounds > 0 AS unconfirmed FROM message_out
 WHERE wants_apprec AND state IN ('queued', 'sent', 'delivered') AND deadline <= $1 AND key <> ALL ($2::bigint[])
   AND (state <> 'queued' OR leaving IS NOT TRUE)
 ORDER BY deadline LIMIT 100;

-- name: still_overdue
-- Whether that is so still; held until the transaction ends.
-- in   $1 owner, $2 key, $3 its deadline
SELECT FROM message_out WHERE owner = $1 AND key = $2 AND deadline = $3 AND state IN ('queued', 'sent', 'delivered')
   AND (state <> 'queued' OR leaving IS NOT TRUE)
   FOR UPDATE;

-- name: sent
-- One sent message, for the one who follows it up; its content only when asked for.
-- in   $1 owner, $2 key, $3 with the content
SELECT owner, key, type, msg_id, sender, receiver, state, told_of, unit, responsible, created_at, deadline, fault_code, fault_text,
       wants_apprec, message_home_v1(unit, sender) AS home, CASE WHEN $3::boolean THEN body END AS body
  FROM message_out WHERE owner = $1 AND key = $2;

-- name: states_of
-- Where the messages made from these Communications stand.
-- in   $1 owners, $2 ids, one for each owner
SELECT m.told_of, m.responsible, m.state, m.receiver, coalesce(a.name, '') AS receiver_name, coalesce(a.parent, 0) AS parent,
       coalesce(nullif(p.org_number, ''), a.org_number, '') AS org_number, m.created_at, m.sent_at, m.delivered_at,
       m.settled_at, m.answered_at, m.deadline, m.fault_code, m.fault_text, m.due,
       m.state = 'queued' AND m.moves = 0 AND m.attempts = 0 AND m.leaving IS NOT TRUE AS untried
  FROM unnest($1::bigint[], $2::text[]) AS wanted (owner, told_of)
  JOIN message_out m ON m.owner = wanted.owner AND m.told_of = wanted.told_of AND m.told_of <> ''
  LEFT JOIN address a ON a.her_id = m.receiver
  LEFT JOIN address p ON p.her_id = a.parent
 ORDER BY m.created_at;

-- name: for_humans_out
-- Sent messages that went wrong, most urgent first, from a place among them on.
-- in   $1 most, $2 unit, or 0 for all, $3 organisations whose messages are wanted (see message_of_v1), null for all
--       $4 who asks, null for all: the reports of others to the barnevern are left out
--       $5 deadline, $6 key of the last one before
SELECT m.owner, m.key, m.type, m.msg_id, m.created_at, m.receiver, coalesce(r.name, '') AS receiver_name,
       coalesce(s.name, '') AS sender_name, m.told_of, m.unit, m.responsible, m.state, m.deadline, m.fault_code, m.fault_text
  FROM message_out m LEFT JOIN address r ON r.her_id = m.receiver LEFT JOIN address s ON s.her_id = m.sender
 WHERE m.state IN ('rejected', 'partial', 'overdue', 'failed') AND ($2::bigint = 0 OR m.unit = $2)
   AND message_of_v1($3, m.unit, m.sender)
   AND ($4::text IS NULL OR m.type <> 'BEKYMRINGSMELDING' OR m.responsible = $4)
   AND (m.deadline, m.key) > ($5, $6)
 ORDER BY m.deadline, m.key LIMIT $1;

-- name: stuck_out
-- Messages that have neither left nor been confirmed since `$2`, oldest first, from a place among them on. A receipt that was
-- only taken has left for good.
-- in   $1 most, $2 created before, $3 unit, or 0 for all, $4 organisations, null for all
--       $5 who asks, null for all, as above, $6 when the last one before was written, $7 its key
SELECT m.owner, m.key, m.type, m.msg_id, m.created_at, m.receiver, coalesce(r.name, '') AS receiver_name,
       coalesce(s.name, '') AS sender_name, m.told_of, m.unit, m.responsible, m.state, m.deadline, m.fault_code, m.fault_text
  FROM message_out m LEFT JOIN address r ON r.her_id = m.receiver LEFT JOIN address s ON s.her_id = m.sender
 WHERE (m.state = 'queued' OR m.state = 'sent' AND (m.wants_apprec OR m.carrier_id <> '')) AND m.created_at < $2
   AND ($3::bigint = 0 OR m.unit = $3)
   AND message_of_v1($4, m.unit, m.sender)
   AND ($5::text IS NULL OR m.type <> 'BEKYMRINGSMELDING' OR m.responsible = $5)
   AND (m.created_at, m.key) > ($6, $7)
 ORDER BY m.created_at, m.key LIMIT $1;

-- name: waits_by_way
-- How many messages nobody has taken since `$1`, by the way they are to go; 'nowhere': their receivers have no address. Only
-- the first 100,000 are counted: it is asked for again and again, and they say enough.
-- in   $1 created before
SELECT 'messages out by ' || w.way AS what, count(m.way)::integer AS count
  FROM unnest(ARRAY['http', 'edi', 'amqp', 'fiks', 'nowhere']) AS w (way)
  LEFT JOIN (SELECT CASE o.type WHEN 'BEKYMRINGSMELDING' THEN 'fiks'
                    ELSE coalesce(nullif(split_part(a.endpoint, ':', 1), ''), 'nowhere') END AS way
               FROM message_out o LEFT JOIN address a ON a.her_id = o.receiver
              WHERE o.state = 'queued' AND o.created_at < $1 ORDER BY o.created_at LIMIT 100000) m ON m.way = w.way
 GROUP BY w.way;

-- name: troubled_units
-- The units whose messages need a human, or have neither left nor been confirmed since `$1`, with how many of both. Whose
-- they are is asked once of all that one address of a unit has sent.
-- in   $1 created before, $2 organisations, null for all, $3 who asks, null for all, as above
WITH waits AS MATERIALIZED (
  SELECT m.unit, m.sender, count(*) FILTER (WHERE NOT m.stuck) AS wrong, count(*) FILTER (WHERE m.stuck) AS stuck FROM (
    SELECT unit, sender, type, responsible, false AS stuck FROM message_out
     WHERE state IN ('rejected', 'partial', 'overdue', 'failed')
    UNION ALL SELECT unit, sender, type, responsible, true FROM message_out
     WHERE (state = 'queued' OR state = 'sent' AND (wants_apprec OR carrier_id <> '')) AND created_at < $1) m
   WHERE $3::text IS NULL OR m.type <> 'BEKYMRINGSMELDING' OR m.responsible = $3
   GROUP BY m.unit, m.sender)
SELECT o.unit, coalesce(min(a.her_id), 0) AS her_id, coalesce(min(a.name), '') AS name,
       max(o.wrong)::integer AS wrong, max(o.stuck)::integer AS stuck
  FROM (SELECT unit, sum(wrong) AS wrong, sum(stuck) AS stuck FROM waits WHERE message_of_v1($2, unit, sender) GROUP BY unit) o
  LEFT JOIN address a ON a.unit = o.unit AND a.ours AND o.unit <> 0 GROUP BY o.unit ORDER BY 3, 1;

-- name: counts
-- How many messages stand in each state, both ways: their sum is what was ever received and created.
SELECT 'in' AS direction, state, count(*)::integer AS messages FROM message_in GROUP BY state
UNION ALL
SELECT 'out', state, count(*)::integer FROM message_out GROUP BY state;

-- name: erase
-- Empty the messages behind erased Communications; only akson_eraser may.
-- in   $1 owner, $2 ids
SELECT exchange_erase_v1($1, $2);

-- name: given
-- The messages made from these Communications that have left the house: to whom, when first handed over and when received.
-- in   $1 owner, $2 ids
-- A receipt of the transport says that it arrived, and so does whatever the receiver has answered. What is sent once more has
-- left already: its moves say so.
SELECT m.told_of, m.state, coalesce(a.name, '') AS receiver, coalesce(p.name, '') AS organisation, m.receiver AS her_id,
       least(m.sent_at, v.left_at, r.arrived_at) AS left_at, r.arrived_at
  FROM message_out m
  LEFT JOIN address a ON a.her_id = m.receiver
  LEFT JOIN address p ON p.her_id = a.parent AND p.her_id <> a.her_id
  CROSS JOIN LATERAL (
       SELECT min(at) FILTER (WHERE event = 'handed over') AS left_at,
              min(at) FILTER (WHERE event IN ('receipt', 'accept', 'partial', 'reject', 'answer')) AS arrived_at
         FROM message_move v WHERE v.owner = m.owner AND v.key = m.key) v
  CROSS JOIN LATERAL (
       SELECT least(m.delivered_at, CASE WHEN m.state <> 'posted' THEN m.settled_at END, m.answered_at, v.arrived_at) AS arrived_at) r
 WHERE m.owner = $1 AND m.told_of = ANY ($2::text[]) AND least(m.sent_at, v.left_at, r.arrived_at) IS NOT NULL
 ORDER BY least(m.sent_at, v.left_at, r.arrived_at) DESC, m.key;
