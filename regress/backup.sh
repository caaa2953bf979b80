#!/bin/bash
# SPDX-License-Identifier: ISC
#
# sshportal backup: a copy of the database while it is written to, which
# another portal serves from; nothing is overwritten.
# db: sqlite3 mysql

. "$TOP/regress/lib.sh"
each_mode
tid "a copy of the live database"

ready_portal
db_flags
DB_FILE=$PORTAL_DIR/sshportal.db
chmod 777 "$T"	# whoever starts it makes files here

backup()
{
	as_starter backup "${DB_FLAGS[@]}" "$@"
}

if [ "$DB" = mysql ]; then
	say "MySQL has a tool of its own"
	run_status 1 backup "$T/copy"
	like "which" "$err" 'mariadb-dump'
	[ ! -e "$T/copy" ] && [ ! -e "$T/copy.part" ] || fail "a file is left"
	exit 0
fi

say "with writers at work"
write()
{
	local i

	for ((i = 0; i < 40; i++)); do
		echo "hostgroup create --name=group$i"
	done | p -T admin@portal >"$T/writer.out" 2>&1
}
write &
writer=$!
wait_for 20 test -s "$T/writer.out" || fail "nobody writes"
ok backup "$T/copy"
like "what it says" "$out" "copy: [0-9]+ bytes; .*master key"
is "mode" "$(stat -c %a "$T/copy")" 600
wait "$writer" || fail "the writer: $(cat "$T/writer.out")"
is "the copy is sound" "$(sqlite3 "$T/copy" 'PRAGMA integrity_check')" ok
groups=$(sqlite3 "$T/copy" 'SELECT COUNT(*) FROM host_groups')
[ "$groups" -ge 2 ] || fail "$groups groups in the copy"
is "all in the original" \
    "$(db_query 'SELECT COUNT(*) FROM host_groups')" 41
is "nothing else is left" "$(find "$T" -name '*.part' -o -name '*.copy-*')" ''

say "a file that is there stays"
before=$(sha256sum <"$T/copy")
run_status 1 backup "$T/copy"
like "why" "$err" 'it is there already'
is "unchanged" "$(sha256sum <"$T/copy")" "$before"
ln -s /nowhere "$T/link"
run_status 1 backup "$T/link"
run_status 1 backup "$T/nowhere/copy"
like "why" "$err" 'No such file'
run_status 2 backup
run_status 2 backup "$T/a" "$T/b"

say "the copy is a portal's database: the same people, hosts and keys"
stop_portal
cp "$T/copy" "$DB_FILE"
rm -f "$DB_FILE-wal" "$DB_FILE-shm"
start_portal
ok p web1@portal echo there
is "output" "$out" there
