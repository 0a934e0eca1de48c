# Thin on purpose: each target makes sure that the packages are installed and runs the npm script of its name.
# Everything lies in this folder; npm's cache too, because a home directory may not be writable.
export npm_config_cache ?= $(CURDIR)/.local/npm
export npm_config_update_notifier = false
NPM_RUN = npm run --silent
# Flags for a command follow in ARGS: make loadtest ARGS='--seed-only'.
SCRIPT_RUN = $(if $(filter --help -h,$(ARGS)),$(NPM_RUN) help -- $@,$(NPM_RUN) $(1) -- $(ARGS))

.PHONY: help demo up down admin audit deadletters quarantine retention timeline trace receipts reports deadlines operators route seed loadtest bench test ui-test check lint chaos failover hostile image-check mutations \
  deps-audit swag build run docker clean distclean

help:
	@echo "make NAME ARGS=--help shows a command's variables and flags."
	@echo
	@sed -n 's/^#: //p' Makefile

#: make demo         send over HTTP and SMPP, fail over, refund and audit on private servers, step by step
#: make up           start the engine with private servers and simulated operators
#: make down         stop what `make up` started; keep its data
#: make admin        manage customers and API keys, and add money
#: make audit        prove the invariants from the tables
#: make deadletters  list, replay or drop dead-lettered queue messages
#: make quarantine   list quarantined messages and decide them
#: make retention    show what old rows go, when and why not, or remove them now
#: make timeline     show what happened to a message, and what it waits for
#: make trace        show a message's trace as a tree, across processes
#: make receipts     list receipts that matched no message, and try them again
#: make reports      recount rollups of reports from the messages
#: make deadlines    record missed guarantees that an older program did not
#: make operators    list operators; pause, drain, resume or weight one
#: make route        explain which operators a message would go to
#: make seed         top up many customers through the ledger
#: make loadtest     run a load test against `make up` or BASE_URL
#: make bench        benchmark against the targets, on private servers (6 minutes)
#: make test         run the tests on private servers
#: make ui-test      work the operations page in a browser; write the documentation's pictures
#: make check        check format, lint and alert rules, types, import direction and table writers
#: make lint         check the lint rules only
#: make chaos        inject faults into a running system and prove the invariants (3 minutes)
#: make failover     kill members of a MySQL group and a RabbitMQ cluster under load (10 minutes; Linux)
#: make hostile      send malformed and adversarial requests and check every answer
#: make image-check  build the Docker image and run each role from it, without Docker (root on Debian)
#: make mutations    break one guard at a time and see that a test catches it
#: make deps-audit   list known vulnerabilities in the dependencies
#: make swag         write docs/openapi.json and the types of the TypeScript client
#: make build        install the packages and check the types
#: make run          start the engine on your own servers (settings: docs/settings.md)
#: make docker       start everything with Docker Compose
#: make clean        stop everything and delete its data
#: make distclean    the same, and delete packages and unpacked servers

demo up admin audit deadletters quarantine retention timeline trace receipts reports deadlines operators route seed loadtest bench test ui-test check chaos failover hostile image-check mutations deps-audit swag: \
  node_modules/.installed
	@$(call SCRIPT_RUN,$@)

lint: node_modules/.installed
	@$(call SCRIPT_RUN,check:lint)

# The sources run as they are; building is installing and checking the types.
build: node_modules/.installed
	@$(call SCRIPT_RUN,check:types)

run: node_modules/.installed
	@$(call SCRIPT_RUN,start)

# Help must delete and start nothing. Without the packages it is the line of `make help`.
ifneq ($(filter --help -h,$(ARGS)),)
down clean distclean docker:
	@if [ -f node_modules/.installed ]; then $(NPM_RUN) help -- $@; else sed -n 's/^#: \(make $@ \)/\1/p' Makefile; fi
else
# Without the packages nothing can be running and nothing was fetched.
down clean:
	@if [ -f node_modules/.installed ]; then $(call SCRIPT_RUN,$@); else rm -rf .local/up .local/test .local/demo; fi

distclean:
	@if [ -f node_modules/.installed ]; then $(call SCRIPT_RUN,$@); else rm -rf .local node_modules coverage \
	  clients/typescript/dist clients/typescript/*.tgz; fi

docker:
	@docker compose version >/dev/null 2>&1 && docker info >/dev/null 2>&1 || \
	  { echo 'make docker: needs Docker Engine with its Compose plugin; without them use "make up"'; exit 1; }
	docker compose up --build
endif

node_modules/.installed: package.json package-lock.json .npmrc
	@echo 'installing packages ...'
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@
