#!/bin/bash
# SPDX-License-Identifier: ISC
#
# A gibibyte up and down through exec, sftp and scp, not a bit other than it
# was, while a second channel of the same connection echoes.
# timeout: 900
# cost: 150

. "$TOP/regress/lib.sh"
tid "1 GiB each way, three ways, beside an echo"

SIZE=$((1 << 30))
ready_portal

# cheap to make, dear to compress, and no two blocks alike
openssl enc -aes-128-ctr -nosalt -K 00112233445566778899aabbccddeeff \
    -iv 00 -in /dev/zero 2>/dev/null | head -c "$SIZE" >"$T/big"
sum=$(sha256sum <"$T/big")

ok p -M -S "$T/mux" -o ControlPersist=600 -fN web1@portal
export P_SECONDS=200

echo_starts()
{
	$PYTHON "$HELPERS/echo.py" "$T/stop" ssh -F "$(conf)" -S "$T/mux" \
	    web1@portal cat >"$T/echo.out" 2>&1 &
	ECHO=$!
}

# During what was just done at least so many bytes came back, and all right.
echo_ends()
{
	: >"$T/stop"
	wait $ECHO || fail "echo beside $1: $(cat "$T/echo.out")"
	rm "$T/stop"
	echo "$1: $(cat "$T/echo.out")"
}

is_sum()
{
	is "sha256 of $1" "$2" "$sum"
}

echo_starts
is_sum "exec down" "$(p -S "$T/mux" web1@portal "cat $T/big" | sha256sum)"
echo_ends "exec down"
echo_starts
is_sum "exec up" "$(p -S "$T/mux" web1@portal sha256sum <"$T/big")"
echo_ends "exec up"

echo_starts
ok timeout --foreground 200 scp -O -F "$(conf)" -o ControlPath="$T/mux" \
    "web1@portal:$T/big" "$T/got"
echo_ends "scp down"
is_sum "scp down" "$(sha256sum <"$T/got")"
echo_starts
ok timeout --foreground 200 scp -O -F "$(conf)" -o ControlPath="$T/mux" \
    "$T/got" "web1@portal:$T/host/put"
echo_ends "scp up"
is_sum "scp up" "$(sha256sum <"$T/host/put")"
rm "$T/got" "$T/host/put"

echo_starts
printf 'get %s %s\nput %s %s\n' "$T/big" "$T/got" "$T/big" "$T/host/put" |
    timeout --foreground 400 sftp -F "$(conf)" -o ControlPath="$T/mux" \
    -b - web1@portal >"$T/sftp.out" 2>&1 || fail "sftp: $(cat "$T/sftp.out")"
echo_ends "sftp both ways"
is_sum "sftp down" "$(sha256sum <"$T/got")"
is_sum "sftp up" "$(sha256sum <"$T/host/put")"
is "connections to the host" "$(sshd_logins)" 2	# one was ours, direct
ok p -S "$T/mux" -O exit web1@portal
