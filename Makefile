# Each target says what it does behind ##; plain make lists them.

GOLANGCI    = go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
ACTIONLINT  = go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
GOVULNCHECK = go run golang.org/x/vuln/cmd/govulncheck@v1.9.0
VERSION     = $(shell git describe --tags --always --dirty 2>/dev/null)
COMMIT      = $(shell git rev-parse HEAD 2>/dev/null)
COMMITTED   = $(shell TZ=UTC git log -1 --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd 2>/dev/null)
FUZZTIME   ?= 30s

.DEFAULT_GOAL := help
.PHONY: help build image demo picture test race lint check fuzz bench soak stores proof scale digests engines vulnerabilities licences beside snapshot release-check notes clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build the program as bin/plantrail
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.release=$(VERSION) -X main.commit=$(COMMIT) -X main.committed=$(COMMITTED)' -o bin/plantrail ./cmd/plantrail

image: ## build the container image
	docker build --build-arg VERSION=$(VERSION) --build-arg COMMIT=$(COMMIT) --build-arg COMMITTED=$(COMMITTED) -t plantrail:$(VERSION) .

demo: build ## run it on the sample trail, into demo-table
	@rm -rf demo-table
	bin/plantrail run --source cmd/plantrail/testdata/trail --table demo-table || test $$? -eq 3
	@find demo-table -name '*.parquet' | sort
	@echo; echo 'The broken log file is there on purpose. Now ask: bin/plantrail show --table demo-table'

picture: build ## take the picture of the page in the README; needs chromium and pngquant
	@rm -rf /tmp/support-plans
	bin/plantrail run --progress none --source cmd/plantrail/testdata/trail --table /tmp/support-plans || test $$? -eq 3
	bin/plantrail page --table /tmp/support-plans --out /tmp/support-plans/page.html
	chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1000,1250 --screenshot=/tmp/support-plans/page.png /tmp/support-plans/page.html
	pngquant --force --nofs --output docs/page.png 48 /tmp/support-plans/page.png

# Under the race detector -short leaves out what is long and has one goroutine. The
# bench module runs without it: it takes the servers and DuckDB minutes more.
test: ## run the tests of both modules; they start S3 and DuckDB themselves
	go test -race -short -timeout 14m ./...
	go test -timeout 14m ./pipeline ./pipeline/digest ./pipeline/gunzip ./pipeline/table
	cd bench && go test -timeout 14m $$(go list ./... | grep -v /soak)

race: ## run all tests under the race detector; takes long
	go test -race -timeout 60m ./...
	cd bench && go test -race -timeout 60m $$(go list ./... | grep -v /soak)

lint: ## run the linters on both modules and on the workflows
	$(GOLANGCI) run ./...
	cd bench && $(GOLANGCI) run --config ../.golangci.yml ./...
	$(ACTIONLINT) .github/workflows/*.yml

check: build lint test ## all that must pass before a change is done
	go mod tidy -diff
	cd bench && go mod tidy -diff

fuzz: ## run every fuzz target for FUZZTIME
	@for package in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
		done; \
	done

bench: ## compare with peers on the same files, in pairs; takes minutes
	cd bench && go run ./cmd/bench

soak: ## kill it 200 times, run it ten minutes on faults, shard it, and a night of 500 accounts
	cd bench && PLANTRAIL_KILLS=200 PLANTRAIL_ROUNDS=5 PLANTRAIL_SOAK=10m PLANTRAIL_ACCOUNTS=500 PLANTRAIL_SHARD_SCALE=2 go test -count=1 -v -timeout 60m ./soak

proof: ## verify against the AWS CLI, on 330 changed trails and in pace, in a Python of its own; takes minutes
	test -x bench/.venv/bin/aws || (python3 -m venv bench/.venv && bench/.venv/bin/pip install -q awscli cryptography)
	cd bench && PLANTRAIL_TRAILS=330 PLANTRAIL_PACE=1 go test -count=1 -v -timeout 30m ./proof

# Builds what is a Go module in a module of its own, since nothing else may depend on it.
stores: ## try it on S3 servers that people use; fetches and builds them, which takes long
	@mkdir -p bin/stores
	for tool in gofakes3=github.com/johannesboyne/gofakes3/cmd/gofakes3@v1.2.0 minio=github.com/minio/minio@latest weed=github.com/seaweedfs/seaweedfs/weed@latest; do \
		name=$${tool%%=*}; package=$${tool#*=}; test -x bin/stores/$$name && continue; dir=$$(mktemp -d); \
		(cd $$dir && go mod init stores && go get -tool $$package && go build -o $(CURDIR)/bin/stores/$$name $${package%@*}); rm -rf $$dir; \
	done
	-test -e bin/stores/s3mock.jar || { mvn -q -B dependency:copy -Dartifact=com.adobe.testing:s3mock:4.11.0:jar:exec -DoutputDirectory=bin/stores -Dmdep.stripVersion && mv bin/stores/s3mock-exec.jar bin/stores/s3mock.jar; }
	-test -e bin/stores/s3proxy.jar || { mvn -q -B dependency:copy -Dartifact=org.gaul:s3proxy:2.9.0:jar:jar-with-dependencies -DoutputDirectory=bin/stores -Dmdep.stripVersion && mv bin/stores/s3proxy-jar-with-dependencies.jar bin/stores/s3proxy.jar; }
	cd bench && PLANTRAIL_STORES=$(CURDIR)/bin/stores go test -count=1 -v -timeout 20m ./stores

scale: ## plan and read 20 million log files that nobody stores; takes minutes
	cd bench && go run ./cmd/scale all

DIGEST_DAYS ?= 30

digests: ## verify the digests of 500 accounts and two regions, of DIGEST_DAYS; takes minutes, a year an hour
	cd bench && go run ./cmd/scale -days $(DIGEST_DAYS) digests

# A JDK of version 25 or later for Trino; without one it is skipped.
JAVA25 ?= $(firstword $(wildcard /usr/lib/jvm/*25*/bin/java))

