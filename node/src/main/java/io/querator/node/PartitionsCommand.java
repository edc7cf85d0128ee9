package io.querator.node;

import io.querator.client.QueratorClient;
import io.querator.client.QueratorException;
import io.querator.client.message.PartitionPlace;
import io.querator.client.message.PartitionsListRequest;
import io.querator.client.message.PartitionsMoveRequest;
import io.querator.client.message.StoragesDrainRequest;
import io.querator.node.text.NodeUrl;
import io.querator.node.text.NumberArgument;
import io.querator.node.text.Table;
import io.querator.node.text.UsageException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/// `querator partitions`: where the partitions of a queue lie, and moving them between storages.
final class PartitionsCommand {
  static final SubCommand COMMAND =
      new SubCommand(
          "partitions",
          "where partitions lie, and moving them; see querator partitions --help",
          PartitionsCommand::run);

  private static final String HELP =
      """
      usage: querator partitions list QUEUE [--url URL]
             querator partitions move QUEUE PARTITION STORAGE [--url URL]
             querator partitions drain STORAGE [--url URL]

      list prints on which storage each partition of a queue lies, and how far those have come that
      are on their way to another. move asks for one to be moved, while it is served; to the storage
      that it lies on: to stay there. drain asks for all partitions of all queues to be moved off a
      storage, to the others by their affinities. Both return when that has been noted.

        --url URL             of any node; default http://127.0.0.1:2319
        --help                print this\
      """;

  private PartitionsCommand() {}

  private static int run(List<String> arguments) {
    if (arguments.contains("--help")) {
      System.out.println(HELP);
      return ExitStatus.OK;
    }
    try {
      List<String> words = new ArrayList<>(arguments);
      URI url = url(words);
      run(words, url);
      return ExitStatus.OK;
    } catch (UsageException e) {
      tell(e.getMessage() + "; see querator partitions --help");
      return ExitStatus.USAGE;
    } catch (QueratorException e) {
      tell(String.valueOf(e.getMessage()));
      return ExitStatus.FAILED;
    }
  }

  /// Takes the option away from the words.
  private static URI url(List<String> words) {
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      if (word.equals("--url") && i + 1 < words.size()) {
        words.remove(i);
        return NodeUrl.parse(words.remove(i));
      }
      if (word.startsWith("--url=")) {
        words.remove(i);
        return NodeUrl.parse(word.substring("--url=".length()));
      }
    }
    return NodeUrl.DEFAULT;
  }

  private static void run(List<String> words, URI url) {
    String word = words.isEmpty() ? "" : words.getFirst();
    try (QueratorClient client = QueratorClient.to(url)) {
      if (word.equals("list") && words.size() == 2) {
        list(client, words.get(1));
      } else if (word.equals("move") && words.size() == 4) {
        move(client, words.get(1), words.get(2), words.get(3));
      } else if (word.equals("drain") && words.size() == 2) {
        drain(client, words.get(1));
      } else {
        throw new UsageException("there is no '" + String.join(" ", words) + "'");
      }
    }
  }

  private static void list(QueratorClient client, String queue) {
    List<PartitionPlace> places =
        client
            .partitions(PartitionsListRequest.newBuilder().setQueueName(queue).build())
            .getPartitionsList();
    Table table = Table.ofWords("PARTITION", "STORAGE", "MOVES TO", "COPIED");
    for (PartitionPlace place : places) {
      boolean moves = !place.getMovesTo().isEmpty();
      table.row(
          Integer.toString(place.getPartition()),
          place.getStorage(),
          place.getMovesTo(),
          moves ? Integer.toString(place.getCopied()) : "");
    }
    System.out.println(table.text());
  }

  private static void move(QueratorClient client, String queue, String partition, String storage) {
    client.movePartition(
        PartitionsMoveRequest.newBuilder()
            .setQueueName(queue)
            .setPartition(NumberArgument.parse("PARTITION", partition, 0, Integer.MAX_VALUE))
            .setStorage(storage)
            .build());
    tell("it moves to " + storage + "; see querator partitions list " + queue);
  }

  private static void drain(QueratorClient client, String storage) {
    client.drainStorage(StoragesDrainRequest.newBuilder().setStorage(storage).build());
    tell("all partitions move off " + storage + "; see querator partitions list");
  }

  private static void tell(String line) {
    System.err.println("querator: " + line);
  }
}
