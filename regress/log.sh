#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The log's lines and their fields, as text and as JSON: one number through all
# lines of a session, whichever process has them.
# cost: 20

. "$TOP/regress/lib.sh"
tid "the log"

ready_portal '' --log-level=verbose --max-channels=1
address=127.0.0.1

last_session()
{
	db_query 'SELECT MAX(id) FROM sessions'
}

say "text: what is about a session says so at its end"
forward=$(free_port)
hold_session one web1 -L "$forward:127.0.0.1:1"
port_answers "$forward"
id=$(last_session)
ok p web1@portal true
other=$(last_session)
[ "$other" -gt "$id" ] || fail "the second session is number $other"
kill -KILL "$(portal_pids "monitor $(first_admin) web1")"
age_sessions
wait_for 30 session_closed "$id" || fail "the row stays open"
name="sshportal\[[0-9]+\]:"
wait_for 10 log_has "^$name keeper: session $id closed: .* session=$id\$" ||
    fail "nothing of the keeper's"
log_has "^$name session $id: user .* to host web1 .* session=$id\$" ||
    fail "nothing of its monitor's"
log_has "^$name child: channel refused: .* session=$id\$" ||
    fail "nothing of a child's"
log_has "^$name session $other: closed.* session=$other\$" ||
    fail "nothing of the other's end"

say "and lines before there is one are as sshd's"
log_has "^$name Accepted publickey for \S+ from $address port [0-9]+ ssh2: \
ED25519 SHA256:\S+\$" || fail "no login"
client stranger
as stranger run p web1@portal true
log_has "^$name Failed publickey for web1 from $address port [0-9]+ ssh2: \
ED25519 SHA256:\S+\$" || fail "no failed login"
log_has "^$name Connection closed by invalid user web1 $address port [0-9]+ \
\[preauth\]\$" || fail "no end of it"

say "JSON: an object a line"
stop_portal
start_portal '' --log-format=json --log-level=verbose
ok p web1@portal true
id=$(last_session)
as stranger run p evil@portal true
admin host update web1 --allow=default,jump
admin acl update "$(db_query 'SELECT id FROM acls')" --allow=default,jump
run p -J "$(first_admin)@portal" -p "$SSHD_PORT" x@127.0.0.1 true
jump=$(last_session)
stop_portal
portal_log >"$T/lines"
[ "$(wc -l <"$T/lines")" -gt 10 ] || fail "few lines: $(cat "$T/lines")"
ok jq -e -s 'all(.[]; (.time | test("^2[0-9-]{9}T[0-9:]{8}\\.[0-9]{3}Z$")) and
    (.level | IN("error", "info", "verbose", "debug")) and
    (.process | length > 0) and (.pid | type == "number") and
    (.message | type == "string"))' "$T/lines"
# lines FILTER: the messages of those lines
lines()
{
	jq -r "select($1) | .message" "$T/lines"
}
like "the session" "$(lines ".session == $id and .process == \"monitor\" and
    .user == \"$(first_admin)\" and .host == \"web1\" and
    .source == \"$address\"")" "session $id: user .*session $id: closed"
like "the jump" "$(lines ".session == $jump and
    .user == \"$(first_admin)\" and .host == \"web1\"")" \
    "session $jump: user .* jumps to host web1 .*session $jump: closed"
like "the login" "$(lines ".user == \"$(first_admin)\"")" \
    'Accepted publickey'
like "the failure" "$(lines '.user == null and .level == "info" and
    .source != null')" 'Failed publickey for evil'
like "the daemon" "$(lines '.process == "daemon" and .source == null')" ready

say "what json and text are, and nothing else"
run_status 2 as_starter server --check --log-format=xml "${DB_FLAGS[@]}"
like "the complaint" "$err" 'log-format.*"xml" is not text or json'
