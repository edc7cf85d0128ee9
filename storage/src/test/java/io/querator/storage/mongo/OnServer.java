package io.querator.storage.mongo;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/// A test for a real MongoDB; without one it is skipped, and says so.
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(OnServer.Condition.class)
@interface OnServer {
  /// Whether the environment names a server.
  final class Condition implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      if (TestMongo.realUrl().isPresent()) {
        return ConditionEvaluationResult.enabled("a server is given");
      }
      String why =
          "SKIPPED: %s needs a real MongoDB; name one by %s=mongodb://…"
              .formatted(context.getDisplayName(), TestMongo.VARIABLE);
      System.out.println(why);
      return ConditionEvaluationResult.disabled(why);
    }
  }
}
