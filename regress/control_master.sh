#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Many sessions over one connection of the client, one connection to the host
# for them all, and no exit status lost.

. "$TOP/regress/lib.sh"
each_mode
tid "sessions over one ControlMaster connection"

ready_portal

mux()
{
	p -S "$T/mux" "$@"
}

terminal=-tt
host_has_ptys || terminal=-T
before=$(sshd_logins)
ok p -M -S "$T/mux" -o ControlPersist=120 -fN web1@portal

say "one after the other"
for i in $(seq 100); do
	run mux web1@portal "echo $i; echo e$i >&2; exit $i"
	is "status $i" "$status" "$i"
	is "output $i" "$out $err" "$i e$i"
done

say "at the same time"
for round in 1 2 3; do
	pids=()
	for i in $(seq 9); do
		mux web1@portal "echo $i; sleep 0.2; exit $((i * 10 + round))" \
		    </dev/null >"$T/out.$i" 2>&1 &
		pids+=($!)
	done
	for i in $(seq 9); do
		wait "${pids[i - 1]}"
		is "status of session $i" "$?" $((i * 10 + round))
		is "output of session $i" "$(cat "$T/out.$i")" "$i"
	done
done

say "scp, sftp and a terminal beside each other"
head -c 5000000 /dev/urandom >"$T/file"
for i in 1 2 3; do
	scp -q -F "$(conf)" -o ControlPath="$T/mux" "$T/file" \
	    "web1@portal:$T/host/copy$i" &
	pids[i]=$!
done
run_status 12 mux $terminal web1@portal 'exit 12'
for i in 1 2 3; do
	wait "${pids[i]}" || fail "scp $i: status $?"
	same_file "$T/file" "$T/host/copy$i"
done

say "a session that is killed takes no other with it"
mkfifo "$T/fifo"
exec 9<>"$T/fifo"
ssh -F "$(conf)" -S "$T/mux" web1@portal 'echo started; cat' \
    <"$T/fifo" >"$T/victim" 9>&- &
victim=$!
wait_for 10 grep -q started "$T/victim" || fail "no session to kill"
mux web1@portal 'sleep 1; echo survivor; exit 21' >"$T/survivor" &
survivor=$!
end_process $victim KILL
wait $survivor
is "status of the survivor" "$?" 21
is "output of the survivor" "$(cat "$T/survivor")" survivor

is "connections to the host" $(($(sshd_logins) - before)) 1
ok mux -O exit web1@portal
