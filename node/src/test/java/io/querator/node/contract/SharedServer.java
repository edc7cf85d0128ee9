package io.querator.node.contract;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/// Gives tests the one [TestServer] of this JVM, which is started when it is first asked for and
/// closed after the last test.
///
/// Tests must not disturb each other on it: each uses queues of its own.
public final class SharedServer implements ParameterResolver {
  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == TestServer.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return context
        .getRoot()
        .getStore(Namespace.create(SharedServer.class))
        .computeIfAbsent(TestServer.class, _ -> TestServer.start(), TestServer.class);
  }
}
