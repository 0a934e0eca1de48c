# Thin on purpose: each target makes sure that the packages are there and hands over to the npm script of its name.
# Everything they need stays in this folder; npm's cache too, as a home may not be writable.
export npm_config_cache ?= $(CURDIR)/.local/npm
export npm_config_update_notifier = false
NPM_RUN = npm run --silent

.PHONY: demo test up down clean distclean check audit seed loadtest bench chaos hostile mutations deps-audit swag build \
  run lint docker

# Flags for a tool follow in ARGS: make loadtest ARGS='--seed-only'.
demo test up check audit seed loadtest bench chaos hostile mutations deps-audit swag lint: node_modules/.installed
	@$(NPM_RUN) $(if $(filter lint,$@),check:lint,$@) -- $(ARGS)

# Without the packages nothing can be running and nothing was fetched.
down clean:
	@if [ -f node_modules/.installed ]; then $(NPM_RUN) $@; else rm -rf .local/up .local/test .local/demo; fi

distclean:
	@if [ -f node_modules/.installed ]; then $(NPM_RUN) distclean; else rm -rf .local node_modules coverage; fi

# The sources run as they are; building is installing and checking the types.
build: node_modules/.installed
	@$(NPM_RUN) check:types

run: node_modules/.installed
	@npm start --silent

docker:
	@docker compose version >/dev/null 2>&1 && docker info >/dev/null 2>&1 || \
	  { echo 'make docker: needs Docker Engine with its Compose plugin; without them use "make up"'; exit 1; }
	docker compose up --build

node_modules/.installed: package.json package-lock.json .npmrc
	@echo 'installing packages ...'
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@
