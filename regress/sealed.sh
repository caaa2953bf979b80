#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Secrets at rest belong to their place: one that was moved or edited in the
# database does not open.
# db: sqlite3 mysql

. "$TOP/regress/lib.sh"
each_mode
tid "sealed secrets that were moved or edited"

ready_portal
admin key create --name=other
add_host web2 --key=other
admin host create "bart:secret-one@127.0.0.1:1" --name=pw1
admin host create "bart:secret-two@127.0.0.1:1" --name=pw2
ok p web1@portal true

sealed()
{
	db_query "SELECT priv_sealed FROM private_keys WHERE name = '$1'"
}
put()
{
	db_query "UPDATE private_keys SET priv_sealed = '$2'
	    WHERE name = '$1'"
}

default=$(sealed default)
other=$(sealed other)
like "form" "$default" '^\$1\$[0-9a-f]{16}\$[A-Za-z0-9+/=]+$'
[ "$default" != "$other" ] || fail "two keys look the same"

cannot_be_read()
{
	refused "$1" '^sshportal: .*key.*web1' p web1@portal true
	ok p admin@portal version
}

say "of another row"
put default "$other"
cannot_be_read "another key's"

say "edited, cut, emptied"
flip=A
[ "${default:40:1}" != A ] || flip=B
put default "${default:0:40}$flip${default:41}"
cannot_be_read "edited"
put default "${default:0:60}"
cannot_be_read "cut"
put default "nonsense"
cannot_be_read "nonsense"

say "clear text is not taken for a secret"
ssh-keygen -q -t ed25519 -N '' -f "$T/planted"
put default "$(cat "$T/planted")"
cannot_be_read "in clear"
put default "$default"
ok p web1@portal true

say "a password of another row"
db_query "UPDATE hosts SET password_sealed = (SELECT password_sealed FROM
    (SELECT password_sealed FROM hosts WHERE name = 'pw1') x)
    WHERE name = 'pw2'"
# the host is not there at all, so that only the secret can be the reason
refused "another's password" '^sshportal: ' p pw2@portal true

say "the portal's own key: no start without it"
stop_portal || fail "stop"
host=$(sealed host)
put host "$default"
db_flags
launch_portal --bind-address="127.0.0.1:$PORTAL_PORT" "${DB_FLAGS[@]}"
gave_up()
{
	is_ended "$PORTAL_PID" || log_has 'host key|key.*host'
}
wait_for 20 gave_up || fail "not a word: $(portal_log)"
run timeout --foreground 10 ssh -F "$(conf)" admin@portal version
[ "$status" -ne 0 ] || fail "it serves with a damaged host key"
stop_portal || fail "stop"
put host "$host"
start_portal
ok p web1@portal true
