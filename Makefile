# clientele: see docs/contributing.md for what each target does.
#
#   make demo          set up what is missing, load a small shop, show the answers, leave psql open
#   make test          set up what is missing, run all tests
#   make test-full     the same, and everything else there is to check, which takes hours
#   make setup         install what building needs, or say what to install
#   make               build
#   make install       copy the extension to a PostgreSQL
#   make uninstall     take it away again
#   make package       packages of the extension, below target/package
#   make installcheck  SQL regression tests against an installed extension on the server that PGHOST and the like name
#   make lint          format and clippy
#   make clean         remove what was built
#   make help          show this
#
# PG_CONFIG=/usr/lib/postgresql/17/bin/pg_config chooses a PostgreSQL; else it is what tests/pg-config finds.

SHELL := bash

# Also with -j: the targets share a copy of the server and a database, and cargo uses all processors by itself.
.NOTPARALLEL:

.PHONY: all help install uninstall package demo test test-full setup run-test run-test-full build-and-core core regress client majors \
	seventeen setup-test installcheck bench lint notice fuzz fresh assertions trials advisories licences packages valgrind reporting drivers clean

all:
	@tests/build >/dev/null

help:
	@sed -n '/^#  *make/s/^# //p; /^# PG_CONFIG/s/^# /\n/p' Makefile

# Root often has no cargo: then what was built before is installed.
install: $(if $(shell command -v cargo),all)
	tests/install "$$(tests/target)/release/libclientele.so" "$(DESTDIR)"

uninstall:
	tests/install --remove "$(DESTDIR)"

package:
	@packaging/build

setup:
	@tests/setup

demo:
	@tests/setup
	@tests/build >/dev/null
	@tests/server docs/demo/run

# In a make of its own, so that nothing starts before the set-up is done.
test test-full:
	@tests/setup $@
	@$(MAKE) --no-print-directory run-$@

run-test: setup-test build-and-core regress client majors

# The library is made by one processor for minutes, and most tests of the mathematics are for one, too.
build-and-core:
	tests/beside tests/build '$(MAKE) --no-print-directory core'

run-test-full: run-test seventeen lint fuzz assertions valgrind trials advisories licences packages drivers reporting fresh

setup-test:
	tests/setup-test

core:
	cargo test --locked --package clientele-core

regress: all
	tests/server tests/regress $(TEST)

# Half of the time goes into two kinds of tests, which have a server of their own when all are run.
SLOW_CLIENT = interrupts:: memory::
client: all
ifdef TEST
	tests/server cargo test --locked --package client $(TEST)
else
	tests/beside "tests/server bash -ec 'for part in $(SLOW_CLIENT); do cargo test --locked --package client \$$part; done'" \
		"tests/server cargo test --locked --package client -- $(SLOW_CLIENT:%=--skip %)"
endif

majors:
	tests/majors $(MAJOR)

# Takes more fetching than the others.
seventeen:
	tests/majors 17

installcheck:
	tests/regress $(TEST)

# Room for tables of 10 million orders (a table above a quarter of shared_buffers is not kept there), and for a GROUP BY
# that need not spill.
BENCH_SETTINGS = shared_buffers=4GB work_mem=1GB maintenance_work_mem=1GB jit=off max_parallel_workers_per_gather=0 \
	autovacuum=off wal_level=minimal max_wal_senders=0 max_wal_size=16GB checkpoint_timeout=1h

bench: all
	cargo bench --locked --package clientele-core
	SERVER_SETTINGS="$(BENCH_SETTINGS)" tests/server tests/bench/run
	SERVER_SETTINGS="$(BENCH_SETTINGS)" tests/server tests/bench/models
	SERVER_SETTINGS="$(BENCH_SETTINGS)" tests/server tests/bench/segments
	SERVER_SETTINGS="$(BENCH_SETTINGS)" tests/server tests/bench/baskets
	SERVER_SETTINGS="$(BENCH_SETTINGS)" tests/server tests/bench/journey
	SERVER_SETTINGS="$(BENCH_SETTINGS) wal_level=replica" tests/server tests/bench/kept_scores

lint:
	cargo fmt --all --check
	tests/cargo clippy -- -D warnings
	cargo clippy --locked --package clientele-core --package client --all-targets -- -D warnings
	tests/notice --check

# The file of licences, written anew.
notice:
	tests/notice

# The fuzz targets are a workspace of their own, which nothing else compiles.
fuzz:
	cargo check --locked --bins --manifest-path core/fuzz/Cargo.toml --target-dir "$$(tests/target)/fuzz"

assertions:
	tests/assertions $(TEST)

valgrind:
	tests/valgrind $(TEST)

# Each is a program that says what it found, and fails if that is wrong.
trials: all
	@for trial in tests/trials/*; do [ ! -x "$$trial" ] || { echo "$$trial"; "$$trial"; } || exit 1; done

# The programs of docs/applications.md.
drivers: all
	tests/drivers/run

advisories:
	tests/advisories

# Reporting tools over docs/reporting, each on a server of its own.
reporting: all
	tests/reporting/dbt
	tests/reporting/superset

licences:
	tests/licences

packages:
	tests/package

fresh:
	tests/fresh

clean:
	cargo clean
