# make build | man | test | race | fuzz | reloads | soak | restarts | backlog | disk | crash | power | ci | bench | profile | benchmarks | dist | reproducible | image | systemd

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
FUZZTIME ?= 30s
RELOADS ?= 1000
PAIRS ?= 5
PROFILE = internal/bench/postern.pgo
SOAK ?= 10m
RESTARTS ?= 100
WAITING ?= 1000000
CRASHES ?= 1000
POWERCUTS ?= 100

.PHONY: build man test race fuzz reloads soak restarts backlog disk crash power ci bench profile benchmarks dist reproducible image systemd

build: ## the static binary, ./postern
	CGO_ENABLED=0 go build -trimpath -pgo=$(PROFILE) -ldflags "-s -w -X github.com/posternhq/postern/cli.Version=$(VERSION)" -o postern .

man: build ## the manual page, ./postern.1
	./postern man > postern.1

test:
	go test ./...

race:
	go test -race ./...

fuzz: ## every fuzz target for FUZZTIME
	.ci/fuzz $(FUZZTIME)

reloads: ## the program under RELOADS changes of its configuration, half of them broken, while events come in: a few minutes, loopback only
	go test -tags reloads -run '^TestTheProgramUnderReloads$$' -v -timeout 60m ./agent -reloads $(RELOADS)

soak: ## the program for SOAK, with receivers that fail in every way and get well again, reloads and pauses; loopback only
	go test -tags soak -run '^TestTheProgramThroughASoak$$' -v -timeout 24h ./agent -soak $(SOAK)

restarts: ## the program stopped and started RESTARTS times while events come in: two minutes, loopback only
	go test -tags restarts -run '^TestTheProgramUnderRestarts$$' -v -timeout 60m ./agent -restarts $(RESTARTS)

backlog: ## what WAITING deliveries cost that wait: five minutes, 10 GB of disk, loopback only
	go test -tags backlog -run '^TestALineWithABacklog$$' -v -timeout 2h ./queue/embedded -waiting $(WAITING)
	go test -tags backlog -run '^TestTheProgramWithABacklog$$' -v -timeout 4h ./agent -waiting $(WAITING)

disk: ## each operation on files fails in turn, once and for good; bits are flipped all over them
	go test -run '^(TestEachOperationOnFilesMayFail|TestAFlippedBitCostsWhatStoodThere)$$' -v -timeout 60m ./queue/embedded -every-operation

crash: ## the program, killed CRASHES times at random while events come in: some minutes, loopback only
	go test -tags crash -run '^TestTheProgramUnderKills$$' -v -timeout 120m ./agent -crashes $(CRASHES)

# In a namespace of its own, which takes the mounts with it; without root it is skipped.
power: ## the program, on file systems in files whose power is cut POWERCUTS times, and a control that does not sync; needs root, ext4 and strace
	@within=; if [ "$$(id -u)" = 0 ]; then within="unshare --mount"; fi; set -x; \
	$$within go test -tags power -run '^(TestTheProgramUnderPowerCuts|TestAProgramThatDoesNotSyncIsCaught)$$' -v -timeout 120m ./agent -powercuts $(POWERCUTS)

bench: build ## Postern beside a yardstick on this machine, run by run, in one table: about six minutes; docs/performance.md
	go run ./internal/bench -postern ./postern -dir . -pairs $(PAIRS)

profile: ## the profile by which the program is compiled, anew: two minutes; docs/performance.md
	rm -rf bench-profiled && mkdir bench-profiled
	CGO_ENABLED=0 go build -trimpath -tags profile -o bench-profiled/postern .
	POSTERN_PROFILE=$(CURDIR)/bench-profiled go run ./internal/bench -postern bench-profiled/postern -dir . -pairs 1 -scenes 'postern.*'
	go tool pprof -proto -output $(PROFILE) bench-profiled/*.cpu
	rm -rf bench-profiled

benchmarks: ## what parts of the road cost; compare ratios of one run, never figures of two
	go test -run '^$$' -bench . -benchmem ./...

ci:
	bash .ci/run

dist: ## the release in ./dist: archives for amd64 and arm64, bills of materials, checksums
	.ci/dist $(VERSION)

reproducible: ## the release twice, from two copies in two places, with empty caches: the same bytes
	.ci/reproducible

image: ## the Dockerfile's steps by buildah, and the image tried: root, no daemon
	.ci/image

systemd: ## examples/systemd under a real systemd: root, debootstrap
	.ci/systemd
