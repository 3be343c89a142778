# The image: the program and what it needs of a file system, nothing else.
# docs/containers.md says why it is as it is.
FROM golang:1.26 AS build
ARG TARGETARCH
ARG VERSION=dev
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN .ci/build linux "${TARGETARCH:-$(go env GOARCH)}" "$VERSION" /rootfs/postern

# The roots are those of the build's day: a build makes them new. Time zones are
# within the program. /owned is what the running user has for itself.
RUN mkdir -p /rootfs/var/lib /rootfs/run /rootfs/etc/postern /rootfs/etc/ssl/certs /owned/postern \
 && cp /etc/ssl/certs/ca-certificates.crt /rootfs/etc/ssl/certs/ \
 && printf 'postern:x:65532:65532::/:/sbin/nologin\n' > /rootfs/etc/passwd \
 && printf 'postern:x:65532:\n' > /rootfs/etc/group

FROM scratch
COPY --from=build /rootfs/ /
COPY --from=build --chown=65532:65532 /owned/ /var/lib/
COPY --from=build --chown=65532:65532 /owned/ /run/
USER 65532:65532
ENV POSTERN_CONFIG=/etc/postern STATE_DIRECTORY=/var/lib/postern RUNTIME_DIRECTORY=/run/postern
VOLUME /var/lib/postern
# Mount the directory of the configuration, not a single file: a file that an
# editor replaces by renaming stays the old one inside a container.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["/postern", "healthcheck"]
LABEL org.opencontainers.image.source="https://github.com/posternhq/postern" org.opencontainers.image.licenses="Apache-2.0"
ENTRYPOINT ["/postern"]
CMD ["run"]
