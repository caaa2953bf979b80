# SPDX-License-Identifier: ISC
#
# make             build ./sshportal
# make run         install what is missing, build, serve on 127.0.0.1:2222
# make check       install what is missing, build, run all tests
#
# make deps        only install what is missing
# make unit        only the unit tests (under ASan and UBSan)
# make regress     only the regress tests
# make interop     the matrix: other clients, other hosts (regress/interop)
#                  T="name ..." for some of any
# make check-asan  the regress tests on a program under ASan and UBSan
# make valgrind    the unit tests, built plain, under valgrind
# make fuzz        clang's libFuzzer on the parsers, FUZZ_SECONDS=60 each
# make man         the generated part of man/sshportal-shell.1
# make lint        house rules, gcc and clang with warnings as errors,
#                  clang-tidy, clang-format
# make install     program, manuals, systemd's files, sshportal.yaml if there is
#                  none; make uninstall: all of it but settings and data
#                  PREFIX= beats configure's --prefix; DESTDIR= for packages
# make clean       what make has built; make distclean: configure's work too
#                  (.deps stays: it takes a minute to build)
#
# V=1 shows the commands.  DB=sqlite3 or DB=mysql, J=number of tests at once,
# KEEP=1 keeps the tests' directories.  GNU make.

DIRS	= lib db child shell monitor daemon
BUILD	= build
Q	= $(if $(V),,@)
SUBMAKE	= +$(Q)$(MAKE) --no-print-directory $(if \
	$(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))

.DEFAULT_GOAL = all
.DELETE_ON_ERROR:
.SUFFIXES:

# These need no configuration: it may not be possible yet, or no longer matter.
UNCONFIGURED = deps run check check-asan valgrind unit regress \
	interop lint clean distclean
ifneq ($(filter-out $(UNCONFIGURED),$(or $(MAKECMDGOALS),all)),)
include config.mk
endif

WARNINGS = -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wpointer-arith -Wwrite-strings -Wvla \
	-Wformat-security
LANGUAGE = -std=gnu11 -D_GNU_SOURCE -I. $(SSH_CFLAGS) $(DEP_CFLAGS)
SANITIZE = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=all

COMPILE = $(CC) $(CPPFLAGS) $(LANGUAGE) $(WARNINGS) -MMD -MP
ALL_LIBS = $(SSH_LIBS) $(DEP_LIBS) $(LIBS)

# What each build, plain, sanitized and for valgrind, adds to that.
PLAIN_CFLAGS	= $(CFLAGS) $(HARDEN_CFLAGS)
PLAIN_LDFLAGS	= $(LDFLAGS) $(HARDEN_LDFLAGS) $(EXPORT_LDFLAGS)
ASAN_CFLAGS	= $(SANITIZE)
ASAN_LDFLAGS	= $(LDFLAGS) $(SANITIZE) $(EXPORT_LDFLAGS)
GRIND_CFLAGS	= -O1 -g -fno-omit-frame-pointer
GRIND_LDFLAGS	= $(LDFLAGS) $(EXPORT_LDFLAGS)

