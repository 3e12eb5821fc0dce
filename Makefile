# Needs make, git and Python 3.11 or newer; everything else is fetched into .venv and var.
PYTHON ?= python3
PORT ?= 8000
PART ?= all
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq install

.DEFAULT_GOAL := run
.PHONY: run test lint bench messages picture clean

run: $(VENV)/installed
	@exec $(BIN)/python manage.py up --demo --port $(PORT)

test: $(VENV)/installed-dev
	@$(BIN)/python -m scripts.run_tests $(ARGS)

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint --quiet --lint templates

# Of a demo that runs on PORT.
picture: $(VENV)/installed-dev
	@$(BIN)/python -m scripts.take_picture --port $(PORT)

# Collects the texts of the pages into locale/, and packs what is translated.
messages: $(VENV)/installed-dev
	@$(BIN)/python -m scripts.messages

bench: $(VENV)/installed-dev
	@$(BIN)/python -m tests.bench --part $(PART)

# The stamps are older than the lists of requirements when something is to be installed.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Warroom needs Python 3.11 or newer: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	@echo "making $(VENV) …"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); sh scripts/get_venv.sh && $(PYTHON) -m venv $(VENV); }

$(VENV)/installed: requirements.txt | $(VENV)/bin/python
	@echo "installing what the product needs …"
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/installed-dev: requirements.txt requirements-dev.txt | $(VENV)/bin/python
	@echo "installing what the product and its tests need …"
	@$(PIP) -r requirements-dev.txt
	@touch $(VENV)/installed $@

# Everything that can be made again. The data of your runs, var/, stays.
clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
