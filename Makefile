# make demo    a running site on this machine        (LAN=1: HTTPS on the local network, for a real phone; PORT=8080)
# make test    everything that must hold             (T=path for a part of it; J=0 in one process, else as many as cores)
# make bench   what a login costs
# make check   types, style and the phone app's own checks, without the tests
# make clean   forget what was built; the demo's data too
# Each word does its own set-up; a second call finds it done.

SHELL := /bin/sh
BIN := .venv/bin
PORT ?= 8080
J ?= auto
IN_PARALLEL := $(if $(filter-out 0,$(J)),-n $(J) --maxprocesses 4 --dist worksteal)
# An environment that was moved or copied names the old folder in every script: it is made anew.
MOVED := $(shell [ ! -e .venv/home ] || [ "$$(cat .venv/home)" = "$(CURDIR)" ] || { rm -rf .venv && echo yes; })
ASSETS := build/assets.stamp
ASSET_SOURCES := $(shell find phone/src phone/*.mjs phone/*.json src/twolatch/faces/portal/scripts src/twolatch/faces/portal/assets src/twolatch/faces/portal/build.mjs -type f 2>/dev/null)

.PHONY: demo test bench check app clean

demo: .venv/ready $(ASSETS)
	@$(BIN)/twolatch demo --port $(PORT) $(if $(LAN),--lan)

test: .venv/ready-dev $(ASSETS)
	@sh setup/ready.sh test-tools
	@cd phone && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent check && PATH="$(CURDIR)/$(BIN):$$PATH" npm test --silent
	@$(BIN)/python -m pytest $(IN_PARALLEL) $(T) || { [ $$? -eq 1 ] && $(BIN)/python -m tests.second_look; }

check: .venv/ready-dev $(ASSETS)
	@$(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports
	@cd phone && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent check

bench: .venv/ready-dev $(ASSETS)
	@sh setup/ready.sh test-tools
	@$(BIN)/python -m bench $(B)

app: $(ASSETS)

.venv/ready: requirements.lock pyproject.toml setup/ready.sh setup/here.py
	@sh setup/ready.sh python && touch $@

.venv/ready-dev: .venv/ready requirements-dev.lock
	@sh setup/ready.sh python-dev && touch $@

$(ASSETS): .venv/ready $(ASSET_SOURCES)
	@sh setup/ready.sh assets && mkdir -p build && touch $@

clean:
	rm -rf .venv build var phone/node_modules src/twolatch/faces/phone_app/built src/twolatch/faces/portal/built
