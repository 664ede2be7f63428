-- name: put_certificate
-- Enter a certificate of a party outside; one that was withdrawn counts again.
-- in   $1 her_id, $2 fingerprint, $3 certificate, $4 now
INSERT INTO address_certificate (her_id, fingerprint, certificate, added_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (her_id, fingerprint) DO UPDATE SET withdrawn_at = NULL, added_at = excluded.added_at;

-- name: withdraw_certificate
-- Let a certificate count no longer, whoever it was entered for.
-- in   $1 fingerprint, $2 now
UPDATE address_certificate SET withdrawn_at = $2 WHERE fingerprint = $1 AND withdrawn_at IS NULL RETURNING her_id;

-- name: certificates_of
-- The certificates of all services of an organisation, by one of its addresses: those of the address first, the newest
-- first; the number of the organisation, and whether the register says that it is encrypted to.
-- in   $1 her_id
-- out  beside: of another service of the organisation
SELECT coalesce(nullif(p.org_number, ''), a.org_number) AS org_number, c.certificate, c.withdrawn_at IS NOT NULL AS withdrawn,
       c.her_id NOT IN (a.her_id, a.parent) AS beside,
       EXISTS (SELECT FROM address_register r WHERE r.her_id IN (a.her_id, a.parent) AND r.encryption <> '') AS encrypted_to
  FROM address a LEFT JOIN address p ON p.her_id = a.parent
  LEFT JOIN address_certificate c ON c.her_id IN (
    SELECT o.her_id FROM address o WHERE coalesce(nullif(o.parent, 0), o.her_id) = coalesce(nullif(a.parent, 0), a.her_id))
 WHERE a.her_id = $1 ORDER BY c.her_id = a.her_id DESC, c.added_at DESC, c.fingerprint;

-- name: certificates
-- All that were entered.
SELECT c.her_id, coalesce(a.name, '') AS name, c.certificate, c.withdrawn_at
  FROM address_certificate c LEFT JOIN address a ON a.her_id = c.her_id ORDER BY c.her_id, c.added_at DESC, c.fingerprint;
