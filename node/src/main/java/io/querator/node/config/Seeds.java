package io.querator.node.config;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/// The nodes that keep the ownership table, and where other nodes reach them: written as
/// `a=10.0.0.1:2330,b=10.0.0.2:2330,c=10.0.0.3:2330`.
///
/// @param addresses by the nodes' names, in the order they were given; 1, 3 or 5
public record Seeds(Map<String, HostPort> addresses) {
  public Seeds {
    addresses = new LinkedHashMap<>(addresses);
    int size = addresses.size();
    if (size != 1 && size != 3 && size != 5) {
      throw new IllegalArgumentException("must be 1, 3 or 5 nodes, not " + size);
    }
  }

  /// @throws IllegalArgumentException if `text` is no such list
  static Seeds parse(String text) {
    Map<String, HostPort> addresses = new LinkedHashMap<>();
    for (String part : text.split(",", -1)) {
      int sign = part.indexOf('=');
      if (sign < 0) {
        throw new IllegalArgumentException(
            "'" + part + "' is not a node's name and address such as a=10.0.0.1:2330");
      }
      String name = part.substring(0, sign).strip();
      NodeSettings.checkName(name);
      HostPort address = HostPort.parse(part.substring(sign + 1).strip());
      if (address.isAny() || address.port() == 0) {
        throw new IllegalArgumentException(
            "'" + address + "' is not an address that other nodes can connect to");
      }
      if (addresses.put(name, address) != null) {
        throw new IllegalArgumentException("the node '" + name + "' is there twice");
      }
    }
    return new Seeds(addresses);
  }

  @Override
  public String toString() {
    return addresses.entrySet().stream()
        .map(entry -> entry.getKey() + "=" + entry.getValue())
        .collect(Collectors.joining(","));
  }
}
