#!/bin/bash
# SPDX-License-Identifier: ISC
#
# No secret is in the memory of a child, nor in the daemon's, after 100
# sessions.
# db: sqlite3 mysql

. "$TOP/regress/lib.sh"
need_walls "it keeps freed memory for a while"
each_mode
tid "no secret in a child's memory"
need_root "others' memory"

ready_portal
admin=$(first_admin)
password=password-of-a-host-$RANDOM$RANDOM
start_odd_host passwordhost bart "$password"
admin host create "bart:$password@127.0.0.1:$ODD_PORT" --name=pw1
admin key create --name=rsa --type=rsa --length=2048
admin key setup rsa
ok p direct "$out"
add_host web2 --key=rsa

say "what is looked for"
if [ "$DB" = mysql ]; then
	master=$PORTAL_DIR/master.key
else
	master=$PORTAL_DIR/sshportal.db.key
fi
{
	for key in host default rsa; do
		run p admin@portal key inspect "$key" --decrypt
		[ "$status" -eq 0 ] || continue
		echo "$out" | jq -r '.[].PrivKey' >"$T/$key.pem"
		echo "pem $key $T/$key.pem"
	done
	echo "master master $master"
	echo "text host-password $password"
	[ "$DB" != mysql ] || echo "text db-password $MARIADB_PASSWORD"
} >"$T/secrets"
cat "$T/secrets"
is "private keys at hand" "$(grep -c ^pem "$T/secrets")" 3

say "100 sessions"
for i in $(seq 12); do
	pids=()
	for login in web1 web1 web1 web1 web2 web2 web2 pw1 pw1 admin; do
		command=true
		[ $login != admin ] || command=version
		p $login@portal $command </dev/null \
		    >"$T/out.${#pids[@]}" 2>&1 &
		pids+=($!)
	done
	for j in "${!pids[@]}"; do
		wait "${pids[j]}" ||
		    fail "session $i.$j: status $?: $(cat "$T/out.$j")"
	done
done
wait_for 10 sessions_are 0 || fail "sessions are left"

say "children of live sessions, and spares"
hold_session web1 web1
hold_session web2 web2
ssh -F "$(conf)" pw1@portal 'sleep 300' </dev/null >"$T/pw1.out" 2>&1 &
held=$!
sleeps()
{
	our_processes | xargs -r ps -o args= -p | grep -q '^sleep 300'
}
wait_for 20 sleeps || fail "no session on pw1: $(cat "$T/pw1.out")"
ok p -M -S "$T/mux" -o ControlPersist=100 -fN admin@portal
scan()
{
	$PYTHON "$HELPERS/memscan.py" "$T/secrets" "$@"
}
children=$(portal_pids child)
[ "$(wc -w <<<"$children")" -ge 5 ] || fail "children: $children"
# shellcheck disable=SC2086 # lists of process ids
ok scan $children
echo "$out"
say "the daemon"
ok scan "$PORTAL_PID"
echo "$out"

say "the scanner finds what is there"
run scan "$(portal_pids keeper)"
is "status for the keeper" "$status" 1
like "what it has" "$out" 'master'
session_pids "$admin web1"
echo "public host-key $T/client/known_hosts" >"$T/secrets"
run scan "$CHILD"
is "status for a public key in a child" "$status" 1
end_process $held
not_sleeping()
{
	! sleeps
}
wait_for 10 not_sleeping || fail "the session on pw1 goes on"
ok p -S "$T/mux" -O exit admin@portal
