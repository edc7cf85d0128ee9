package io.querator.node.contract;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import io.querator.client.Call;
import io.querator.client.message.Reply;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.classic.MinimalHttpClient;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.impl.io.MonitoringResponseOutOfOrderStrategy;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.http.io.entity.InputStreamEntity;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.TimeValue;
import org.jspecify.annotations.Nullable;

/// Sends requests to a node as anybody could, and gives back what it really answered: no repeating,
/// nothing added.
///
/// Safe for use by many threads.
public final class ApiClient implements AutoCloseable {
  /// A connection that was unused for so long is looked at before it is used, for the node may have
  /// closed it.
  private static final TimeValue TRUSTED = TimeValue.ofMilliseconds(100);

  private final Supplier<URI> node;

  /// By blocking the thread that waits, which takes the least of the processors.
  private final MinimalHttpClient http =
      HttpClients.createMinimal(
          PoolingHttpClientConnectionManagerBuilder.create()
              .setMaxConnPerRoute(Integer.MAX_VALUE)
              .setMaxConnTotal(Integer.MAX_VALUE)
              .setTlsSocketStrategy((_, host, _, _, _) -> {
                throw new IOException("no TLS with " + host);
              })
              .setConnectionFactory(
                  ManagedHttpClientConnectionFactory.builder()
                      .responseOutOfOrderStrategy(MonitoringResponseOutOfOrderStrategy.INSTANCE)
                      .build())
              .setDefaultConnectionConfig(
                  ConnectionConfig.custom().setValidateAfterInactivity(TRUSTED).build())
              .build());

  /// @param node where it is at the moment
  public ApiClient(Supplier<URI> node) {
    this.node = node;
  }

  /// Calls, in one encoding or another, and expects success.
  public <A extends Message> A ok(Call<?, A> call, MessageOrBuilder request) {
    Answer answer = send(call, request);
    if (!answer.ok()) {
      throw new AssertionError(call.path() + " answered " + answer);
    }
    return answer.as(call.answer());
  }

  /// Calls, in one encoding or another, and expects a refusal.
  public Reply refused(Call<?, ?> call, MessageOrBuilder request) {
    Answer answer = send(call, request);
    if (answer.ok()) {
      throw new AssertionError(call.path() + " answered " + answer);
    }
    return answer.reply();
  }

  /// Calls in one encoding or another.
  public Answer send(Call<?, ?> call, MessageOrBuilder request) {
    return wait(request(call, request, Encoding.any(), Encoding.any().type()));
  }

  /// Calls in a given encoding.
  ///
  /// @param accept the header
  public Answer send(Call<?, ?> call, MessageOrBuilder request, Encoding sent, String accept) {
    return wait(request(call, request, sent, accept));
  }

  /// Calls, in one encoding or another, without waiting. Cancelling the future closes the
  /// connection.
  public CompletableFuture<Answer> later(Call<?, ?> call, MessageOrBuilder request) {
    return later(request(call, request, Encoding.any(), Encoding.any().type()));
  }

  /// Posts JSON in which `'` stands for `"`.
  ///
  /// @param headers names and values
  public Answer json(String path, String json, String... headers) {
    return exchange("POST", path, json.replace('\'', '"').getBytes(UTF_8), headers);
  }

  public Answer get(String path, String... headers) {
    return wait(request("GET", path, null, headers));
  }

  /// Sends whatever request.
  ///
  /// @param headers names and values
  public Answer exchange(String method, String path, byte[] body, String... headers) {
    return wait(request(method, path, entity(body), headers));
  }

  /// Sends whatever request, and does not wait.
  ///
  /// @param headers names and values
  public CompletableFuture<Answer> exchangeLater(
      String method, String path, byte[] body, String... headers) {
    return later(request(method, path, entity(body), headers));
  }

  /// Posts a body of which the node is not told how long it is.
  public Answer chunked(String path, byte[] body) {
    return wait(request("POST", path, new InputStreamEntity(new ByteArrayInputStream(body), null)));
  }

  private HttpUriRequestBase request(
      Call<?, ?> call, MessageOrBuilder request, Encoding sent, String accept) {
    HttpEntity body = entity(sent.encode(request));
    return request("POST", call.path(), body, "Content-Type", sent.type(), "Accept", accept);
  }

  private static @Nullable HttpEntity entity(byte[] body) {
    // in pieces, after each of which it is looked whether the node has answered already
    return body.length == 0
        ? null
        : new InputStreamEntity(new ByteArrayInputStream(body), body.length, null);
  }

  private HttpUriRequestBase request(
      String method, String path, @Nullable HttpEntity body, String... headers) {
    var request = new HttpUriRequestBase(method, URI.create(node.get() + path));
    request.setEntity(body);
    for (int i = 0; i < headers.length; i += 2) {
      request.addHeader(headers[i], headers[i + 1]);
    }
    return request;
  }

  private Answer send(HttpUriRequestBase request) throws IOException {
    return http.execute(
        new HttpHost(request.getScheme(), request.getAuthority()),
        request,
        response -> {
          HttpEntity body = response.getEntity();
          return new Answer(
              response.getCode(),
              List.of(response.getHeaders()),
              body == null ? new byte[0] : EntityUtils.toByteArray(body));
        });
  }

  private Answer wait(HttpUriRequestBase request) {
    try {
      return send(request);
    } catch (IOException e) {
      throw new AssertionError("no answer", e);
    }
  }

  private CompletableFuture<Answer> later(HttpUriRequestBase request) {
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    // nothing where it has come
    var _ = answer.whenComplete((_, _) -> request.cancel());
    Thread.ofVirtual()
        .start(() -> {
          try {
            answer.complete(send(request));
          } catch (IOException | RuntimeException e) {
            answer.completeExceptionally(e);
          }
        });
    return answer;
  }

  static Answer join(CompletableFuture<Answer> answer) {
    try {
      return answer.join();
    } catch (CompletionException e) {
      throw new AssertionError("no answer", e.getCause());
    }
  }

  @Override
  public void close() {
    http.close(CloseMode.IMMEDIATE);
  }
}
