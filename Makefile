# HeVoice's commands. `make` alone lists them; README.md tells what they print.
SHELL = /bin/bash -o pipefail
PYTHON ?= python3
MANAGE = .venv/bin/python manage.py

# $(call install_packages,<a test that finds them>,<packages>): as root with apt, else say what to do.
install_packages = $(1) || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	&& echo "Installing $(2) ..." && apt-get update -qq \
	&& DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $(2) >/dev/null; } \
	|| { echo "Please install first: sudo apt-get install $(2)"; exit 1; }

pip_install = .venv/bin/python -m pip install --disable-pip-version-check --progress-bar off -r
progress = awk '/^Collecting/ && ++n % 20 == 0 { print "  " n " packages ..."; fflush() } \
	/^Installing collected/ { print "  all downloaded, installing ..."; fflush() }'

# One more process than cores: most of what is not quick waits for a telephone's time to pass.
PROCESSES ?= $(shell expr $$(nproc) + 1)
TEST = $(MANAGE) test --parallel $(PROCESSES)

.PHONY: help run call quick test check pictures install install-dev models

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

run: install ## set everything up, start the server, place a call, print it (PORT=8000)
	@exec $(MANAGE) run

call: install ## one more call at the running server (N=20, WAV=file, CONVERSATION=knowledge or booking-tool, CALLED=+972..., PORT=8000)
	@exec $(MANAGE) call \
		$(if $(N),--calls "$(N)") $(if $(WAV),--wav "$(WAV)") \
		$(if $(CONVERSATION),--conversation "$(CONVERSATION)") $(if $(CALLED),--called "$(CALLED)")

quick: install-dev ## the fast tests: no server, no browser, no model; under a minute
	@$(TEST) --exclude-tag protocol --exclude-tag browser

test: install-dev models ## every test; the last line says how many ran (PROCESSES=3)
	@$(TEST)

check: install-dev ## format, lint, types, and every test
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy .
	@$(MAKE) --no-print-directory test

pictures: install-dev ## draw the pictures of README.md and docs/dashboard.md again, from invented calls
	@.venv/bin/python -m bench.pictures

models: install ## fetch the embedded recogniser's model (about 140 MB, once)
	@exec $(MANAGE) fetch_model

install: .venv/installed ## what `run` needs
	@$(call install_packages,command -v espeak-ng >/dev/null,espeak-ng)

install-dev: install .venv/installed-dev ## what `test` and `check` need, too
	@$(call install_packages,command -v chromium >/dev/null && fc-list :lang=he | grep -q .,chromium fontconfig fonts-dejavu-core)
	@$(call install_packages,command -v xgettext >/dev/null,gettext)
	@$(call install_packages,command -v redis-server >/dev/null && ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1,redis-server postgresql)

.venv/installed: requirements.txt | .venv
	@echo "Installing the Python packages of $< (a few minutes) ..."
	@$(pip_install) $< | $(progress)
	@touch $@

.venv/installed-dev: requirements-dev.txt requirements.txt | .venv
	@echo "Installing the Python packages of $< ..."
	@$(pip_install) $< | $(progress)
	@touch $@

.venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 ..."; exit 1; }
	@$(call install_packages,$(PYTHON) -c 'import ensurepip; import venv' 2>/dev/null,$(notdir $(PYTHON))-venv)
	@$(PYTHON) -m venv .venv
