#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The house rules hold, and each row of the gate and each command, by the
# program's own tables, has a test: regress/helpers/tested.py says what counts.
# cost: 45

. "$TOP/regress/lib.sh"
tid "house rules, and a test for all that can be asked"

ok "$TOP/regress/lint"
"$PROG/names" >"$T/names" || fail "no names"
$PYTHON "$HELPERS/tested.py" "$TOP/regress" "$T/names" ||
    fail "something has no test"

say "what is new has none"
for name in 'request NEW_SIGN' 'command host paint'; do
	{ cat "$T/names"; echo "$name"; } >"$T/more"
	run_status 1 $PYTHON "$HELPERS/tested.py" "$TOP/regress" "$T/more"
	is "what is said" "$out" "no test of $name"
done
