# Thin: what is more than a line lies in the binary `motcua` or in e2e/servers/.

CARGO ?= cargo
# dev builds in minutes; PROFILE=release is what one deploys.
PROFILE ?= dev
PORT ?= 8080
GATEWAY ?= http://127.0.0.1:$(PORT)
CONCURRENCY ?= 8
# Of `make faults`: faults in the separate services, kills of the suite in one process; SEED=… for a row seen before.
FAULTS ?= 480
KILLS ?= 30
# Of `make bench`: seconds that the broker is away.
BROKER_AWAY ?= 600
# Of `make figures`: dossiers that are there.
DOSSIERS ?= 1000000

MOTCUA = $(CARGO) run --quiet --profile $(PROFILE) -p suite --bin motcua --

.DEFAULT_GOAL := help
.PHONY: help run test lint fmt openapi openapi-check up down faults bench bench-catalogue figures api-fuzz fuzz demo deny clean-local chart chart-readme images images-test operations sizing

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Build and start the whole suite in one process, with demo data, on http://127.0.0.1:8080
	@$(CARGO) run --profile $(PROFILE) -p suite --bin motcua -- serve --demo

test: ## Test everything: SQLite, then PostgreSQL, RabbitMQ and Redis (found, or started for the time)
	@e2e/servers/test.sh

lint: ## Check format and lints, as CI does
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings

fmt: ## Format
	$(CARGO) fmt --all

openapi: ## Write openapi/*.json (asyncapi.json, too) from the code
	$(MOTCUA) openapi --write openapi

openapi-check: ## Fail if openapi/*.json is not what the code says
	$(MOTCUA) openapi --check openapi

up: ## Start each service as a process of its own over PostgreSQL, RabbitMQ and Redis
	@PROFILE=$(PROFILE) PORT=$(PORT) e2e/servers/up.sh

down: ## Stop what `make up` started; the data stays
	@e2e/servers/down.sh

demo: ## Play the main story once through the public API of what runs (GATEWAY=…)
	@$(MOTCUA) demo --gateway $(GATEWAY)

faults: ## Kill, cut and confuse everything while people file, and check (COUNT=…, FAULTS=…, KILLS=…, SEED=…)
	@PROFILE=$(PROFILE) e2e/servers/faults.sh --count $(or $(COUNT),5000) --faults $(FAULTS) --kills $(KILLS) $(if $(SEED),--seed $(SEED)) --figures

bench: ## Measure all: figures, relay, events, a broker away, the main story where a suite runs, sign-in (PART=sign-in: that alone; COUNT=…, BROKER_AWAY=…)
	@[ "$(PART)" = sign-in ] || $(MAKE) --no-print-directory figures
	@PART=$(PART) CARGO="$(CARGO)" PROFILE=$(PROFILE) GATEWAY=$(GATEWAY) COUNT=$(or $(COUNT),200) CONCURRENCY=$(CONCURRENCY) BROKER_AWAY=$(BROKER_AWAY) e2e/servers/bench.sh

figures: ## Measure filing, transitions and reconcilers with many dossiers, and the calendar (DOSSIERS=…)
	@$(CARGO) run --quiet --release -p vn --example due_rate
	@PROFILE=release e2e/servers/figures.sh --large $(DOSSIERS)

bench-catalogue: ## Measure import, search, suggestions, reads and memory of the catalogue, and trigrams beside it (FILE=the portal's JSON lines)
	@PROFILE=$(PROFILE) e2e/servers/bench-catalogue.sh "$(FILE)"

api-fuzz: ## Made-up requests to every operation as everybody: no 500, nothing undocumented (EXAMPLES=…, ROLES=…, SEED=…)
	@$(CARGO) build --profile $(PROFILE) -p suite --bin motcua && PROFILE=$(PROFILE) e2e/servers/api-fuzz.sh

fuzz: ## Fuzz one parser without end (FUZZ_TARGET=…; needs cargo-fuzz and a nightly compiler)
	@cd fuzz && FUZZ_TARGET=$(FUZZ_TARGET) $(CARGO) +nightly fuzz run outside

deny: ## Check licences, sources and bans of dependencies (needs cargo-deny)
	@if $(CARGO) deny --version >/dev/null 2>&1; then $(CARGO) deny check bans licenses sources; \
	else echo "not checked: cargo install --locked cargo-deny"; fi

chart: ## Check the Helm chart without a cluster: two engines, schemas, references, rules, alerts
	@e2e/cluster/chart.sh

chart-readme: ## Write helm/motcua/README.md from the schema of its values
	@.local/chart-tools/venv/bin/python e2e/cluster/values_readme.py > helm/motcua/README.md.new && mv helm/motcua/README.md.new helm/motcua/README.md

images: ## Build the image of the suite (VERSION=…, ENGINE=podman|docker|buildah, PREBUILT=1 to use binaries built here, TWICE=1)
	@e2e/cluster/images.sh

images-test: ## Start the rendered production set as containers beside private servers and play the story
	@e2e/cluster/images-test.sh

operations: ## Execute docs/operations/restore.md and upgrade.md on processes and PostgreSQL (PREVIOUS=… the programs of the release before)
	@e2e/cluster/restore.sh
	@e2e/cluster/upgrade.sh

sizing: ## Measure what one dossier costs and write docs/operations/sizing.md; alone on the machine (SIZING="--count 400 --grow 100000")
	$(CARGO) build --locked --workspace --bins --release
	python3 e2e/cluster/sizing.py measure --bin target/release $(SIZING)
	python3 e2e/cluster/sizing.py write

clean-local: ## Stop it, and forget the data and logs of `make up`
	@e2e/servers/down.sh --forget
