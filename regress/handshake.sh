#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Logins do not wait for delayed acknowledgements: through the portal one is
# faster than without it, where both sides are stock OpenSSH.
# alone

. "$TOP/regress/lib.sh"
tid "handshakes without stalls"

# shellcheck disable=SC2034 # for start_sshd
SSHD_CONFIG="KexAlgorithms curve25519-sha256"
ready_portal
ok p direct true

once()
{
	local start

	start=$EPOCHREALTIME
	p -o KexAlgorithms=curve25519-sha256 "$1" true </dev/null ||
	    fail "login: status $?"
	echo $(((${EPOCHREALTIME/[.,]/} - ${start/[.,]/}) / 10))
}

median()
{
	sort -n "$1" | sed -n '11p'
}

for i in $(seq 21); do
	once direct >>"$T/direct"
	once web1@portal >>"$T/through"
done
direct=$(median "$T/direct")
through=$(median "$T/through")
ratio=$((through * 100 / direct))
echo "direct $((direct / 100)) ms, through the portal $((through / 100)) ms:" \
    "0.$(printf %02d $ratio)"
[ $ratio -le 90 ] || fail "a login takes $ratio % of a direct one"
