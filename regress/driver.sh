#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The driver, regress/run, on tiny tests in a tree of its own: what it counts,
# what it says, in which order it starts them, and what it leaves behind.
# cost: 15

. "$TOP/regress/lib.sh"
tid "the driver of the tests counts, orders and tidies up"

TREE=$T/tree
UNITS=$TREE/build/asan/unit
export TMPDIR=$T/tmp
export TRACE=$T/trace		# where the tiny tests write what happened
export -n DB
unset BUILD J KEEP

# A new tree without tests.
new_tree()
{
	rm -rf "$TREE" "$TMPDIR" "$TRACE"
	mkdir -p "$TREE/regress/unit" "$UNITS" "$TMPDIR"
	# a test that will not end need not be waited for so long
	sed 's/^GRACE=.*/GRACE=1/' "$TOP/regress/run" >"$TREE/regress/run"
	: >"$TRACE"
}

# script NAME LINE ...
script()
{
	printf '%s\n' "${@:2}" >"$TREE/regress/$1.sh"
}

# unit NAME LINE ...: a program, and the source that it would be made of.
unit()
{
	: >"$TREE/regress/unit/$1.c"
	printf '%s\n' '#!/bin/sh' "${@:2}" >"$UNITS/$1"
	chmod +x "$UNITS/$1"
}

# drive STATUS ARGUMENT ...
drive()
{
	run_status "$1" bash "$TREE/regress/run" "${@:2}"
}

total()
{
	is "the count" "$(tail -n 1 <<<"$out")" \
	    "$1 passed, $2 failed, $3 skipped"
}

says()
{
	grep -qE -- "$1" <<<"$out" || fail "it does not say '$1': $out"
}

traced()
{
	is "what ran" "$(paste -sd ' ' "$TRACE")" "$1"
}

say "passed"
new_tree
script one 'echo one >>$TRACE'
script two 'echo two >>$TRACE'
script lib_none 'echo lib >>$TRACE'
J=1 drive 0
total 2 0 0
says '^ok one \([0-9.]+ s\)$'
traced "one two"
is "what is left" "$(ls "$TMPDIR")" ""
KEEP=1 drive 0 regress/two.sh
total 1 0 0
is "what KEEP=1 keeps" "$(cd "$TMPDIR"/*/ && echo *)" two-sqlite3
drive 2 three
is "of no such test" "$err" "regress/run: no such test: three"
drive 2 --three
like "the usage" "$err" "^usage: regress/run "

say "skipped, with the reason"
new_tree
script away 'echo first' 'echo "no moon tonight"' 'exit 77'
drive 0
total 0 0 1
says '^skip away: no moon tonight$'

say "failed, and kept"
new_tree
script good ':'
script bad 'echo "the last words"' 'echo here >$TESTDIR/file' \
    'truncate -s 9M big' 'exit 3'
drive 1
total 1 1 0
says '^FAIL bad \([0-9.]+ s\): status 3$'
says '^    \| the last words$'
kept=$(sed -n 's/^    kept in //p' <<<"$out")
is "the file" "$(cat "$kept/t/file")" here
is "what is kept" "$(cd "$kept" && find . -type f | sort | paste -sd ' ')" \
    "./log ./t/file"
is "what is kept of all" "$(cd "$kept/.." && echo *)" bad-sqlite3

say "not done in time"
new_tree
script slow '# timeout: 1' 'exec tail -f /dev/null'
script deaf '# timeout: 1' "trap '' TERM" 'exec tail -f /dev/null'
drive 1
total 0 2 0
says '^FAIL slow .*: not done after 1 s$'
says '^FAIL deaf .*: not done after 1 s$'
SANITIZED='' drive 1 --asan slow
says '^FAIL slow .*: not done after 3 s$'

say "the matrix"
new_tree
mkdir "$TREE/regress/interop"
script first ':'
script interop/lib ':'
script interop/cheap '# check' 'echo cheap >>$TRACE'
script interop/far 'echo far >>$TRACE'
J=1 drive 0 --interop
total 2 0 0
says '^ok interop/far '
traced "cheap far"
drive 0
total 2 0 0
drive 0 --interop far
total 1 0 0
drive 0 --regress far
total 1 0 0

