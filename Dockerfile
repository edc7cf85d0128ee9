# A node of Querator: docker build -t querator . && docker run --rm -p 2319:2319 querator
FROM maven:3.9-eclipse-temurin-25 AS build
WORKDIR /build
# What is downloaded depends on these files alone, so this layer stays while the sources change.
COPY .mvn .mvn
COPY pom.xml ./
COPY storage/pom.xml storage/
COPY storage-tests/pom.xml storage-tests/
COPY queue/pom.xml queue/
COPY client/pom.xml client/
COPY client/src/main/proto client/src/main/proto
COPY cluster/pom.xml cluster/
COPY node/pom.xml node/
COPY chaos-tests/pom.xml chaos-tests/
COPY benchmarks/pom.xml benchmarks/
RUN mvn -B -ntp -pl node -am -DskipTests -P '!format' package
COPY . .
RUN mvn -B -ntp -pl node -am -DskipTests -P '!format' package

FROM eclipse-temurin:25-jre
RUN useradd --system --uid 10001 --home-dir /var/lib/querator --create-home querator
COPY --from=build /build/node/target/lib /opt/querator/lib
COPY --from=build /build/node/target/querator.jar /opt/querator/
USER querator
WORKDIR /var/lib/querator
# Where a node without --storage keeps its embedded database, and a seed its part of the table of owners.
VOLUME /var/lib/querator
ENV QUERATOR_LISTEN=:2319 QUERATOR_DATA=/var/lib/querator
EXPOSE 2319 2330
# As `curl --fail localhost:2319/health/ready`, with what the image has.
HEALTHCHECK --interval=2s --timeout=2s --start-period=60s --retries=3 \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/2319 && printf 'GET /health/ready HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
# More options for the JVM: JAVA_TOOL_OPTIONS.
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=50", "-XX:+ExitOnOutOfMemoryError", "--sun-misc-unsafe-memory-access=allow", "-jar", "/opt/querator/querator.jar"]
