# Each target is what README says. `make PYTHON=python3.12 test` chooses another interpreter.
PYTHON ?= python3
BIN = .venv/bin

.PHONY: install demo gallery test quick test-colab test-browser chromium lint sync robustness fuzz weights bench bench-readers \
	bench-synthetic bench-systems docs wheel-test sbom audit clean

install: .venv/ready

# torch comes first and pinned, so that no later package draws in another build of it.
.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -c constraints.txt torch
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[dev]"
	touch .venv/ready

demo: install
	$(BIN)/python -m lpr_helpers notebooks demo

# Pictures of what the demo left, for docs/gallery.md; after `make demo`, with a Chromium.
gallery: install
	$(BIN)/python -m tests.benchmarks.gallery $(ARGS)

test: lint
	$(BIN)/python -m pytest tests -n 2 --dist loadfile --cov=lpr_helpers --cov-report=term:skip-covered
	$(BIN)/python -m pytest --nbmake notebooks/

# Without the tests that take seconds.
quick: install
	$(BIN)/python -m pytest tests -m "not slow" -n 2

# The notebooks on what Colab ships: make PYTHON=python3.13 test-colab
COLAB = artifacts/colab-venv/bin
test-colab:
	$(PYTHON) -m venv artifacts/colab-venv
	$(COLAB)/python -m pip install --quiet -c .github/colab-constraints.txt \
		--extra-index-url https://download.pytorch.org/whl/cpu ".[notebooks]" pytest nbmake
	$(COLAB)/python -m pytest --nbmake notebooks/

# The error browser, and uploads, in JupyterLab in Chromium, or it fails; `make chromium` fetches one where there is none.
test-browser: install
	LPR_CHROMIUM=needed $(BIN)/python -m pytest tests/browser/test_real_browser.py

chromium: install
	$(BIN)/python -m playwright install --with-deps chromium

# Style, format, which room may import which, types.
lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy

sync: install
	$(BIN)/python -m lpr_helpers notebooks sync

# The readers of foreign files tried with many more inputs: make fuzz EXAMPLES=20000
EXAMPLES ?= 5000
fuzz: install
	LPR_FUZZ=$(EXAMPLES) $(BIN)/python -m pytest tests -m fuzz

# docs/robustness.md, from the tests that it lists.
robustness: install
	$(BIN)/python -m tests.support.robustness

# How fast training and reading are, beside networks of others: make bench ARGS="--plot artifacts/speed.png"
bench: install
	$(BIN)/python -m tests.benchmarks.training $(ARGS)

# The weights in the package, made anew: make weights ARGS="--tracks 60000 --epochs 4 --ship"
weights: install
	$(BIN)/python -m lpr_helpers weights $(ARGS)

# What readers read, side by side: make bench-readers ARGS="crnn=FOLDER --real FOLDER"
bench-readers: install
	$(BIN)/python -m tests.benchmarks.readers $(ARGS)

# What a reader that saw generated tracks alone reads: make bench-synthetic ARGS="--real FOLDER"
bench-synthetic: install
	$(BIN)/python -m tests.benchmarks.synthetic $(ARGS)

# Every system of the report, at one budget, in one table: make bench-systems ARGS="--real FOLDER … --processes 8"
bench-systems: install
	$(BIN)/python -m tests.benchmarks.systems $(ARGS)

# The tools of docs, sbom and audit, apart from what a developer needs.
TOOLS = artifacts/tools
$(TOOLS)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv --clear $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet -c constraints.txt ".[docs,release]"
	touch $(TOOLS)/ready

# The site, in artifacts/site; a broken link is an error.
docs: $(TOOLS)/ready
	NO_MKDOCS_2_WARNING=1 $(TOOLS)/bin/mkdocs build --strict

# The wheel, alone in an environment: make PYTHON=python3.12 wheel-test
WHEEL = artifacts/wheel
wheel-test:
	$(PYTHON) -m tests.support.wheel $(WHEEL) -c constraints.txt

# What the wheel draws in, as CycloneDX, beside it.
sbom: wheel-test $(TOOLS)/ready
	$(TOOLS)/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
		--output-file $(WHEEL)/lpr-helpers.cdx.json $(WHEEL)/environment/bin/python

# Fails on a known vulnerability of a pinned package, and says so where it could not ask.
audit: $(TOOLS)/ready
	$(TOOLS)/bin/python -m tests.support.audit constraints.txt

clean:
	rm -rf artifacts .venv