say "for each database"
new_tree
script twice '# db: sqlite3 mysql' 'echo $DB >>$TRACE'
script once 'echo $DB >>$TRACE'
J=1 drive 0
total 3 0 0
traced "sqlite3 sqlite3 mysql"
says '^ok twice\[mysql\] '
: >"$TRACE"
DB=mysql drive 0
total 2 0 0
traced "mysql mysql"

say "the longest first, two at once, and alone"
new_tree
# these two wait for each other
script left '# cost: 9' 'echo left >>$TRACE' "trap 'echo end >>\$TRACE' EXIT" \
    'until grep -q right $TRACE; do sleep 0.03; done'
script right '# cost: 10' "trap 'echo end >>\$TRACE' EXIT" \
    'echo right >>$TRACE' \
    'until grep -q left $TRACE; do sleep 0.03; done'
script hermit '# cost: 90' '# alone' \
    '[ "$(grep -c end $TRACE)" -eq 2 ] || exit 1'
drive 0
total 3 0 0
new_tree
for n in 9 none 100 10; do
	script "cost_$n" "# cost: $n" 'echo ${0##*/} >>$TRACE'
done
J=1 drive 0
traced "cost_100.sh cost_10.sh cost_9.sh cost_none.sh"

say "what a script is given"
new_tree
script given '[ "$PWD" = "$TESTDIR" ] && [ -z "$(ls -A)" ] || exit 1' \
    '[ "$(stat -c %a .)" = 755 ] || exit 2' \
    '[ "$SSHPORTAL $PROG" = "$TOP/sshportal $TOP/build/prog" ] || exit 3' \
    '! read -r line || exit 4'
drive 0

say "unit tests"
new_tree
unit test_good 'echo 1..2' 'echo "ok 1 - a"' 'echo "not ok 2 # SKIP b"'
drive 0 --unit
total 1 0 1
unit test_bad 'echo "ok 1 - a"' 'echo "not ok 2 - b"' 'exit 1'
unit test_crash 'echo "ok 1 - a"' 'kill -SEGV $$'
unit test_empty ':'
script never 'exit 1'
drive 1 --unit
total 3 3 1
says '^FAIL unit/test_crash .*: status 139$'
says '^FAIL unit/test_empty .*: no test was run$'

say "under valgrind"
new_tree
UNITS=$TREE/build/grind/unit
mkdir -p "$UNITS" "$T/bin"
# says of some programs that they are wrong, though these pass
cat >"$T/bin/valgrind" <<'END'
#!/bin/bash
for log; do
	[[ $log != --log-file=* ]] || break
done
log=${log#*=}
echo "==1== Warning: noted but unhandled ioctl" >"${log/\%p/1}"
[[ ${*: -1} != *read ]] ||
    printf '==2== %s\n' "Invalid read" "   at 0x1: read" >"${log/\%p/2}"
exec "${@: -1}"
END
chmod +x "$T/bin/valgrind"
unit test_clean 'echo "ok 1 - a"'
unit test_read 'echo "ok 1 - a"'
unit test_never 'exit 1'
echo ' * valgrind: it has no moon' >"$TREE/regress/unit/test_never.c"
PATH=$T/bin:$PATH drive 1 --valgrind
total 2 1 1
says '^ok unit/test_clean '
says '^skip unit/test_never: valgrind: it has no moon$'
says '^FAIL unit/test_read .*: valgrind has found something$'
says '^    \| ==2== Invalid read$'

say "interrupted"
new_tree
script endless "trap 'echo ended >>\$TRACE; exit 1' TERM" \
    'echo ready >>$TRACE' 'while :; do sleep 0.03; done'
bash "$TREE/regress/run" >"$T/interrupted.out" 2>&1 &
pid=$!
wait_for 20 grep -q ready "$TRACE" || fail "the test does not start"
kill -TERM $pid
wait $pid
is "the status" $? 130
traced "ready ended"
is "the count" "$(tail -n 1 "$T/interrupted.out")" \
    "0 passed, 1 failed, 0 skipped"
