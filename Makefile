# make build | test | race | fuzz | ci | bench

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
FUZZTIME ?= 30s

.PHONY: build test race fuzz ci bench

build: ## the static binary, ./postern
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X github.com/posternhq/postern/cli.Version=$(VERSION)" -o postern .

test:
	go test ./...

race:
	go test -race ./...

fuzz: ## every fuzz target for FUZZTIME
	.ci/fuzz $(FUZZTIME)

bench: ## every benchmark; compare ratios of one run, never figures of two
	go test -run '^$$' -bench . -benchmem ./...

ci:
	bash .ci/run
