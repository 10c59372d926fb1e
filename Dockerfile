# The image of plantrail: one static binary, the CA certificates, and a folder for
# temporary files. Build it from the source at the top of the repository:
#
#   docker build -t plantrail .
#
# For another machine's kind: --platform linux/arm64. A release's image has the binary of
# its archives instead (PROGRAM=released); goreleaser lays it beside this file.
ARG PROGRAM=source

FROM --platform=$BUILDPLATFORM golang:1.26-alpine AS build
ARG TARGETOS
ARG TARGETARCH
ARG VERSION=devel
ARG COMMIT
ARG COMMITTED
ENV CGO_ENABLED=0 GOTOOLCHAIN=local
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY schema schema
COPY pipeline pipeline
COPY cmd cmd
RUN GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -ldflags "-s -w -X main.release=$VERSION -X main.commit=$COMMIT -X main.committed=$COMMITTED" -o out/plantrail ./cmd/plantrail
RUN mkdir -m 1777 out/tmp

FROM scratch AS source
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY LICENSE THIRD_PARTY_LICENSES /usr/share/doc/plantrail/
COPY --from=build /src/out/plantrail /plantrail
COPY --from=build --chown=65532:65532 --chmod=1777 /src/out/tmp /tmp

FROM scratch AS released
ARG TARGETPLATFORM
# The same files beside the program; make beside writes them.
ADD bin/beside/image.tar /
COPY --chmod=0755 $TARGETPLATFORM/plantrail /plantrail

FROM $PROGRAM
ARG VERSION=devel
ARG COMMIT
LABEL org.opencontainers.image.title="plantrail" \
      org.opencontainers.image.description="Turns CloudTrail history into one exact table of AWS Support Plans activity" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$COMMIT"
# Merges write temporary files. A volume has the mode and owner of the folder
# that it lies over, so it can be written by a user who is not root, even where
# the root file system is read-only.
VOLUME ["/tmp"]
ENV TMPDIR=/tmp
# A number: Kubernetes cannot tell whether a name is root.
USER 65532:65532
STOPSIGNAL SIGTERM
ENTRYPOINT ["/plantrail"]
