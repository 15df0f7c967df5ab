# clientele: see docs/contributing.md for what each target does.
#
#   make demo          set up what is missing, load a small shop, show the answers, leave psql open
#   make test          set up what is missing, run all tests
#   make               build
#   make install       copy the extension to the PostgreSQL that PG_CONFIG names
#   make installcheck  SQL regression tests against an installed extension on the server that PGHOST and the like name

SHELL := bash
PG_CONFIG ?= $(shell tests/pg-config 2>/dev/null)
MAJOR = $(shell $(PG_CONFIG) --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
FEATURES = --no-default-features --features pg$(MAJOR)
LIBRARY = target/release/libclientele.so
export PG_CONFIG
# pgrx would otherwise look for an installation of its own. Set always and alike: changing it rebuilds the bindings.
export PGRX_PG_CONFIG_PATH = $(PG_CONFIG)

.PHONY: all install demo test setup run-demo run-tests core regress client majors installcheck bench lint valgrind clean

all:
	cargo build --release --lib --package clientele $(FEATURES)

# Root often has no cargo: then what was built before is installed.
install: $(if $(shell command -v cargo),all)
	tests/install $(LIBRARY) $(DESTDIR)$(shell $(PG_CONFIG) --pkglibdir) $(DESTDIR)$(shell $(PG_CONFIG) --sharedir)/extension

setup:
	@tests/setup test

# In a make of its own: only after the set-up is it known which PostgreSQL there is.
demo test:
	@tests/setup $@
	@$(MAKE) --no-print-directory run-$(@:test=tests)

run-demo: all
	@tests/server docs/demo/run

run-tests: core regress client majors

core:
	cargo test --package clientele-core

regress: all
	tests/server tests/regress $(TEST)

client: all
	tests/server cargo test --package client $(TEST)

majors:
	tests/majors

installcheck:
	tests/regress $(TEST)

# Room for tables of 10 million orders (a table above a quarter of shared_buffers is not kept there), and for a GROUP BY
# that need not spill.
BENCH_SETTINGS = shared_buffers=4GB work_mem=1GB maintenance_work_mem=1GB jit=off max_parallel_workers_per_gather=0 \
	autovacuum=off wal_level=minimal max_wal_senders=0 max_wal_size=16GB checkpoint_timeout=1h

bench: all
	cargo bench --package clientele-core
	SERVER_SETTINGS="$(BENCH_SETTINGS)" tests/server tests/bench/run
	SERVER_SETTINGS="$(BENCH_SETTINGS)" tests/server tests/bench/models
	SERVER_SETTINGS="$(BENCH_SETTINGS)" tests/server tests/bench/segments
	SERVER_SETTINGS="$(BENCH_SETTINGS)" tests/server tests/bench/baskets

lint:
	cargo fmt --all --check
	cargo clippy --package clientele --lib $(FEATURES) -- -D warnings
	cargo clippy --package clientele-core --package client --all-targets -- -D warnings

valgrind:
	tests/valgrind $(TEST)

clean:
	cargo clean
