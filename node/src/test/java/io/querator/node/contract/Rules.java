package io.querator.node.contract;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.querator.client.Call;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The checks of one call, in the order in which they are made.
///
/// @param valid a request that breaks none of them
record Rules(Call<?, ?> call, Map<String, JsonNode> valid, List<Rule> inOrder) {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /// A check.
  ///
  /// @param breaches requests that break it, each as the fields that differ from the valid one
  record Rule(int code, String message, List<Map<String, JsonNode>> breaches) {}

  /// Fields as JSON in which `'` stands for `"`; `null` takes a field away.
  static Map<String, JsonNode> fields(String json) {
    try {
      Map<String, JsonNode> fields = new LinkedHashMap<>();
      MAPPER
          .readTree(json.replace('\'', '"'))
          .properties()
          .forEach(field -> fields.put(field.getKey(), field.getValue()));
      return fields;
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Builder of(Call<?, ?> call, String valid) {
    return new Builder(call, fields(valid));
  }

  /// The valid request with other fields.
  Message request(Map<String, JsonNode> changes) {
    Map<String, JsonNode> all = new LinkedHashMap<>(valid);
    all.putAll(changes);
    ObjectNode json = MAPPER.createObjectNode();
    all.forEach((name, value) -> {
      if (!value.isNull()) {
        json.set(name, value);
      }
    });
    Message.Builder request = call.request().newBuilderForType();
    try {
      JsonFormat.parser().merge(json.toString(), request);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("not a request of " + call.path() + ": " + json, e);
    }
    return request.build();
  }

  static final class Builder {
    private final Call<?, ?> call;
    private final Map<String, JsonNode> valid;
    private final List<Rule> rules = new ArrayList<>();

    private Builder(Call<?, ?> call, Map<String, JsonNode> valid) {
      this.call = call;
      this.valid = valid;
    }

    /// The next check, one of 400.
    ///
    /// @param breaches as in [#fields]
    Builder refuses(String message, String... breaches) {
      return refuses(400, message, breaches);
    }

    Builder refuses(int code, String message, String... breaches) {
      rules.add(new Rule(code, message, Arrays.stream(breaches).map(Rules::fields).toList()));
      return this;
    }

    Rules build() {
      return new Rules(call, valid, List.copyOf(rules));
    }
  }
}
