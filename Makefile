# make demo     the whole workflow on the synthetic corpus
# make report   the demo's report, as HTML and, if LaTeX is installed, as PDF; for another protocol:
#                 make report PROTOCOL=protocols/released.yaml CONFIG="corpus=... glove=..."
#               for the paper's protocol: PROTOCOL= (empty)
# make test     style, imports between the parts of the package, types, and tests
# make quick    style, imports, and the unit tests that import neither torch nor Snakemake: under a minute
# make bench    time and memory of training, against plain builds of the models: docs/performance.md;
#               another number of threads, or a part:  make bench BENCH="--threads 1 --models self"
# make images   the README's pictures, from the demo's results (needs chromium)
# make test-gpu    what only a GPU can show: docs/gpu.md
# make test-slurm   the workflow on the SLURM cluster that is here: docs/cluster.md
#
# Another build of torch: pass pip's own options, once, before the first use of .venv, for example
#   make demo PIP_OPTIONS="--extra-index-url <address of the build you want>"

PYTHON ?= python3
PIP_OPTIONS ?=
BIN := .venv/bin
READY := .venv/ready
PROTOCOL ?= protocols/demo.yaml
CONFIG ?=
BENCH ?=
# The `results` of the last file that sets it. Set RESULTS yourself if CONFIG changes it.
RESULTS ?= $(shell sed -n 's/^results: *\([^ ]*\).*/\1/p' config.yaml $(PROTOCOL) | tail -1)
SNAKEMAKE = $(BIN)/snakemake --cores all $(if $(PROTOCOL),--configfile $(PROTOCOL)) $(if $(CONFIG),--config $(CONFIG))

.PHONY: bench demo images quick report style test test-gpu test-slurm
.DELETE_ON_ERROR:

demo: $(READY)
	$(BIN)/snakemake --cores all --configfile protocols/demo.yaml
	@echo "Tables: results/demo/tables   figures: results/demo/figures   runs: results/demo/runs"

report: $(READY)
	$(SNAKEMAKE) --no-hooks
	@mkdir -p $(RESULTS)/report
	$(SNAKEMAKE) --report $(RESULTS)/report/report.html
	@if command -v pdflatex > /dev/null; then \
	    $(SNAKEMAKE) --no-hooks -- report && echo "Report: $(RESULTS)/report/report.html and report.pdf"; \
	else \
	    echo "Report: $(RESULTS)/report/report.html. The PDF needs LaTeX (on Debian: apt-get install"; \
	    echo "texlive-latex-recommended texlive-fonts-recommended lmodern); then: make report"; \
	fi

style: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/lint-imports --no-logo

quick: style
	$(BIN)/pytest --quick --numprocesses 2 --dist loadfile tests/unit

test: style
	$(BIN)/mypy
	$(BIN)/snakemake --lint --configfile protocols/demo.yaml
	$(BIN)/pytest --numprocesses 2 --dist loadfile tests/unit
	$(BIN)/pytest tests/workflow

bench: $(READY)
	$(BIN)/python benchmarks/training.py $(BENCH)

images: demo
	$(BIN)/python docs/make_images.py

test-gpu: $(READY)
	$(BIN)/pytest tests/gpu

test-slurm: $(READY)
	$(BIN)/pytest tests/slurm

# The environment; brought up to date when what it holds changes.
$(READY): pyproject.toml envs/constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --progress-bar on $(PIP_OPTIONS) --constraint envs/constraints.txt --editable '.[demo,slurm,test]'
	touch $@
