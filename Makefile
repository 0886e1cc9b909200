# Everything a contributor does, in one word each. Nothing here reads from the keyboard.

PYTHONS := python3.11 python3.12 python3.13 python3.14
PYTHON ?= $(shell for one in $(PYTHONS); do $$one -c '' 2> /dev/null && exec echo $$one; done; echo python3)
BIN := .venv/bin
UV := 0.13.9
PORT ?= 8080
FILES_PORT ?= $(shell echo $$(( $(PORT) + 1 )))
SERVICE ?=
REQUESTS ?= 20000
SEED ?=
ONLY ?=
TEST_PROCESSES ?= 3
MAILS := services/notify/compiled/.made
MAIL_MODULES := tools/mails/node_modules/.installed
ISLANDS := portal/static/.made
PREVIEWS := .local/previews/index.html
ISLAND_MODULES := portal/islands/node_modules/.installed
API_TYPE_MODULES := tools/api-types/node_modules/.installed
API_TYPES := tools/api-types/node_modules/.bin/openapi-typescript docs/openapi/upload.json \
	--root-types --root-types-no-schema-prefix --output portal/islands/api/upload.d.ts

.DEFAULT_GOAL := help
.PHONY: help run stop restart status demo test test-debian13 mutations fuzz check bench mails islands screenshots generate release lock fmt packages

help: ## what there is
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 15

run: packages .venv/.installed $(MAILS) $(ISLANDS) $(PREVIEWS) ## start everything on this machine and stay (PORT=8080)
	@exec $(BIN)/python -m devstack run --port $(PORT) --files-port $(FILES_PORT) < /dev/null

stop: .venv/.installed ## stop what run started
	@$(BIN)/python -m devstack stop

restart: .venv/.installed $(MAILS) $(ISLANDS) ## restart one service alone (SERVICE=upload)
	@$(BIN)/python -m devstack restart $(SERVICE)

status: .venv/.installed ## show what runs, where, and its log
	@$(BIN)/python -m devstack status

demo: packages .venv/.installed $(MAILS) $(ISLANDS) ## send a file from one person to another, from beginning to end
	@$(BIN)/python -m devstack.demo < /dev/null

test: packages .venv/.installed $(MAILS) $(ISLANDS) ## every test, on the real servers (ONLY=tests/unit/kit or ONLY=file::test)
	@MALLOC_MMAP_THRESHOLD_=131072 $(BIN)/python -m pytest $(if $(ONLY),'$(ONLY)',-n $(TEST_PROCESSES) --durations=10) < /dev/null

test-debian13: .venv/.installed ## run, demo and test on Debian 13, in a root under .local (as root)
	@$(BIN)/python -m devstack.debian13 < /dev/null

mutations: packages .venv/.installed $(MAILS) $(ISLANDS) ## break twenty rules of the product, one at a time: a test must notice each
	@$(BIN)/python -m tests.mutations < /dev/null

fuzz: packages .venv/.installed $(MAILS) $(ISLANDS) ## odd requests to every API and page: no 5xx, no pause (REQUESTS=20000 SEED=)
	@$(BIN)/python -m tests.fuzz --requests $(REQUESTS) $(if $(SEED),--seed $(SEED)) < /dev/null

check: .venv/.installed $(ISLAND_MODULES) $(API_TYPE_MODULES) ## what a machine can say about the code without running it
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@cd portal/islands && npm run --silent check < /dev/null
	@$(BIN)/mypy
	@$(BIN)/mypy --python-version 3.14
	@for one in $(PYTHONS); do ! $$one -c '' 2> /dev/null || $$one -W error -m tools.compiling || exit; done
	@$(BIN)/lint-imports
	@$(BIN)/python -m tools.generate --check
	@$(API_TYPES) --check < /dev/null > /dev/null
	@$(BIN)/python -m tools.breaking
	@$(BIN)/python -m deploy.images

bench: packages .venv/.installed $(MAILS) $(ISLANDS) ## timings, as ratios (FULL=1: larger; ONLY=ranges|digests|sends|bytes|parts|peers|pages|browser)
	@$(BIN)/python -m bench $(if $(FULL),--full) $(addprefix --only ,$(ONLY)) < /dev/null

mails: $(MAILS) ## compile the mails, from MJML to the HTML that notify fills

islands: $(ISLANDS) ## build what the portal's pages gain when scripts run

screenshots: packages .venv/.installed $(ISLANDS) ## every page of the portal, as pictures in .local/screenshots (ONLY=compose)
	@$(BIN)/python -m tests.browser.screenshots $(ONLY) < /dev/null

generate: .venv/.installed $(API_TYPE_MODULES) ## write the documents, and the types of the islands, that are derived from the code
	@$(BIN)/python -m tools.generate
	@$(API_TYPES) < /dev/null > /dev/null

release: .venv/.installed ## keep today's documents of the APIs and events as those of a release
	@$(BIN)/python -m tools.breaking --release

lock: packages .venv/.installed ## settle the versions of everything anew
	@$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-header --quiet --output-file requirements.lock
	@node tools/mails/lock.mjs < /dev/null
	@node tools/mails/lock.mjs portal/islands < /dev/null
	@node tools/mails/lock.mjs tools/api-types < /dev/null
	@node tools/mails/lock.mjs bench/lighthouse < /dev/null
	@node tools/mails/lock.mjs bench/digests < /dev/null

fmt: .venv/.installed $(ISLAND_MODULES) ## lay the code out
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@cd portal/islands && npm run --silent fmt < /dev/null

packages:
	@$(PYTHON) -m devstack.debian < /dev/null

.venv/.installed: requirements.lock
	@$(PYTHON) -m devstack.debian venv < /dev/null
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/uv --version 2> /dev/null | grep -q ' $(UV) ' || $(BIN)/python -m pip install --quiet uv==$(UV)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirement requirements.lock
	@touch $@

# Node is needed here and nowhere else: neither the services nor their images know it. Nothing is fetched when it is warm.
$(MAIL_MODULES): tools/mails/package.json tools/mails/package-lock.json | packages
	@cd tools/mails && npm ci --ignore-scripts --prefer-offline --no-audit --no-fund --loglevel=error < /dev/null > /dev/null
	@touch $@

$(MAILS): $(MAIL_MODULES) tools/mails/compile.mjs $(wildcard services/notify/mjml services/notify/mjml/*.mjml services/notify/mjml/parts/*)
	@node tools/mails/compile.mjs < /dev/null
	@touch $@

# Samples of the mails: at /previews of a portal that is run for development.
$(PREVIEWS): $(MAILS) $(wildcard services/notify/previews.py services/notify/content/*.py services/notify/templates/*)
	@$(BIN)/python -m services.notify.previews $(@D) < /dev/null > /dev/null

$(ISLAND_MODULES): portal/islands/package.json portal/islands/package-lock.json | packages
	@cd portal/islands && npm ci --ignore-scripts --prefer-offline --no-audit --no-fund --loglevel=error < /dev/null > /dev/null
	@touch $@

$(API_TYPE_MODULES): tools/api-types/package.json tools/api-types/package-lock.json | packages
	@cd tools/api-types && npm ci --ignore-scripts --prefer-offline --no-audit --no-fund --loglevel=error < /dev/null > /dev/null
	@touch $@

$(ISLANDS): $(ISLAND_MODULES) $(wildcard $(addprefix portal/islands/,*.ts *.css tsconfig.json api/*.ts draft/*.ts page/*.ts recipients/*.ts uploader/*.ts))
	@cd portal/islands && npm run --silent build -- --logLevel warn < /dev/null
	@touch $@
