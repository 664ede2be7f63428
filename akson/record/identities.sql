-- name: invented
-- Tell whether the number of an invented person is held: month + 65 or + 80, see Fnr.synthetic.
SELECT EXISTS (SELECT FROM person_identifier WHERE value ~ '^[0-7][0-9](6[6-9]|[7-9][0-9])[0-9]{7}$');
