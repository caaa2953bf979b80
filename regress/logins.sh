#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Every login is an event, good or bad, and so is what a session does; what is
# tried again and again is counted.
# db: sqlite3 mysql
# cost: 30

. "$TOP/regress/lib.sh"
tid "events of logins and sessions"

ready_portal
admin=$(first_admin)
invite bob
admin hostgroup create --name=secret
add_host dark --group=secret

# happened "COLUMN = ... AND ...": such events, oldest first, a line each.
happened()
{
	db_query "SELECT domain, action, entity, COALESCE(author_name, ''),
	    source, args FROM events WHERE $1 ORDER BY id"
}
# has_happened N CONDITION
has_happened()
{
	[ "$(happened "$2" | wc -l)" -ge "$1" ]
}
# of_session ID: all events of a session, once its end is there.
of_session()
{
	wait_for 10 has_happened 1 "session_id = $1 AND domain = 'session'" ||
	    fail "no end of session $1: $(happened "session_id = $1")"
	# a recording is finished some time later
	happened "session_id = $1 AND domain <> 'recording'" | cut -d'|' -f1-2 | tr '|\n' ' ;'
}
last_session()
{
	db_query 'SELECT MAX(id) FROM sessions'
}

# whose key is learnt with the first
ok p web1@portal true

say "a login to a host, its program, its end: one number"
as bob run p web1@portal 'echo "hi"; exit 7'
is "status" "$status" 7
id=$(last_session)
is "events" "$(of_session "$id")" \
    "login ok;channel open;channel close;session end;"
key=$(ssh-keygen -lf "$T/client/bob" | cut -d' ' -f2 | sed 's|+|[+]|g')
like "login" "$(happened "session_id = $id AND domain = 'login'")" \
    "^login\|ok\|web1\|bob\|127.0.0.1\|\{\"account\":\"$HOST_USER\",\
\"key\":\"$key\",\"client\":\"SSH-2.0-OpenSSH_[^\"]*\"\}\$"
like "open" "$(happened "session_id = $id AND action = 'open'")" \
    '\|web1\|bob\|127.0.0.1\|\{"channel":1,"type":"exec","detail":"echo \\+"hi'
like "close" "$(happened "session_id = $id AND action = 'close'")" \
    '"type":"exec","bytes_in":0,"bytes_out":3,"status":7\}$'
admin event ls --session="$id" --domain=session --quiet
is "event ls" "$(wc -l <<<"$out")" 1
admin event ls --session="$id" --domain=channel --action=open --json
is "who" "$(jq -r '.[] | .Author.Name + " " + .Entity + " " +
    (.SessionID | tostring)' <<<"$out")" "bob web1 $id"

say "a tunnel"
p -W "127.0.0.1:$SSHD_PORT" web1@portal </dev/null >/dev/null 2>&1
id=$(last_session)
is "events" "$(of_session "$id")" \
    "login ok;tunnel open;tunnel close;session end;"
like "where to" "$(happened "session_id = $id AND action = 'open'")" \
    "\"type\":\"forward-local\",\"detail\":\"[^\"]*$SSHD_PORT"

say "what is not allowed"
admin host update web1 --allow=exec
run p -W "127.0.0.1:$SSHD_PORT" web1@portal
is "events" "$(of_session "$(last_session)")" \
    "login ok;tunnel refused;session end;"
admin host update web1 --allow=default,jump
admin acl update "$(db_query 'SELECT id FROM acls')" --allow=default,jump

say "a jump has a session of its own"
run p -J "$admin@portal" -p "$SSHD_PORT" x@127.0.0.1 true
id=$(last_session)
is "events" "$(of_session "$id")" "jump open;jump close;session end;"

say "a host that is not there, and a session that is killed"
admin host create "x@127.0.0.1:1" --name=down
run p down@portal true
id=$(last_session)
is "events" "$(of_session "$id")" "login ok;session end;"
like "why" "$(happened "session_id = $id AND action = 'end'")" \
    '"error":"cannot connect: '
hold_session killed web1
id=$(last_session)
kill -KILL "$(portal_pids "monitor $admin web1")"
age_sessions
is "events" "$(of_session "$id")" "login ok;channel open;session end;"

say "logins to the shell"
as bob ok p bob@portal help
wait_for 10 has_happened 2 "domain = 'login' AND author_name = 'bob'" ||
    fail "no event: $(happened "domain = 'login'")"
like "bob's" "$(happened "domain = 'login' AND author_name = 'bob' AND
    session_id IS NULL")" "^login\|ok\|admin shell\|bob\|127.0.0.1\|\
\{\"login\":\"bob\",\"key\":\"$key\","

say "refused: at once, and then counted until the keeper ends"
refused_now()
{
	happened "domain = 'login' AND action = 'refused'"
}
client stranger
as stranger run p web1@portal true
wait_for 10 has_happened 1 "action = 'refused' AND entity = 'web1' AND
    domain = 'login'" || fail "no event: $(refused_now)"
is "event" "$(refused_now)" \
    'login|refused|web1||127.0.0.1|{"why":"no key that is known here"}'
as bob run p dark@portal true
wait_for 10 has_happened 2 "action = 'refused' AND domain = 'login'" ||
    fail "no event: $(refused_now)"
like "not granted" "$(refused_now | tail -n 1)" \
    '^login\|refused\|dark\|bob\|127.0.0.1\|\{"why":"no host '
admin user update bob --disable
for ((i = 0; i < 40; i++)); do
	as stranger p "user$i@portal" true 2>/dev/null &
	[ $((i % 8)) -ne 7 ] || wait $!
done
for a in 2 3; do
	as bob run p -b "127.0.0.$a" web1@portal true
	as bob run p -b "127.0.0.$a" web1@portal true
done
wait_for 20 has_happened 4 "action = 'refused' AND domain = 'login'" ||
    fail "no event: $(refused_now)"
is "so far" "$(refused_now | wc -l)" 4
like "disabled" "$(refused_now | tail -n 1)" \
    '^login\|refused\|web1\|\|127.0.0.3\|\{"why":"user bob: .*disabled'
wait_for 20 eval '[ -z "$(portal_pids "monitor \[")" ]' ||
    fail "logins go on"
stop_portal
is "in the end" "$(refused_now | wc -l)" 7
like "counted" "$(refused_now)" '\|127.0.0.1\|\{"why":"no key that is known '\
'here","count":40,"since":"2[^"]*Z"\}'

say "all are sealed, also after a start"
start_portal
all_sealed()
{
	[ "$(db_query 'SELECT COUNT(*) FROM events
	    WHERE seal_no IS NULL OR seal IS NULL')" -eq 0 ]
}
wait_for 20 all_sealed || fail "unsealed events"
db_flags
run_status 0 as_starter verify "${DB_FLAGS[@]}"
