#!/bin/bash
# SPDX-License-Identifier: ISC
#
# A client with several keys gets in with the right one wherever it stands.

. "$TOP/regress/lib.sh"
each_mode
tid "the right key among many in the agent"

ready_portal

for i in 1 2 3 4 5; do
	ssh-keygen -q -t ed25519 -N '' -f "$T/wrong$i"
done
start_agent "$T/agent"
export SSH_AUTH_SOCK=$T/agent
agent_client agent "$T/agent"

for position in 1 2 3 4 5 6; do
	say "the right key is number $position of 6"
	ok ssh-add -q -D
	n=0
	for i in 1 2 3 4 5 6; do
		if [ $i -eq $position ]; then
			ok ssh-add -q "$T/client/admin"
		else
			n=$((n + 1))
			ok ssh-add -q "$T/wrong$n"
		fi
	done
	as agent ok p web1@portal echo in
	is "output" "$out" in
done

say "the last of 20"
ok ssh-add -q -D
for i in $(seq 6 19); do
	ssh-keygen -q -t ed25519 -N '' -f "$T/wrong$i"
done
for i in $(seq 19); do
	ok ssh-add -q "$T/wrong$i"
done
ok ssh-add -q "$T/client/admin"
as agent ok p web1@portal echo in
is "output" "$out" in

say "keys of all types"
for type in rsa:2048 rsa:3072 ecdsa:256 ecdsa:384 ecdsa:521; do
	name=${type/:/-}
	ssh-keygen -q -t "${type%:*}" -b "${type#*:}" -N '' -C "$name" \
	    -f "$T/client/$name"
	invite "$name"
	as "$name" ok p web1@portal echo "$name"
	is "output" "$out" "$name"
done

say "none of the keys"
ok ssh-add -q -D
for i in 1 2 3 4 5; do
	ok ssh-add -q "$T/wrong$i"
done
as agent run_status 255 p web1@portal true
like "error" "$err" 'Permission denied \(publickey\)'
