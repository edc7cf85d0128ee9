package io.querator.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;

/// A key and a certificate that vouches for itself, as PEM files in a temporary directory.
public record TestIdentity(Path key, Path certificate) {
  private static final char[] PASSWORD = "password".toCharArray();

  /// Of a server at an IP address.
  public static TestIdentity of(String address)
      throws IOException, GeneralSecurityException, InterruptedException {
    Path directory = TestDirectories.create("tls");
    Path store = directory.resolve("identity.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-J-XX:TieredStopAtLevel=1",
                "-J-XX:+UseSerialGC",
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-dname",
                "CN=database",
                "-ext",
                "SAN=IP:" + address,
                "-keystore",
                store.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                new String(PASSWORD))
            .inheritIO()
            .start();
    if (keytool.waitFor() != 0) {
      throw new IllegalStateException("keytool failed");
    }
    KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD);
    return new TestIdentity(
        pem(directory, "PRIVATE KEY", keys.getKey("server", PASSWORD).getEncoded()),
        pem(directory, "CERTIFICATE", keys.getCertificate("server").getEncoded()));
  }

  private static Path pem(Path directory, String type, byte[] content) throws IOException {
    String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    String text = "-----BEGIN %1$s-----%n%2$s%n-----END %1$s-----%n".formatted(type, base64);
    return Files.writeString(directory.resolve(type.replace(' ', '-') + ".pem"), text);
  }
}
