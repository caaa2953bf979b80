#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Security keys, of both types, with a key in software in the place of a device:
# the whole way from ssh-keygen to the login. One that nobody touched is no good.
# check

. "$TOP/regress/interop/lib.sh"
tid "keys: security keys"
[ -x /usr/lib/openssh/ssh-sk-helper ] || skip "no ssh-sk-helper"
ok cc -shared -fPIC -o "$T/provider.so" "$INTEROP/sk_provider.c" -lcrypto
export SSH_SK_PROVIDER=$T/provider.so
p()
{
	timeout --foreground 60 ssh -F "$(conf)" \
	    -o SecurityKeyProvider="$SSH_SK_PROVIDER" "$@"
}

row_ready
for type in ed25519-sk ecdsa-sk; do
	say "$type"
	client "$type" "$type"
	invite "$type"
	as "$type" ok p "$LOGIN@portal" echo "by $type"
	is "output" "$out" "by $type"
	wait_for 10 log_has "Accepted publickey for .* ${type^^} " ||
	    fail "the log does not name ${type^^}"

	say "$type, for which no touch is asked"
	ok ssh-keygen -q -t "$type" -O no-touch-required -N '' \
	    -f "$T/client/untouched-$type"
	as admin p admin@portal userkey create "$type" \
	    <"$T/client/untouched-$type.pub" >"$T/create.out" 2>&1 ||
	    fail "userkey create: $(cat "$T/create.out")"
	client "untouched-$type"
	as "untouched-$type" run_status 255 p "$LOGIN@portal" true
	like "refusal" "$err" 'Permission denied'
	wait_for 10 log_has 'bad signature' || fail "it is not logged"
done
