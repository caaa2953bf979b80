#!/bin/bash
# SPDX-License-Identifier: ISC
#
# "sshportal admin": the admin shell's commands at the machine itself, the way
# back in for an administrator who is locked out; with the portal running and
# without it.
# db: sqlite3 mysql
# cost: 30

. "$TOP/regress/lib.sh"
each_mode
tid "the admin shell at the machine itself"

ready_portal
admin=$(first_admin)

# here WORD ...: a command, as the one who starts the portal.
here()
{
	db_flags
	as_starter admin "${DB_FLAGS[@]}" "$@"
}

token()
{
	grep -oE 'invite:[A-Za-z0-9_-]+' <<<"$1" | cut -d: -f2
}

# What lies beside the database and is not its owner's.
strangers()
{
	find "$PORTAL_DIR" -maxdepth 1 -name 'sshportal.db*' \
	    ! -uid "$(stat -c %u "$PORTAL_DIR")"
}

say "the program's help lists it"
ok "$BIN" help
like "help" "$out" '
  admin +.*machine'
ok "$BIN" genkey --help
is "help of genkey" "$out" "usage: sshportal genkey"
run "$BIN" genkey more
is "status of genkey with a word" "$status" 2
ok "$BIN" admin --help
like "help of its own" "$out" 'usage: sshportal admin .*COMMAND'

say "who lost their key is locked out"
rm "$T/client/admin" "$T/client/admin.pub"
client admin
run_status 255 p admin@portal version

say "and comes back with a new invite, while the portal runs"
ok here user invite --again "$admin"
is "its id" "$(head -n 1 <<<"$out")" 1
new=$(token "$out")
redeem "$new"
ok p admin@portal user ls
like "roles" "$out" "$admin .*admin"
is "keys" "$(db_query "SELECT COUNT(*) FROM user_keys JOIN users
    ON users.id = user_id WHERE users.name = '$admin'")" 2
client nobody
as nobody run_status 255 p "invite:$new@portal"
is "what is not the owner's" "$(strangers)" ''

say "the lost key is let in no longer"
old=$(db_query 'SELECT MIN(id) FROM user_keys')
ok here userkey rm "$old"
is "keys" "$(db_query 'SELECT COUNT(*) FROM user_keys')" 1

say "secrets that it seals are the portal's own"
ok here key create --name=made-here
ok here key setup made-here
ok p direct "$out"
ok here host create --key=made-here --name=web2 \
    "$HOST_USER@127.0.0.1:$SSHD_PORT" --comment='two words'
ok p web2@portal true
ok here key inspect default --decrypt
like "secrets of the portal" "$out" 'BEGIN (OPENSSH )?PRIVATE KEY'
ok here host ls
like "words stay words" "$out" 'web2 .*two words'

say "statuses, and where errors go"
run_status 1 here host rm nosuch
is "output" "$out" ''
is "error" "$err" 'error: no host "nosuch"'
run_status 2 here host nosuch
like "error" "$err" '^error: '
run_status 2 here --nonsense host ls
like "error" "$err" '^sshportal: --nonsense: '
ok here 'host ls --quiet'
is "one word is a line" "$(wc -l <<<"$out")" 2
printf 'version\nhost ls -q\nhost rm nosuch\n' >"$T/lines"
here <"$T/lines" >"$T/piped" 2>"$T/piped.err"
is "status of lines" $? 1
is "what they print" "$(wc -l <"$T/piped")" 3

say "without the portal"
stop_portal || fail "stop"
ok here user invite second@example.org --role=admin,auditor
second=$(token "$out")
ssh-keygen -q -t ecdsa -N '' -C third -f "$T/client/third"
ok here user invite --role admin third@example.org
here userkey create third <"$T/client/third.pub" >"$T/made" ||
    fail "userkey create: $(cat "$T/made")"
like "its id" "$(cat "$T/made")" '^[0-9]+$'
is "what is not the owner's" "$(strangers)" ''
if [ "$DB" = sqlite3 ]; then
	for f in wal shm journal; do
		[ ! -e "$PORTAL_DIR/sshportal.db-$f" ] ||
		    fail "sshportal.db-$f is left"
	done
fi
mkfifo "$T/here.in"
exec 9<>"$T/here.in"
here <"$T/here.in" >"$T/here.out" 2>&1 9>&- &
shell=$!
echo 'user ls' >&9
listed()
{
	grep -q '^Total: 3 users' "$T/here.out"
}
wait_for 10 listed || fail "no list: $(cat "$T/here.out")"
[ "$DB" = mysql ] || [ -e "$PORTAL_DIR/sshportal.db-wal" ] ||
    fail "no WAL while it is open"
