#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Who is recorded reads so, on a terminal and nowhere else.

. "$TOP/regress/lib.sh"
each_mode
tid "a notice of the recording"

ready_portal
host_has_ptys || skip "needs root: sshd cannot hand out terminals"
add_host web2 --logging=disabled
notice='sshportal: this session is recorded'

# Recordings, newest last.
recordings()
{
	find "$PORTAL_DIR" -name '*.ttyrec*' -printf '%T@ %p\n' | sort -n |
	    cut -d' ' -f2
}

say "before all that the host says"
$PYTHON "$HELPERS/terminal.py" ssh -F "$(conf)" web1@portal <<'END' ||
expect ^sshportal: this session is recorded\r\n.*host>
send exit 3\r
status 3
END
    fail "no notice in a shell"
$PYTHON "$HELPERS/terminal.py" ssh -t -F "$(conf)" web1@portal \
    'echo hosts own words' <<'END' || fail "no notice before a command"
expect ^sshportal: this session is recorded\r\nhosts own words\r\n
status 0
END

say "on standard error, so that output can go to a file"
ok p -tt web1@portal 'printf out'
is "output" "$out" out
like "errors" "$err" "^$notice"
is "notices" "$(grep -c recorded <<<"$err")" 1
tail -c +13 "$(recordings | tail -n 1)" >"$T/first"
is "how the recording begins" "$(head -n 1 "$T/first" | tr -d '\r')" \
    "$notice"

say "not where there is no terminal, recorded or not"
before=$(recordings | wc -l)
ok p -T web1@portal 'printf out; printf err >&2'
is "output and errors" "$out$err" outerr
printf 'printf out; printf err >&2\n' |
    p -T web1@portal >"$T/run.out" 2>"$T/run.err"
is "output and errors of a shell" "$(cat "$T/run.out" "$T/run.err")" outerr
is "recordings of a command and a shell without a terminal" \
    "$(($(recordings | wc -l) - before))" 2

say "not where nothing is recorded"
ok p -tt web2@portal 'printf out'
unlike "errors" "$err" recorded
ok p -tt admin@portal version
unlike "errors" "$err" recorded

say "by the wish of a rule, at once"
rule=$(db_query 'SELECT MIN(id) FROM acls')
before=$(recordings | wc -l)
admin acl update "$rule" --logging=everything
ok p -tt web2@portal 'printf out'
like "errors" "$err" "^$notice"
is "recordings by the rule" "$(($(recordings | wc -l) - before))" 1
admin acl update "$rule" --logging=host
ok p -tt web2@portal 'printf out'
unlike "errors" "$err" recorded

say "in the operator's words, or in none"
stop_portal || fail "stop"
start_portal "" --recording-notice='Ihr werdet aufgenommen: Grüße.'
ok p -tt web1@portal 'printf out'
like "errors" "$err" '^Ihr werdet aufgenommen: Grüße\.'
stop_portal || fail "stop"
start_portal "" --recording-notice=
before=$(recordings | wc -l)
ok p -tt web1@portal 'printf out'
is "output" "$out" out
unlike "errors" "$err" 'recorded|aufgenommen'
is "recordings" "$(($(recordings | wc -l) - before))" 1
