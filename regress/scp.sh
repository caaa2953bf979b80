#!/bin/bash
# SPDX-License-Identifier: ISC
#
# scp in both of its protocols.

. "$TOP/regress/lib.sh"
each_mode
tid "scp, both protocols"

ready_portal

mkdir -p "$T/tree/a b/deep" "$T/tree/empty"
head -c 300000 /dev/urandom >"$T/tree/random"
: >"$T/tree/nothing"
echo text >"$T/tree/a b/with space"
echo exec >"$T/tree/a b/deep/run"
chmod 750 "$T/tree/a b/deep/run"
touch -d '2001-02-03 04:05:06' "$T/tree/nothing"
mkdir "$T/host/in"

copy()
{
	ok timeout --foreground 60 scp -F "$(conf)" $protocol "$@"
}

for protocol in -O -s; do
	name=scp$protocol
	say "$name: put and get"
	copy "$T/tree/random" "web1@portal:$T/host/in/$name"
	same_file "$T/tree/random" "$T/host/in/$name"
	copy "web1@portal:$T/host/in/$name" "$T/got$name"
	same_file "$T/tree/random" "$T/got$name"

	say "$name: a tree, with times and modes"
	copy -r -p "$T/tree" "web1@portal:$T/host/in/tree$name"
	ok diff -r "$T/tree" "$T/host/in/tree$name"
	copy -r -p "web1@portal:$T/host/in/tree$name" "$T/back$name"
	ok diff -r "$T/tree" "$T/back$name"
	is "mode" "$(stat -c %a "$T/back$name/a b/deep/run")" 750
	is "time" "$(date -r "$T/back$name/nothing" +%Y%m%d%H%M%S)" \
	    20010203040506

	say "$name: errors reach the person"
	run timeout --foreground 60 scp -F "$(conf)" $protocol \
	    "web1@portal:$T/host/in/missing" "$T/never"
	[ "$status" -ne 0 ] || fail "a missing file was copied"
	like "error" "$err" 'No such file'
	[ ! -e "$T/never" ] || fail "a missing file came"
done

say "from one host to another by way of the client"
protocol=-3
copy "web1@portal:$T/host/in/scp-s" "web1@portal:$T/host/in/third"
same_file "$T/tree/random" "$T/host/in/third"
