# Egret: `make demo` and `make test` do all of their own set-up on a Debian machine with a Swift toolchain.

SWIFT ?= swift
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

BUILD_PACKAGES := libpq-dev libssl-dev pkg-config
SERVER_PACKAGES := postgresql-15 postgresql-client-15
TEST_PACKAGES := libpg-query-dev python3 python3-psycopg python3-psycopg2 python3-asyncpg \
  pgpool2 postgresql-15-pgpool2 openssh-server openssh-client iproute2 \
  python3-pg8000 python3-sqlalchemy python3-django libpostgresql-jdbc-java default-jre-headless ecj golang-go nodejs \
  ruby-pg php-cli php-pgsql libdbd-pg-perl
# Drivers that are unpacked into .build/drivers and not installed: Debian's node-pg does not go with a Node.js from
# elsewhere, and pgx's package depends on sixty more that only its own tests need.
UNPACKED_PACKAGES := node-pg node-split2 node-xtend \
  $(patsubst %,golang-github-jackc-%-dev,pgx-v4 pgconn pgtype pgproto3-v2 pgio chunkreader-v2 pgpassfile \
  pgservicefile puddle) golang-golang-x-crypto-dev golang-golang-x-text-dev
BENCH_PACKAGES := pgbouncer pgpool2 linux-perf
REGRESS_PACKAGES := dpkg-dev gcc libc6-dev python3

