#!/bin/bash
# SPDX-License-Identifier: ISC
#
# New keys by size and by time, asked for by both sides, while ten channels
# carry bytes both ways and some of them are read slowly, at odd lengths.
# cost: 60

. "$TOP/regress/lib.sh"
each_mode
tid "rekeying beside slow readers"

# shellcheck disable=SC2034 # for start_sshd
SSHD_CONFIG="LogLevel DEBUG
RekeyLimit 1M 1"
ready_portal
openssl enc -aes-128-ctr -nosalt -K 00112233445566778899aabbccddeeff \
    -iv 00 -in /dev/zero 2>/dev/null | head -c 6000000 >"$T/data"
sum=$(sha256sum <"$T/data")

# Reads a little, and a little later more.
slowly()
{
	$PYTHON -c 'import os, sys, time
n = 1
while data := os.read(0, n % 30000 + 1):
    sys.stdout.buffer.write(data)
    n += 7919
    time.sleep(0.002)'
}

# channel I: up and down at once; each third is read slowly.
channel()
{
	local reader=cat

	[ $(($1 % 3)) -ne 0 ] || reader=slowly
	p -S "$T/mux" web1@portal "cat; exit $1" <"$T/data" | $reader |
	    sha256sum >"$T/sum.$1"
	exit "${PIPESTATUS[0]}"
}

exchanges()
{
	grep -c 'SSH2_MSG_NEWKEYS received' "$1"
}

for limit in '1M' 'default 1' '1M 1'; do
	say "RekeyLimit of the client: $limit"
	before=$(exchanges "$T/host/sshd.log")
	ssh -F "$(conf)" -v -E "$T/v" -M -S "$T/mux" \
	    -o RekeyLimit="$limit" -N web1@portal </dev/null &
	master=$!
	wait_for 20 p -S "$T/mux" -O check web1@portal 2>/dev/null ||
	    fail "no master: $(cat "$T/v")"
	for i in $(seq 10); do
		channel "$i" &
		pids[i]=$!
	done
	for i in $(seq 10); do
		wait "${pids[i]}"
		is "status of channel $i" $? "$i"
		is "bytes of channel $i" "$(cat "$T/sum.$i")" "$sum"
	done
	n=$(exchanges "$T/v")
	[ "$n" -ge 2 ] || fail "$n key exchanges of the client"
	echo "$n key exchanges of the client"
	n=$(($(exchanges "$T/host/sshd.log") - before))
	[ "$n" -ge 20 ] || fail "$n key exchanges of the host"
	echo "$n key exchanges of the host"
	end_process $master
	rm -f "$T/v"
done
unlike "the log" "$(portal_log)" 'gate: |broke the protocol'
