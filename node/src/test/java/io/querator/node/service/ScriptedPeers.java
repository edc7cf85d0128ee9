package io.querator.node.service;

import java.lang.reflect.Proxy;
import java.util.Map;

/// Other nodes that say what a test has them say, and else what [Peers#NONE] does.
final class ScriptedPeers {
  private ScriptedPeers() {}

  /// What is said when a method is called.
  @FunctionalInterface
  interface Line {
    Object say(Object[] arguments) throws Exception;
  }

  /// @param script what is said, by the method's name
  static Peers of(Map<String, Line> script) {
    return (Peers)
        Proxy.newProxyInstance(
            Peers.class.getClassLoader(),
            new Class<?>[] {Peers.class},
            (_, method, arguments) -> {
              Line line = script.get(method.getName());
              return line == null ? method.invoke(Peers.NONE, arguments) : line.say(arguments);
            });
  }
}
