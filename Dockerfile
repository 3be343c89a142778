FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X github.com/posternhq/postern/cli.Version=${VERSION}" -o /postern . \
 && mkdir -p /rootfs/var/lib/postern /rootfs/run/postern /rootfs/etc/postern /rootfs/etc/ssl/certs \
 && cp /etc/ssl/certs/ca-certificates.crt /rootfs/etc/ssl/certs/ \
 && printf 'postern:x:65532:65532::/:/sbin/nologin\n' > /rootfs/etc/passwd \
 && printf 'postern:x:65532:\n' > /rootfs/etc/group \
 && cp /postern /rootfs/postern

FROM scratch
COPY --from=build --chown=65532:65532 /rootfs/ /
USER 65532:65532
ENV POSTERN_CONFIG=/etc/postern STATE_DIRECTORY=/var/lib/postern
VOLUME /var/lib/postern
# Mount the directory of the configuration, not a single file: a file that an
# editor replaces by renaming stays the old one inside a container.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["/postern", "healthcheck"]
ENTRYPOINT ["/postern"]
CMD ["run"]
