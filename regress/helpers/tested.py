# SPDX-License-Identifier: ISC
"""Look for a test of each row of the gate and of each command.

usage: tested.py DIR NAMES

NAMES has what the program "names" prints; DIR is regress/. Says which have no
test; status 1 if any has none. What counts:

A request: test_dispatch.c says on its own in which states it is permitted, and
a test sends it, by its name, to a real monitor or handler and asserts
something; itself, or by a function of its file or of liar.c that it calls. (The
walks over all requests name none.)

A command: a function of a unit test runs it with ok() and asserts something
after it; or a script runs it, as an argument of admin, ok, run_status or p, and
looks at what came of it within the next lines.
"""
import re
import sys
from pathlib import Path

FUNCTION = re.compile(r"^([a-z_0-9]+)\([^;]*?\n\{\n(.*?)^\}\n", re.M | re.S)
ASSERTS = re.compile(r"\b(assert_\w+|fail_msg|fails|check_\w+)\(")
LOOKS = re.compile(r"^\s*(is|like|unlike|same_file|refused|\[|grep|redeem|"
    r"client|wait_for)\b|\|\|\s*fail|\$\(.*<<<|\"\$out\"", re.M)
NEAR = 6    # lines


def functions(path):
    """The names and bodies of a file's functions."""
    return FUNCTION.findall(joined(path.read_text(encoding="utf-8")))


def joined(text):
    """Strings that stand in pieces, and lines that go on, in one."""
    return re.sub(r'"\s*\n\s*"|\\\n\s*', "", text)


def sends(name, functions):
    """What sends a request: its own name, and of who calls a sender."""
    words = {f"ASK_{name}"} | {f for f, body in functions
        if re.search(rf"\bASK_{name}\b", body)}
    return re.compile(r"\b(" + "|".join(words) + r")\b")


def request_tested(name, dispatch, files):
    if f"[ASK_{name}] =" not in dispatch:
        return False
    return any(f.startswith("test_") and ASSERTS.search(body) and
        sends(name, file + LIAR).search(body)
        for file in files for f, body in file)


def command_in_unit(words, bodies):
    run = re.compile(rf'\bok\(\S+, "{words}(?=[ "\\])')
    return any(ASSERTS.search(b, m.end())
        for b in bodies for m in run.finditer(b))


def command_in_script(words, scripts):
    run = re.compile(rf"^(?=.*\b(?:admin|ok|run_status|p)\b).*"
        rf"(?:@portal |\badmin |^\s*)['\"]?{words}(?=[ '\"]|$)", re.M)
    for text in scripts:
        for m in run.finditer(text):
            after = text[m.end():].split("\n")[:NEAR]
            if LOOKS.search("\n".join(after)):
                return True
    return False


regress = Path(sys.argv[1])
units = sorted((regress / "unit").glob("test_*.c"))
LIAR = functions(regress / "unit/liar.c")
dispatch = (regress / "unit/test_dispatch.c").read_text(encoding="utf-8")
files = [functions(u) for u in units
    if u.name not in ("test_dispatch.c", "test_catalogue.c")]
bodies = [body for file in files for _, body in file]
scripts = [joined(s.read_text(encoding="utf-8"))
    for s in sorted(regress.glob("*.sh"))]

seen = 0
status = 0
for line in Path(sys.argv[2]).read_text(encoding="utf-8").splitlines():
    kind, name = line.strip().split(" ", 1)
    seen += 1
    if kind == "request":
        good = request_tested(name, dispatch, files)
    else:
        good = command_in_unit(name, bodies) or command_in_script(name, scripts)
    if not good:
        print(f"no test of {kind} {name}")
        status = 1
if seen < 20:
    print(f"only {seen} names were given")
    status = 1
sys.exit(status)
