#!/bin/bash
# SPDX-License-Identifier: ISC
#
# New keys while bytes flow, asked for by the client and by the host.

. "$TOP/regress/lib.sh"
each_mode
tid "rekeying on either side"

# shellcheck disable=SC2034 # for start_sshd
SSHD_CONFIG="RekeyLimit 4M"
ready_portal
openssl enc -aes-128-ctr -nosalt -K 00112233445566778899aabbccddeeff \
    -iv 00 -in /dev/zero 2>/dev/null | head -c 64000000 >"$T/data"
sum=$(sha256sum <"$T/data")

# transfer WHAT OPTION ...: both ways at once; counts the key exchanges.
transfer()
{
	local what=$1 n

	shift
	say "$what"
	p -v "$@" web1@portal 'cat; exit 17' <"$T/data" 2>"$T/v" |
	    sha256sum >"$T/sum"
	is "status" "${PIPESTATUS[0]}" 17
	is "bytes" "$(cat "$T/sum")" "$sum"
	n=$(grep -c 'SSH2_MSG_NEWKEYS received' "$T/v")
	echo "$n key exchanges on the client's side"
	is_enough "$n" "$wanted"
}

is_enough()
{
	[ "$1" -ge "$2" ] || fail "$1 key exchanges, $2 were to be expected"
}

wanted=1
transfer "the host's alone"
wanted=5
transfer "every 4 MB" -o RekeyLimit=4M
transfer "every 4 MB, another cipher" -o RekeyLimit=4M \
    -c chacha20-poly1305@openssh.com
transfer "every 4 MB, a third" -o RekeyLimit=4M -c aes128-gcm@openssh.com
transfer "every 4 MB, a cipher with a separate MAC" -o RekeyLimit=4M \
    -c aes256-ctr -m hmac-sha2-512

say "by time, on an idle session"
p -v -o RekeyLimit='1G 1' web1@portal \
    'for i in 1 2 3 4; do sleep 1; echo $i; done' >"$T/out" 2>"$T/v" ||
    fail "status $?: $(cat "$T/v")"
is "output" "$(tr '\n' ' ' <"$T/out")" "1 2 3 4 "
is_enough "$(grep -c 'SSH2_MSG_NEWKEYS received' "$T/v")" 2

say "many channels while keys change"
ok p -M -S "$T/mux" -o RekeyLimit=1M -o ControlPersist=60 -fN web1@portal
head -c 8000000 "$T/data" >"$T/part"
sum=$(sha256sum <"$T/part")
for i in 1 2 3 4; do
	p -S "$T/mux" web1@portal cat <"$T/part" | sha256sum >"$T/sum.$i" &
	pids[i]=$!
done
for i in 1 2 3 4; do
	wait "${pids[i]}"
	is "bytes of channel $i" "$(cat "$T/sum.$i")" "$sum"
done
ok p -S "$T/mux" -O exit web1@portal
