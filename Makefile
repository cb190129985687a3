# make run    does all the set-up and serves the demo at http://localhost:8080
# make test   does all the set-up and runs everything that is checked
#
# Both work from a fresh clone, with an emptied environment, again and again.

SHELL := /bin/sh
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: run test build assets bench race fmt vet check-fmt setup-run setup-test clean

# Where Go's own installer puts it, for shells that do not know.
export PATH := $(PATH):/usr/local/go/bin

# Go stamps the revision into the binary and fails where git refuses to tell it
# (a clone that belongs to another user, or no clone at all).
export GOFLAGS := $(strip $(GOFLAGS) $(shell git status --porcelain >/dev/null 2>&1 || echo -buildvcs=false))

ASSETS := web/assets/dist/nhsuk-frontend.css

run: setup-run build
	@exec ./bin/rung demo --data ./data

build: assets
	go build -o bin/rung ./cmd/rung

test: setup-test assets check-fmt vet
	go test -timeout 15m ./...

# The race detector needs a C compiler and a quarter of an hour.
race: setup-test assets
	go test -race -timeout 30m ./...

bench: setup-test assets
	go test -run '^$$' -bench . -benchmem -timeout 30m ./...

setup-run setup-test:
	@sh scripts/setup.sh $(@:setup-%=%)

# The pages' styles and scripts, and axe-core for the package check: fetched by
# the lock file, copied, and embedded in the binary by the next build.
assets: $(ASSETS)

$(ASSETS): node_modules/.stamp web/assets/build.mjs
	node web/assets/build.mjs
	@touch $@

node_modules/.stamp: package.json package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

fmt:
	gofmt -w $$(git ls-files --cached --others --exclude-standard '*.go')

check-fmt:
	@wrong=$$(find . -name '*.go' -not -path './node_modules/*' -not -path './data/*' -exec gofmt -l {} +); \
	if [ -n "$$wrong" ]; then echo "not formatted (make fmt):"; echo "$$wrong"; exit 1; fi

vet:
	go vet ./...

# Not ./data: that is somebody's work.
clean:
	rm -rf bin node_modules
	find web/assets/dist authoring/packagecheck/browser/dist -mindepth 1 -not -name .keep -delete
