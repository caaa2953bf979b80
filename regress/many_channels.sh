#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Ten channels of one connection at once, each both ways.

. "$TOP/regress/lib.sh"
each_mode
tid "ten channels at once, both ways"

ready_portal
openssl enc -aes-128-ctr -nosalt -K 00112233445566778899aabbccddeeff \
    -iv 00 -in /dev/zero 2>/dev/null | head -c 20000000 >"$T/data"
sum=$(sha256sum <"$T/data")
ok p -M -S "$T/mux" -o ControlPersist=600 -fN web1@portal

for i in $(seq 10); do
	{
		p -S "$T/mux" web1@portal "cat; echo err $i >&2; exit $i" \
		    <"$T/data" 2>"$T/err.$i" | sha256sum >"$T/sum.$i"
		exit "${PIPESTATUS[0]}"
	} &
	pids[i]=$!
done
for i in $(seq 10); do
	wait "${pids[i]}"
	is "status of channel $i" "$?" "$i"
	is "bytes of channel $i" "$(cat "$T/sum.$i")" "$sum"
	is "errors of channel $i" "$(cat "$T/err.$i")" "err $i"
done

say "one whose output nobody takes does not hold up the others"
mkfifo "$T/fifo"
exec 9<>"$T/fifo"
ssh -F "$(conf)" -S "$T/mux" web1@portal "cat $T/data $T/data" \
    </dev/null >"$T/fifo" &
stuck=$!
for i in $(seq 5); do
	is "bytes beside a stuck channel" "$(p -S "$T/mux" web1@portal cat \
	    <"$T/data" | sha256sum)" "$sum"
done
! is_ended $stuck || fail "the stuck channel ended"
(cat "$T/data" "$T/data") | sha256sum >"$T/sum.twice"
head -c 40000000 <&9 | sha256sum >"$T/sum.stuck"
same_file "$T/sum.twice" "$T/sum.stuck"
wait $stuck || fail "status $? of the stuck channel"
ok p -S "$T/mux" -O exit web1@portal
