# make demo   the whole workflow on the embedded corpus
# make test   style and tests
# make test-slurm   the workflow on the SLURM cluster that is here: docs/cluster.md
#
# Another build of torch: pass pip's own options, once, before the first use of .venv, for example
#   make demo PIP_OPTIONS="--extra-index-url <address of the build you want>"

PYTHON ?= python3
PIP_OPTIONS ?=
BIN := .venv/bin
READY := .venv/ready

.PHONY: demo test test-slurm
.DELETE_ON_ERROR:

demo: $(READY)
	$(BIN)/snakemake --cores all --configfile protocols/demo.yaml --no-hooks
	@cat results/demo/tables/table*.txt
	@echo "Tables: results/demo/tables   figures: results/demo/figures   runs: results/demo/runs"

test: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/pytest

test-slurm: $(READY)
	$(BIN)/pytest tests/slurm

# The environment; brought up to date when what it holds changes.
$(READY): pyproject.toml envs/constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --progress-bar on $(PIP_OPTIONS) --constraint envs/constraints.txt --editable '.[demo,slurm,test]'
	touch $@