SRCS	= $(sort $(foreach d,$(DIRS),$(wildcard $d/*.c)))
MAIN	= daemon/main.c
OBJS	= $(SRCS:%.c=$(BUILD)/obj/%.o)

UNIT_SRCS	= $(sort $(wildcard regress/unit/test_*.c))
UNIT_SHARED	= $(filter-out $(UNIT_SRCS),$(wildcard regress/unit/*.c))
UNIT_TESTS	= $(UNIT_SRCS:regress/unit/%.c=$(BUILD)/asan/unit/%)
GRIND_TESTS	= $(UNIT_SRCS:regress/unit/%.c=$(BUILD)/grind/unit/%)
PROG_SRCS	= $(sort $(wildcard regress/prog/*.c))
PROGS		= $(PROG_SRCS:regress/prog/%.c=$(BUILD)/prog/%) $(TABLES)
TABLES		= $(BUILD)/prog/tables

all: sshportal
	@:

sshportal: $(OBJS)
	@echo "  LD    $@"
	$(Q)$(CC) $(PLAIN_CFLAGS) $(PLAIN_LDFLAGS) -o $@ $(OBJS) $(ALL_LIBS)

$(BUILD)/obj/%.o: %.c config.mk
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(COMPILE) $(PLAIN_CFLAGS) -c -o $@ $<

# Setting up

configure: configure.ac
	@command -v autoconf >/dev/null || \
	    { echo 'autoconf is missing: run "make deps"' >&2; exit 1; }
	autoconf
	autoheader

config.h: config.mk ;

# Somebody's own options to configure outlive a change of configure.ac, and
# libraries that "make deps" has built since are noticed.
config.mk: configure config.mk.in contrib/check-interpose.c \
    $(wildcard .deps/.built)
	@rm -f $@
	@if [ -x config.status ]; then \
		./config.status --quiet --recheck && ./config.status --quiet; \
	else \
		./configure --quiet; \
	fi
	@touch $@

deps:
	@contrib/deps

run:
	@contrib/deps
	$(SUBMAKE) all
	@exec ./sshportal server --bind-address=127.0.0.1:2222 \
	    --db-conn=./sshportal.db

# Tests.  The objects of the project, main() apart, are an archive: a test is
# linked with those that it needs, and always with the EVP functions, which
# libcrypto would else supply.

check:
	@contrib/deps --test
	$(SUBMAKE) all unit-build prog-build
	@regress/run

unit:
	$(SUBMAKE) unit-build
	@regress/run --unit $(T)

regress:
	$(SUBMAKE) all prog-build
	@regress/run --regress $(T)

interop:
	@contrib/deps --interop
	$(SUBMAKE) all prog-build
	@regress/run --interop $(T)

unit-build: $(UNIT_TESTS)
	@:

prog-build: $(PROGS)
	@:

# An object that is gone must leave the archive too, so it is made anew.
$(BUILD)/obj/all.a: $(filter-out $(BUILD)/obj/$(MAIN:.c=.o),$(OBJS))
$(BUILD)/asan/all.a: $(patsubst %.c,$(BUILD)/asan/%.o, \
    $(filter-out $(MAIN),$(SRCS)))
$(BUILD)/grind/all.a: $(patsubst %.c,$(BUILD)/grind/%.o, \
    $(filter-out $(MAIN),$(SRCS)))
$(BUILD)/%/all.a:
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

# The whole program under the sanitizers, without the walls that they cannot
# live behind: for tests alone (lib/harden.h).
RELAXED = $(BUILD)/relaxed/sshportal

check-asan:
	@contrib/deps --test
	$(SUBMAKE) relaxed-build
	@regress/run --asan $(T)

relaxed-build: $(RELAXED) $(PROGS)
	@:

$(RELAXED): $(SRCS:%.c=$(BUILD)/relaxed/%.o)
	@echo "  LD    $@"
	$(Q)$(CC) $(ASAN_LDFLAGS) -o $@ $^ $(ALL_LIBS)

$(BUILD)/relaxed/%.o: %.c config.mk
	@mkdir -p $(@D)
	@echo "  CC    $< (relaxed)"
	$(Q)$(COMPILE) $(ASAN_CFLAGS) -DRELAXED_FOR_SANITIZER -c -o $@ $<

EVP = $(patsubst %.c,%.o,$(wildcard child/evp.c))

$(BUILD)/asan/%.o: %.c config.mk
	@mkdir -p $(@D)
	@echo "  CC    $< (asan)"
	$(Q)$(COMPILE) $(ASAN_CFLAGS) -c -o $@ $<

UNIT_OBJS = $(UNIT_SHARED:%.c=$(BUILD)/asan/%.o) $(EVP:%=$(BUILD)/asan/%)

$(BUILD)/asan/unit/%: $(BUILD)/asan/regress/unit/%.o $(UNIT_OBJS) \
    $(BUILD)/asan/all.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$(Q)$(CC) $(ASAN_LDFLAGS) -o $@ $^ $(ALL_LIBS) -lcmocka

# What ASan cannot see: memory that is read before it is written.
valgrind:
	@contrib/deps --valgrind
	$(SUBMAKE) grind-build
	@regress/run --valgrind $(T)

grind-build: $(GRIND_TESTS)
	@:

$(BUILD)/grind/%.o: %.c config.mk
	@mkdir -p $(@D)
	@echo "  CC    $< (grind)"
	$(Q)$(COMPILE) $(GRIND_CFLAGS) -c -o $@ $<

$(BUILD)/grind/unit/%: $(BUILD)/grind/regress/unit/%.o \
    $(UNIT_SHARED:%.c=$(BUILD)/grind/%.o) $(EVP:%=$(BUILD)/grind/%) \
    $(BUILD)/grind/all.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$(Q)$(CC) $(GRIND_LDFLAGS) -o $@ $^ $(ALL_LIBS) -lcmocka

$(BUILD)/prog/%: $(BUILD)/obj/regress/prog/%.o $(EVP:%=$(BUILD)/obj/%) \
    $(BUILD)/obj/all.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$(Q)$(CC) $(PLAIN_CFLAGS) $(PLAIN_LDFLAGS) -o $@ $^ $(ALL_LIBS)

# Prints the program's tables for the manuals; "make man" puts the reference
# of the commands into theirs, and a test compares.
$(TABLES): $(BUILD)/obj/man/tables.o $(EVP:%=$(BUILD)/obj/%) \
    $(BUILD)/obj/all.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$(Q)$(CC) $(PLAIN_CFLAGS) $(PLAIN_LDFLAGS) -o $@ $^ $(ALL_LIBS)

man: $(TABLES)
	$(Q)$(TABLES) commands | man/update man/sshportal-shell.1

.SECONDARY:

# Each with all that it may need of lib/, monitor/ and shell/; one of child/.
FUZZ_SRCS	= $(wildcard regress/fuzz/*.c)
FUZZERS		= $(FUZZ_SRCS:regress/fuzz/%.c=$(BUILD)/fuzz/%)
FUZZ_SECONDS	= 60
FUZZ_SHARED	= $(wildcard lib/*.c) monitor/sign.c \
		shell/names.c shell/url.c shell/words.c

$(BUILD)/fuzz/%: regress/fuzz/%.c $(FUZZ_SHARED)
	$(Q)mkdir -p $(@D)/corpus/$*
	$(Q)clang $(LANGUAGE) -g -O1 \
	    -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=undefined -o $@ $^ -lcrypto -lsodium \
	    -ljansson

$(BUILD)/fuzz/fuzz_audit: $(wildcard child/audit*.c) child/sum.c

fuzz: $(FUZZERS)
	$(Q)for f in $(FUZZERS); do \
		$$f -max_total_time=$(FUZZ_SECONDS) -timeout=10 \
		    -max_len=4096 -artifact_prefix=$$f- \
		    $(BUILD)/fuzz/corpus/$${f##*/} || exit 1; \
	done

lint:
	$(SUBMAKE) lint-build
	@regress/lint

# Both compilers, warnings as errors, and the analyser over the program's own
# files (.clang-tidy); nothing is written but the stamps.
# It counts on standard error what it was told to leave out.
TIDY = clang-tidy --quiet $< -- $(CPPFLAGS) $(LANGUAGE) 2>$(@:.ok=.err) || \
	{ cat $(@:.ok=.err) >&2; exit 1; }
LINT_SRCS = $(SRCS) $(UNIT_SRCS) $(UNIT_SHARED) $(PROG_SRCS) man/tables.c
lint-build: $(LINT_SRCS:%.c=$(BUILD)/lint/%.ok) $(BUILD)/lint/format.ok
	@:

$(BUILD)/lint/%.ok: %.c config.mk .clang-tidy
	@mkdir -p $(@D)
	$(Q)gcc $(CPPFLAGS) $(LANGUAGE) $(WARNINGS) -Werror -O2 -MMD -MP \
	    -MF $(@:.ok=.d) -MT $@ -c -o /dev/null $<
	$(Q)clang $(CPPFLAGS) $(LANGUAGE) $(WARNINGS) -Werror -fsyntax-only $<
	$(if $(filter $(SRCS),$<),$(Q)$(TIDY))
	@touch $@

# The layout of those files that are newer than the stamp, or of all.
FORMAT_RULES = .clang-format regress/helpers/format.py
FORMATTED = $(wildcard $(addsuffix /*.[ch],$(DIRS) regress/* contrib man))
$(BUILD)/lint/format.ok: $(FORMAT_RULES) $(FORMATTED)
	@mkdir -p $(@D)
	$(Q)python3 regress/helpers/format.py $(filter %.c %.h, \
	    $(if $(filter $(FORMAT_RULES),$?),$^,$?))
	@touch $@

# Installing and cleaning

INSTALL	= install
MANUALS	= $(wildcard man/*.[158])

ifdef PREFIX
prefix	= $(PREFIX)
endif
# Where systemd looks, for the prefixes /usr and /usr/local.
unitdir		= $(prefix)/lib/systemd/system
sysusersdir	= $(prefix)/lib/sysusers.d
tmpfilesdir	= $(prefix)/lib/tmpfiles.d
exampledir	= $(docdir)/examples

INSTALLED = $(sbindir)/sshportal \
	$(foreach m,$(MANUALS),$(mandir)/man$(subst .,,$(suffix \
	$m))/$(notdir $m)) \
	$(unitdir)/sshportal.service $(unitdir)/sshportal.socket \
	$(sysusersdir)/sshportal.conf $(tmpfilesdir)/sshportal.conf \
	$(exampledir)/sshportal.yaml
SETTINGS = $(sysconfdir)/sshportal/sshportal.yaml

# Puts this installation's paths in.
SUBST = sed $(foreach v,sbindir sysconfdir localstatedir runstatedir,\
	-e 's|@$v@|$($v)|g')

# The example becomes what an installed portal starts with: what lies where is
# said aloud there.
STATE = $(localstatedir)/lib/sshportal
SETTLE = sed -e 's|^.\(db-conn:\).*|\1 $(STATE)/sshportal.db|' \
	-e 's|^.\(state-dir:\).*|\1 $(STATE)|' \
	-e 's|^.\(logs-location:\).*|\1 $(STATE)/recordings|' \
	-e 's|^.\(runtime-dir:\).*|\1 $(runstatedir)/sshportal|' \
	-e 's|^\(.master-key:\).*|\1 $(sysconfdir)/sshportal/master.key|' \
	-e 's|^.\(syslog:\).*|\1 true|' \
	-e 's|kill -HUP (the daemon)|systemctl reload sshportal|'

# Settings that are there are left alone, and outlive "make uninstall", as state
# and users do; what is new in them is in the example. They may come to hold a
# database's password, so that only root reads them.
install: all
	umask 022; $(INSTALL) -d $(sort $(dir $(addprefix $(DESTDIR),$(INSTALLED) \
	    $(SETTINGS))))
	$(INSTALL) -m 755 sshportal $(DESTDIR)$(sbindir)/sshportal
	@set -e; for page in $(MANUALS); do \
		dir=$(DESTDIR)$(mandir)/man$${page##*.}; \
		echo $(INSTALL) -m 644 $$page $$dir; \
		$(INSTALL) -m 644 $$page $$dir; \
	done
	$(INSTALL) -m 644 contrib/sshportal.yaml $(DESTDIR)$(exampledir)
	$(INSTALL) -m 644 contrib/systemd/sshportal.socket $(DESTDIR)$(unitdir)
	@set -e; umask 022; \
	put() { \
		echo "$$1 > $$2"; \
		rm -f "$$2"; \
		$(SUBST) "contrib/systemd/$$1" >"$$2"; \
	}; \
	put sshportal.service.in $(DESTDIR)$(unitdir)/sshportal.service; \
	put sysusers.conf.in $(DESTDIR)$(sysusersdir)/sshportal.conf; \
	put tmpfiles.conf.in $(DESTDIR)$(tmpfilesdir)/sshportal.conf
	@set -e; umask 077; settings=$(DESTDIR)$(SETTINGS); \
	if [ -e $$settings ]; then \
		echo "$$settings is left as it is"; \
	else \
		echo "contrib/sshportal.yaml > $$settings"; \
		$(SETTLE) contrib/sshportal.yaml >$$settings; \
	fi
	@[ -n "$(DESTDIR)" ] || printf '%s\n' \
	    'To serve, now and after each boot:' '' '	systemd-sysusers' \
	    '	systemctl daemon-reload' \
	    '	systemctl enable --now sshportal'

uninstall:
	rm -f $(addprefix $(DESTDIR),$(INSTALLED))
	@rmdir $(DESTDIR)$(exampledir) $(DESTDIR)$(docdir) 2>/dev/null || :

clean:
	rm -rf $(BUILD) sshportal

distclean: clean
	rm -rf autom4te.cache
	rm -f config.h config.h.in config.log config.mk config.status configure

.PHONY: all deps run check check-asan relaxed-build valgrind grind-build fuzz \
	unit unit-build regress prog-build man lint lint-build install uninstall clean distclean

-include $(wildcard $(BUILD)/*/*/*.d $(BUILD)/*/*/*/*.d)
