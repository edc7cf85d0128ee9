package io.querator.node.contract;

import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import io.querator.client.Call;
import io.querator.client.message.Reply;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/// Sends requests to a node as anybody could, and gives back what it really answered: no repeating,
/// nothing added.
///
/// Safe for use by many threads.
public final class ApiClient implements AutoCloseable {
  private final Supplier<URI> node;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .executor(Executors.newVirtualThreadPerTaskExecutor())
          .build();

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
    return join(later(call, request));
  }

  /// Calls without waiting. Cancelling the future closes the connection.
  public CompletableFuture<Answer> later(Call<?, ?> call, MessageOrBuilder request) {
    Encoding sent = Encoding.any();
    Encoding wanted = Encoding.any();
    return post(call.path(), sent.encode(request), sent.type(), wanted.type());
  }

  /// Calls in a given encoding.
  ///
  /// @param accept the header
  public Answer send(Call<?, ?> call, MessageOrBuilder request, Encoding sent, String accept) {
    return join(post(call.path(), sent.encode(request), sent.type(), accept));
  }

  /// Posts JSON in which `'` stands for `"`.
  ///
  /// @param headers names and values
  public Answer json(String path, String json, String... headers) {
    return join(exchange("POST", path, BodyPublishers.ofString(json.replace('\'', '"')), headers));
  }

  public Answer get(String path, String... headers) {
    return join(exchange("GET", path, BodyPublishers.noBody(), headers));
  }

  /// @param headers names and values
  public CompletableFuture<Answer> exchange(
      String method, String path, BodyPublisher body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(node.get() + path)).method(method, body);
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.sendAsync(request.build(), BodyHandlers.ofByteArray())
        .thenApply(
            response -> new Answer(response.statusCode(), response.headers(), response.body()));
  }

  private CompletableFuture<Answer> post(String path, byte[] body, String type, String accept) {
    return exchange(
        "POST", path, BodyPublishers.ofByteArray(body), "Content-Type", type, "Accept", accept);
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
    http.shutdownNow();
  }
}
