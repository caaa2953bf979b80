#!/bin/bash
# SPDX-License-Identifier: ISC
#
# What bulk takes of memory is given back while the connection goes on.

. "$TOP/regress/lib.sh"
need_walls "it keeps freed memory for a while"
tid "memory after bulk"
need_root "others' memory"
built_with ssh_release_memory || skip "libssh keeps its buffers"

ready_portal
admin=$(first_admin)
ok p -M -S "$T/mux" -o ControlPersist=600 -fN web1@portal
is "a command" "$(p -S "$T/mux" web1@portal echo first)" first
session_pids "$admin web1"

# KiB that this child alone holds.
held()
{
	awk '/^Private_Dirty:/ { print $2 }' "/proc/$CHILD/smaps_rollup"
}

# The size of the relay's buffer and of all that libssh lets grow is more.
has_given_back()
{
	[ "$(held)" -le $((before + 128)) ]
}

before=$(held)
is "bytes down" "$(p -S "$T/mux" web1@portal \
    'head -c 50000000 /dev/zero' | wc -c)" 50000000
is "bytes up" "$(head -c 50000000 /dev/zero |
    p -S "$T/mux" web1@portal 'wc -c')" 50000000
wait_for 20 has_given_back ||
    fail "it held $before KiB and holds $(held) after the transfers"
echo "before $before KiB, after $(held) KiB"
is "and on" "$(p -S "$T/mux" web1@portal echo last)" last
