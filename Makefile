# Everything a contributor does, in one word each. Nothing here reads from the keyboard.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
UV := 0.13.9
PORT ?= 8080
FILES_PORT ?= $(shell echo $$(( $(PORT) + 1 )))
SERVICE ?=

.DEFAULT_GOAL := help
.PHONY: help run stop restart status demo test check bench generate lock fmt packages

help: ## what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: packages .venv/.installed ## start everything on this machine and stay (PORT=8080)
	@exec $(BIN)/python -m devstack run --port $(PORT) --files-port $(FILES_PORT) < /dev/null

stop: .venv/.installed ## stop what run started
	@$(BIN)/python -m devstack stop

restart: .venv/.installed ## restart one service alone (SERVICE=upload)
	@$(BIN)/python -m devstack restart $(SERVICE)

status: .venv/.installed ## show what runs, where, and its log
	@$(BIN)/python -m devstack status

demo: packages .venv/.installed ## send a file from one person to another, from beginning to end
	@$(BIN)/python -m devstack.demo < /dev/null

test: packages .venv/.installed ## every test, on the real servers
	@$(BIN)/python -m pytest < /dev/null

check: .venv/.installed ## what a machine can say about the code without running it
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m tools.generate --check

bench: packages .venv/.installed ## timings, as ratios
	@$(BIN)/python -m bench < /dev/null

generate: .venv/.installed ## write the documents that are derived from the code
	@$(BIN)/python -m tools.generate

lock: .venv/.installed ## settle the versions of everything anew
	@$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-annotate --no-header \
		--quiet --output-file requirements.lock

fmt: .venv/.installed ## lay the code out
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

packages:
	@$(PYTHON) -m devstack.debian < /dev/null

.venv/.installed: requirements.lock
	@$(PYTHON) -m devstack.debian venv < /dev/null
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/uv --version 2> /dev/null | grep -q ' $(UV) ' || $(BIN)/python -m pip install --quiet uv==$(UV)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirement requirements.lock
	@touch $@
