#!/bin/bash
# SPDX-License-Identifier: ISC
#
# A host's key is learnt on first use and holds for all users from then on.
# db: sqlite3 mysql

. "$TOP/regress/lib.sh"
each_mode
tid "host keys are learnt once and pinned"

ready_portal
invite bob

pinned()
{
	db_query "SELECT host_key_type, COALESCE(HEX(host_key), '')
	    FROM hosts WHERE name = 'web1'"
}

is "before the first login" "$(pinned | tr -d '|')" ''
as bob ok p web1@portal true
first=$(pinned)
wanted=$(cut -d' ' -f2 "$T/host/hostkey_ed25519.pub" | base64 -d |
    od -An -tx1 -v | tr -d ' \n')
is "what was learnt" "${first,,}" "ssh-ed25519|$wanted"

say "it is the same for the next user and after a restart"
ok p web1@portal true
stop_portal || fail "stop"
start_portal
ok p web1@portal true
is "pinned" "$(pinned)" "$first"

say "a host with more keys than before shows the one that is pinned"
end_process "$SSHD_PID"
ssh-keygen -q -t ecdsa -N '' -f "$T/host/hostkey_ecdsa"
ssh-keygen -q -t rsa -b 3072 -N '' -f "$T/host/hostkey_a_rsa"
SSHD_PORT_WANTED=$SSHD_PORT start_sshd
ok p web1@portal true
is "pinned" "$(pinned)" "$first"

say "every kind of host key"
for kind in ecdsa a_rsa; do
	end_process "$SSHD_PID"
	mkdir "$T/host/away"
	mv "$T"/host/hostkey_* "$T/host/away"
	mv "$T/host/away/hostkey_$kind"* "$T/host"
	SSHD_PORT_WANTED=$SSHD_PORT start_sshd
	add_host "kind-$kind"
	ok p "kind-$kind@portal" echo in
	is "output" "$out" in
	refused "$kind where another is pinned" '^sshportal: .*web1' \
	    p web1@portal true
	mv "$T"/host/away/* "$T/host"
	rmdir "$T/host/away"
done

say "a changed key is refused to everybody, and not learnt"
end_process "$SSHD_PID"
rm "$T"/host/hostkey_*
SSHD_PORT_WANTED=$SSHD_PORT start_sshd
for who in admin bob; do
	as $who refused "changed" 'key of "web1" has changed' \
	    p web1@portal true
	is "pinned" "$(pinned)" "$first"
done
is "logins there" "$(sshd_logins)" 0

say "a name that is new learns the new key"
add_host web2
ok p web2@portal true
is "logins there" "$(sshd_logins)" 1

say "20 first logins at once learn one key"
add_host web3
pids=()
for i in $(seq 20); do
	p web3@portal "echo $i" </dev/null >"$T/first.$i" 2>&1 &
	pids[i]=$!
done
for i in $(seq 20); do
	wait "${pids[i]}" || fail "login $i: $(cat "$T/first.$i")"
	is "output" "$(cat "$T/first.$i")" "$i"
done
