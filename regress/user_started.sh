#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Started by an ordinary user, by root, and by root in root's own directory
# (a fresh clone): what is warned of, and what holds all the same.

. "$TOP/regress/lib.sh"
tid "who starts it"

status_of()
{
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" | tr -s '\t ' ' '
}

warnings()
{
	portal_log | grep -ciE 'not started by root|belongs to root'
}

# begin MODE: a portal of its own, used a little.
begin()
{
	PORTAL_DIR=$T/$1
	PORTAL_PORT=
	rm -f "$T/client/known_hosts"	# another portal
	start_portal "$1"
	client "$1"
	as "$1" redeem
	as "$1" ok p admin@portal key setup default
	ok ssh -F "$(as "$1" conf)" direct "$out"
	as "$1" ok p admin@portal host create \
	    "$HOST_USER@127.0.0.1:$SSHD_PORT" --name=web1
	as "$1" run_status 3 p web1@portal 'echo in; exit 3'
	is "output" "$out" in
	for pid in $(portal_pids child); do
		[ -n "${SANITIZED-}" ] || is "seccomp of a child" "$(status_of "$pid" Seccomp)" 2
		is "its no_new_privs" "$(status_of "$pid" NoNewPrivs)" 1
		is "its capabilities" "$(status_of "$pid" CapEff)" \
		    0000000000000000
	done
}

start_sshd

say "an ordinary user"
begin user
is "warnings" "$(warnings)" 1
stop_portal || fail "stop"

[ -n "$IS_ROOT" ] || exit 0
say "root, in the directory of another"
begin root
is "warnings ($(portal_log))" "$(warnings)" 0
stop_portal || fail "stop"

say "root, in root's own directory"
begin rootdir
is "warnings" "$(warnings)" 1
for pid in $(portal_pids monitor) $(portal_pids keeper); do
	is "uid of a monitor" "$(status_of "$pid" Uid)" "0 0 0 0"
	is "its capabilities (CAP_DAC_OVERRIDE)" "$(status_of "$pid" CapEff)" \
	    0000000000000002
done
for pid in $(portal_pids child); do
	[ "$(status_of "$pid" Uid | cut -d' ' -f1)" -gt 1000 ] ||
	    fail "a child is uid $(status_of "$pid" Uid)"
done
stop_portal || fail "stop"