is "what is not the owner's meanwhile" "$(strangers)" ''
if [ -n "$IS_ROOT" ]; then
	pid=$(portal_pids admin | grep -vx "$(portal_pids 'admin errands')")
	owner=$(stat -c %u "$PORTAL_DIR")
	is "its uids" "$(sed -n 's/^Uid:[[:space:]]*//p' "/proc/$pid/status" |
	    tr '\t' ' ')" "$owner $owner $owner $owner"
fi
start_portal
echo 'key ls' >&9
echo 'exit' >&9
wait_for 10 is_ended $shell || fail "it does not end"
wait $shell
is "status" $? 0
exec 9>&-
client second
as second redeem "$second"
as second ok p admin@portal user ls
like "roles" "$out" 'second .*admin, ?auditor'
client third
as third ok p admin@portal userkey ls
like "keys" "$out" 'third .*ecdsa-sha2-nistp256 .*SHA256:'
stop_portal || fail "stop"
start_portal
ok p admin@portal version

say "events say who and where"
who=$(id -un)
[ -z "$IS_ROOT" ] || [ "$PORTAL_MODE" != user ] || who="uid $UNPRIVILEGED"
is "authors" "$(db_query "SELECT DISTINCT author_name,
    COALESCE(author_id, 0), source FROM events WHERE entity IN ('made-here', 'web2', 'second')
    AND action IN ('create', 'invite')")" "$who (local)|0|local"
ok p admin@portal event ls
like "event ls" "$out" "$who \(local\) .*user +invite +third"
unlike "tokens" "$(db_query 'SELECT args FROM events')" "$second"
all_sealed()
{
	[ "$(db_query 'SELECT COUNT(*) FROM events
	    WHERE seal_no IS NULL')" -eq 0 ]
}
wait_for 15 all_sealed || fail "events of it are not sealed"
ok as_starter verify "${DB_FLAGS[@]}"

say "at a terminal there is a prompt"
set_starter
$PYTHON "$HELPERS/terminal.py" "${STARTER[@]}" TERM=xterm "$BIN" admin \
    "${DB_FLAGS[@]}" <<END || fail "at the terminal"
expect Welcome .*\(local\)
expect config>
send userkey create third\r
expect Paste
send $(ssh-keygen -q -t ed25519 -N '' -f "$T/pasted" && cat "$T/pasted.pub")\r
send \r
expect [0-9]+
expect config>
send userkey rm third\r
expect config>
send userkey ls --quiet\r
expect config>
send exit\r
status 0
END
is "keys of third" "$(db_query "SELECT COUNT(*) FROM user_keys JOIN users
    ON users.id = user_id WHERE users.name = 'third'")" 0
as third run_status 255 p admin@portal version
ok here user ls
like "who has a key" "$out" 'second@example\.org .* active'
ok here userkey rm second
ok here user ls
like "who has none" "$out" 'second@example\.org .* no key'

say "not with another key, not on another database"
(umask 077 && "$BIN" genkey >"$T/other.key")
chown --reference="$PORTAL_DIR" "$T/other.key"
run_status 1 here --master-key="$T/other.key" user ls
like "sentence" "$err" '^sshportal: wrong master key: '
is "output" "$out" ''
run_status 1 as_starter admin --db-conn="$PORTAL_DIR/nowhere.db" user ls
like "sentence" "$err" '^sshportal: .*nowhere\.db: .*--db-conn'
[ ! -e "$PORTAL_DIR/nowhere.db" ] || fail "it made a database"
run_status 1 as_starter verify --db-conn="$PORTAL_DIR/nowhere.db"
like "sentence of verify" "$err" '^sshportal: .*nowhere\.db: .*--db-conn'

say "not for somebody else"
[ -n "$IS_ROOT" ] || exit 0
own="SELECT COUNT(*) FROM events WHERE domain <> 'login'"
before=$(db_query "$own")
run_status 1 setpriv --reuid=20419 --regid=20419 --clear-groups \
    env -i "$BIN" admin "${DB_FLAGS[@]}" user invite evil@example.org
if [ "$DB" = sqlite3 ]; then
	like "sentence" "$err" \
	    '^sshportal: the database .* belongs to .*, or root$'
else
	like "sentence" "$err" \
	    '^sshportal: master key file .*: Permission denied$'
fi
is "events" "$(db_query "$own")" "$before"
is "users" "$(db_query "SELECT COUNT(*) FROM users
    WHERE name = 'evil'")" 0
is "what is not the owner's" "$(strangers)" ''
