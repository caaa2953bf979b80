#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The banner: everybody reads it before the login, a health check apart; a file
# that does not do is refused in words.

. "$TOP/regress/lib.sh"
each_mode
tid "a banner before the login"

portal_config <<'END'
banner: banner.txt
END
banner=$PORTAL_DIR/banner.txt

# The start must fail, with one line that says this.
bad_start()
{
	run as_starter server "${DB_FLAGS[@]}" \
	    --bind-address="127.0.0.1:$PORTAL_PORT"
	[ "$status" -eq 1 ] || fail "status $status: $err"
	is "lines" "$(grep -c . <<<"$err")" 1
	like "the error" "$err" "^sshportal: banner: $banner: $1"
}

say "what cannot be a banner ends the start"
PORTAL_PORT=$(free_port)
db_flags
bad_start 'No such file'
mkdir "$banner"
bad_start 'is not a file'
rmdir "$banner"
mkfifo -m 644 "$banner"
bad_start 'is not a file'
rm "$banner"
printf 'one\ntwo \033[2J\n' >"$banner"
bad_start 'line 2 is not text'
printf 'one\n\ntw\303o\n' >"$banner"
bad_start 'line 3 is not text'
printf 'a\rb\n' >"$banner"
bad_start 'line 1 is not text'
{
	head -c 16384 /dev/zero | tr '\0' x
	echo y
} >"$banner"
bad_start 'is longer than 16384 bytes'
head -c 9000 /dev/zero | tr '\0' '\n' >"$banner"
bad_start 'is longer than 16384 bytes'

say "everybody reads it, once, before anything else"
# lines of either kind, tabs, characters of several bytes, none at the end
printf 'Only for staff.\r\n\n\tGr\303\274\303\237e \342\202\254' >"$banner"
sed 's/\r$//' "$banner" >"$T/wanted"
echo >>"$T/wanted"
shown()
{
	tr -d '\r' <"$T/run.err" | cmp - "$T/wanted" ||
	    fail "$1: $(cat -A "$T/run.err")"
}
ready_portal
ok p web1@portal 'echo out'
shown "one who has a key"
is "output" "$out" out
ok p admin@portal version
shown "the admin shell"
client stranger
as stranger run p web1@portal true
[ "$status" -eq 255 ] || fail "a stranger: status $status"
like "a stranger" "$(tr -d '\r' <"$T/run.err")" "^$(cat "$T/wanted")
[^
]*Permission denied"
run p -o PubkeyAuthentication=no web1@portal true
like "one without a key" "$err" '^Only for staff\.'
as stranger run p invite:nonsense@portal
like "an invite that will not do" "$err" \
    'Only for staff\..*sshportal: this invite is not valid'
is "banners" "$(grep -c 'Only for staff' <<<"$err")" 1

say "a health check reads OK and nothing else"
for option in PubkeyAuthentication=yes PubkeyAuthentication=no; do
	ok p -T -o $option healthcheck@portal
	is "answer" "$out$err" OK
done

say "bytes of programs stay what they are"
head -c 300000 /dev/urandom >"$T/data"
p web1@portal cat <"$T/data" >"$T/copy" 2>/dev/null ||
    fail "status $? of cat"
same_file "$T/data" "$T/copy"

say "a reload reads it anew"
echo 'Second edition.' >"$banner"
cp "$banner" "$T/wanted"
kill -HUP "$PORTAL_PID"
second()
{
	p web1@portal true </dev/null 2>&1 | grep -q 'Second edition'
}
wait_for 20 second || fail "the old banner after a reload"
ok p web1@portal true
shown "after a reload"

say "and goes on with the old one when the new does not do"
rm "$banner"
kill -HUP "$PORTAL_PID"
wait_for 20 log_has 'reload refused' || fail "the reload was not refused"
log_has "reload refused.*: banner: $banner: No such file" ||
    fail "not a word why"
ok p web1@portal true
shown "after a reload that was refused"

say "nor is any other command kept from its work"
ok as_starter verify "${DB_FLAGS[@]}"
ok as_starter admin "${DB_FLAGS[@]}" version

say "an empty file, and none"
: >"$banner"
kill -HUP "$PORTAL_PID"
silent()
{
	run p web1@portal true
	[ "$status" -eq 0 ] || fail "status $status"
	[ "$err" = '' ]
}
wait_for 20 silent || fail "words of an empty file: $err"