engines: ## read tables with engines and libraries, old ones too; fetches them first, takes minutes
	cd bench/engines && ./fetch.sh
	cd bench && PLANTRAIL_PYTHON=$(CURDIR)/bench/engines/fetched/python/bin/python \
		PLANTRAIL_READERS=$(CURDIR)/bench/engines/fetched/readers/bin/python \
		PLANTRAIL_OLD_READERS=$(CURDIR)/bench/engines/fetched/oldreaders/bin/python \
		PLANTRAIL_SPARK32=$(CURDIR)/bench/engines/fetched/spark32/bin/python \
		PLANTRAIL_SPARK35=$(CURDIR)/bench/engines/fetched/spark35/bin/python \
		PLANTRAIL_SPARK4=$(CURDIR)/bench/engines/fetched/spark4/bin/python \
		PLANTRAIL_TRINO=$(CURDIR)/bench/engines/fetched/trino PLANTRAIL_JAVA=$(JAVA25) \
		go test -count=1 -v -timeout 90m ./engines ./examples

vulnerabilities: ## look for known vulnerabilities that the program can reach; asks the Go vulnerability database
	$(GOVULNCHECK) ./...

licences: ## write THIRD_PARTY_LICENSES from the modules that the program is linked with
	@mkdir -p bin
	cd bench && go run ./cmd/licences > ../bin/licences
	mv bin/licences THIRD_PARTY_LICENSES

# Built as a release is, so that they say the same as it does.
PROGRAM = CGO_ENABLED=0 go run -buildvcs=false -trimpath -ldflags '-X main.release=$(VERSION) -X main.commit=$(COMMIT) -X main.committed=$(COMMITTED)' ./cmd/plantrail

# What links of the README lead to, at the same places; as committed, with its time and modes.
DOCUMENTS = ':(glob)*.md' docs cmd/plantrail/deploy cmd/plantrail/examples bench/proof/check_certificate.py

# As in .goreleaser.yaml; a release without a public address has nobody to write to.
MAINTAINER = The plantrail maintainers <maintainers@plantrail.invalid>

beside: ## write what is packed beside the program: completions, manual page, and the image's files
	@rm -rf bin/beside && mkdir -p bin/beside
	$(PROGRAM) completion bash > bin/beside/plantrail.bash
	$(PROGRAM) completion zsh > bin/beside/_plantrail
	$(PROGRAM) completion fish > bin/beside/plantrail.fish
	$(PROGRAM) man > bin/beside/plantrail.1
	gzip -9nk bin/beside/plantrail.1
	git -c tar.umask=022 archive --prefix=documents/ HEAD -- $(DOCUMENTS) | tar -x -p -C bin/beside
	printf -- '- semver: %s\n  date: %s\n  packager: %s\n  deb: {urgency: medium, distributions: [unstable]}\n  changes:\n    - note: %s\n' \
		"$(VERSION:v%=%)" "$(COMMITTED)" "$(MAINTAINER)" "See /usr/share/doc/plantrail/CHANGELOG.md" > bin/beside/changelog.yaml
	cd bench && go run ./cmd/imageroot ../LICENSE ../THIRD_PARTY_LICENSES > ../bin/beside/image.tar

bin/release/goreleaser:
	GOFLAGS= GOBIN=$(CURDIR)/bin/release go install github.com/goreleaser/goreleaser/v2@v2.16.0

bin/release/syft:
	GOFLAGS= GOBIN=$(CURDIR)/bin/release go install -ldflags '-X main.version=1.57.1' github.com/anchore/syft/cmd/syft@v1.57.1

bin/release/root.tar:
	mmdebstrap --variant=minbase --include=bash-completion,man-db,zsh,fish bookworm $@

snapshot: bin/release/goreleaser bin/release/syft ## build what a release of this commit would have, into dist
	bench/release/snapshot.sh dist

release-check: snapshot bin/release/root.tar ## build it again in another clone, compare the bytes, and try what was built
	bench/release/again.sh dist
	cd bench && PLANTRAIL_DIST=$(CURDIR)/dist PLANTRAIL_ROOT=$(CURDIR)/bin/release/root.tar go test -count=1 -v -timeout 30m ./release

notes: ## print what CHANGELOG.md says of VERSION
	@echo '$(VERSION)' | sed 's/^v//; s/-.*//' | awk 'NR == FNR { want = $$1; next } /^## / { on = $$2 == want; next } on' - CHANGELOG.md

clean: ## remove what the targets above made
	rm -rf bin dist demo-table