# Installs what is missing, and asks the package servers for nothing when nothing is. A service that came that way is
# switched off; one that was there before is left alone.
define install
	@missing=""; for package in $(1); do \
	  dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
	  echo "Installing$$missing"; \
	  $(SUDO) apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends $$missing >/dev/null \
	  || exit; \
	  for service in openssh-server:ssh pgpool2:pgpool2 pgbouncer:pgbouncer; do case "$$missing " in *" $${service%:*} "*) \
	    $(SUDO) systemctl disable --now $${service#*:} >/dev/null 2>&1 || \
	    $(SUDO) service $${service#*:} stop >/dev/null 2>&1 || true;; \
	  esac; done; \
	fi
endef

.PHONY: help build release demo test patient-lane client-lane release-lane drivers unit release-build release-test \
  integration regress differential soak lint format bench bench-faults reference clean

help:
	@echo "make demo     a throw-away primary and standby with Egret in front, and a tour"
	@echo "make test     every test, on real servers and real drivers"
	@echo "make regress  PostgreSQL's regression suite through Egret, compared with a direct run"
	@echo "make differential  random traffic, directly and through Egret: the same answers, and nothing left behind"
	@echo "make soak     the same for SOAK_SCRIPTS scripts in each pool mode (20000), with random seeds"
	@echo "make bench    Egret, PgBouncer and pgpool-II side by side"
	@echo "make bench-faults  servers killed, stopped and switched over under load: how long it was felt"
	@echo "make build    a debug build          make release   a release build"
	@echo "make lint     formatting, checked    make format    formatting, applied"

build:
	$(call install,$(BUILD_PACKAGES))
	$(SWIFT) build

release:
	$(call install,$(BUILD_PACKAGES))
	$(SWIFT) build -c release --product egret

demo: release
	$(call install,$(SERVER_PACKAGES))
	.build/release/egret demo

# Three lanes, once the debug build is there. In the first are the tests that have limits of time and wait for most of
# theirs. Units, drivers and random traffic have less of a claim to the processors, and the optimizer the least.
# SwiftPM would let one process of tests wait for the other, so the runner is started without it. Each writes to a log of
# its own, which is shown when it has ended. Together they are all tests; how files look is asked once.
# Both builds stand beside the ones that people work with. They are made once and read by nobody, so that whole modules
# are compiled at a time and without debug information: a quarter less work. (The threads make an object of each file,
# which SwiftPM counts on.)
BUILD_TESTS = build --build-tests --scratch-path .build/tests -debug-info-format none
WHOLE_MODULES = -Xswiftc -whole-module-optimization -Xswiftc -num-threads -Xswiftc 2
RUNNER = egretPackageTests.xctest --testing-library swift-testing --no-parallel
DEBUG = .build/tests/debug/$(RUNNER)
CLIENTS = 'IntegrationTests/(Differential|Driver|Language|SideBySide|TrapProtocol)Tests/'
RUN_story = $(DEBUG) --filter TwoNodeStoryTests
RUN_nodes = $(DEBUG) --filter 'IntegrationTests.NodeTests/' --skip TwoNodeStoryTests
RUN_operation = $(DEBUG) --filter 'IntegrationTests.IntegrationTests/' --skip $(CLIENTS)
RUN_clients = $(DEBUG) --filter $(CLIENTS)
RUN_units = $(DEBUG) --skip '^IntegrationTests' --skip '^TidyTests'
RUN_release = .build/tests/release/$(RUNNER)

test:
	$(call install,$(BUILD_PACKAGES) $(SERVER_PACKAGES) $(TEST_PACKAGES))
	@$(MAKE) --no-print-directory drivers
	$(SWIFT) $(BUILD_TESTS) $(WHOLE_MODULES)
	@$(MAKE) --no-print-directory -j 3 patient-lane client-lane release-lane

patient-lane:
	@for part in story nodes operation; do $(MAKE) --no-print-directory test-$$part || exit; done

client-lane:
	@for part in units clients; do nice -n 10 $(MAKE) --no-print-directory test-$$part || exit; done

release-lane:
	@for target in release-build test-release; do nice -n 19 $(MAKE) --no-print-directory $$target || exit; done

test-%:
	@$(RUN_$*) > .build/test-$*.log 2>&1; status=$$?; cat .build/test-$*.log; \
	grep -q "Test run with [1-9][0-9]* tests* .*passed" .build/test-$*.log || status=1; \
	[ $$status = 0 ] || echo "The part '$*' of the tests has failed."; exit $$status

# What the tests of drivers need besides installed packages.
drivers: .build/drivers/usr

.build/drivers/usr:
	@mkdir -p .build/drivers/packages
	@cd .build/drivers/packages && rm -f *.deb && download="apt-get download -qq -o APT::Sandbox::User=root" && \
	{ $$download $(UNPACKED_PACKAGES) 2>/dev/null || \
	{ $(SUDO) apt-get update -qq && $$download $(UNPACKED_PACKAGES); }; } && \
	for package in *.deb; do dpkg-deb -x $$package unpacked || exit; done && mv unpacked/usr ..
	@rm -rf .build/drivers/packages

unit:
	$(SWIFT) test --skip IntegrationTests

integration:
	$(SWIFT) test --filter IntegrationTests

# Random traffic is compared with a direct connection's, in both pool modes; docs/traffic.md.
differential:
	$(call install,$(BUILD_PACKAGES) $(SERVER_PACKAGES) python3)
	$(SWIFT) test --filter DifferentialTests

# For hours, with the release build, in which what is unlikely happens more often.
SOAK_SCRIPTS ?= 20000
soak: release
	$(call install,$(SERVER_PACKAGES) python3)
	SOAK_SCRIPTS=$(SOAK_SCRIPTS) EGRET_BINARY=$(CURDIR)/.build/release/egret $(SWIFT) test --filter DifferentialTests

release-build:
	UNITS_ONLY=1 $(SWIFT) $(BUILD_TESTS) -c release -Xswiftc -enable-testing

release-test: release-build
	$(RUN_release)

# The sources are fetched once, and kept in .build/regress. REGRESS_FLAGS="--modes transaction --tests guc,temp" is for
# one difference at a time; EGRET names another program than the one just built.
regress: $(if $(EGRET),,release)
	$(call install,$(SERVER_PACKAGES) $(REGRESS_PACKAGES))
	Tests/Regression/regress.py $(REGRESS_FLAGS)

lint:
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks

format:
	$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks

bench:
	$(call install,$(BUILD_PACKAGES) $(SERVER_PACKAGES) $(BENCH_PACKAGES))
	$(SWIFT) build -c release --product egret
	$(SWIFT) build -c release --product ProxyBench
	.build/release/ProxyBench $(BENCH_FLAGS)

bench-faults:
	$(call install,$(BUILD_PACKAGES) $(SERVER_PACKAGES))
	$(SWIFT) build -c release --product egret
	$(SWIFT) build -c release --product ProxyBench
	.build/release/ProxyBench faults $(BENCH_FLAGS)

# Writes conf/egret.conf and docs/parameters.md anew from the parameter table.
reference:
	EGRET_WRITE_REFERENCE=1 $(SWIFT) test --filter ConfigurationReference

clean:
	rm -rf .build
