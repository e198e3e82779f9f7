package example;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Each case of the table of runtimes, in Java. It has no way to return an error. */
public class Function implements RequestHandler<Map<String, String>, String> {
  @Override
  public String handleRequest(Map<String, String> event, Context context) {
    String which = event.get("case");
    System.out.println("case " + which);
    switch (which) {
      case "throw" -> throw new IllegalStateException("thrown on purpose");
      case "exit" -> Runtime.getRuntime().halt(3);
      case "timeout" -> sleep();
      case "memory" -> hoard();
      default -> {}
    }
    return "fine";
  }

  private static void sleep() {
    try {
      Thread.sleep(600_000);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void hoard() {
    List<byte[]> held = new ArrayList<>();
    while (true) {
      held.add(new byte[10 * 1024 * 1024]);
    }
  }
}
