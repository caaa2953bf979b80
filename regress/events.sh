#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The audit log: what is done is written, and what was done to it is found.
# db: sqlite3 mysql

. "$TOP/regress/lib.sh"
each_mode
tid "events and their seals"

ready_portal
admin=$(first_admin)
invite bob
admin key create --name=extra
admin host ls
ok p web1@portal true
as bob ok p web1@portal true

say "event ls"
admin event ls
for entity in web1 bob extra; do
	like "event ls" "$out" "$entity"
done
like "who did it" "$out" "$admin"
admin event ls --quiet
[ "$(wc -l <<<"$out")" -ge 4 ] || fail "few events: $out"
as bob run p admin@portal event ls
[ "$status" -ne 0 ] || fail "bob may read the audit log"

say "all are sealed, without gaps"
all_sealed()
{
	[ "$(db_query 'SELECT COUNT(*) FROM events
	    WHERE seal_no IS NULL OR seal IS NULL')" -eq 0 ]
}
wait_for 15 all_sealed || fail "unsealed: $(db_query 'SELECT id, domain,
    action FROM events WHERE seal_no IS NULL')"
is "numbers" "$(db_query 'SELECT MIN(seal_no), MAX(seal_no) - COUNT(*)
    FROM events')" "1|0"

verify()
{
	db_flags
	run as_starter verify "${DB_FLAGS[@]}"
}
verify
is "status of verify ($out $err)" "$status" 0

say "an edited row is found"
id=$(db_query "SELECT id FROM events WHERE entity = 'extra'")
found()
{
	verify
	is "$1: status ($out $err)" "$status" 1
	like "$1" "$out$err" "$2"
}
db_query "UPDATE events SET entity = 'other' WHERE id = $id"
found "edited entity" "(^|[^0-9])$id([^0-9]|\$)"
db_query "UPDATE events SET entity = 'extra' WHERE id = $id"
verify
is "status after it was put right ($out $err)" "$status" 0
db_query "UPDATE events SET author_name = 'nobody' WHERE id = $id"
found "edited author" "(^|[^0-9])$id([^0-9]|\$)"
db_query "UPDATE events SET author_name = '$admin' WHERE id = $id"
db_query "UPDATE events SET created_at = created_at + 1 WHERE id = $id"
found "edited time" "(^|[^0-9])$id([^0-9]|\$)"
db_query "UPDATE events SET created_at = created_at - 1 WHERE id = $id"
verify
is "status after it was put right ($out $err)" "$status" 0

say "two rows that changed places are found"
next=$(db_query "SELECT MIN(id) FROM events WHERE id > $id")
swap()
{
	db_query "UPDATE events SET id = -1 WHERE id = $id"
	db_query "UPDATE events SET id = $id WHERE id = $next"
	db_query "UPDATE events SET id = $next WHERE id = -1"
}
swap
verify
swapped=$status
swap
[ "$swapped" -eq 1 ] || echo "(ids are not sealed)"

say "a missing row is found"
columns='id, author_id, author_name, source, domain, action, entity, args,
    created_at, seal_no, seal, session_id'
db_query "CREATE TABLE saved AS SELECT $columns FROM events"
db_query "DELETE FROM events WHERE id = $id"
found "a missing row" 'missing|gap'
db_query "INSERT INTO events ($columns) SELECT $columns FROM saved
    WHERE id = $id"
verify
is "status after it was put right ($out $err)" "$status" 0

say "a log that was cut off is found"
stop_portal || fail "stop"
last=$(db_query 'SELECT MAX(id) FROM events')
db_query 'DELETE FROM saved'
db_query "INSERT INTO saved SELECT $columns FROM events"
db_query "DELETE FROM events WHERE id = $last"
found "cut off" 'cut|missing'
db_query "INSERT INTO events ($columns) SELECT $columns FROM saved
    WHERE id = $last"
db_query 'DROP TABLE saved'
verify
is "status after it was put right ($out $err)" "$status" 0

say "a seal that was made up is found"
db_query "UPDATE events SET seal = (SELECT seal FROM (SELECT seal FROM events
    WHERE id = $last) x) WHERE id = $id"
found "a seal of another row" "(^|[^0-9])$id([^0-9]|\$)"

say "the portal starts all the same, and goes on sealing"
start_portal
admin key create --name=later
wait_for 15 all_sealed || fail "unsealed events"
