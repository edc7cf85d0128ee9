package io.querator.node.contract;

import io.querator.client.Call;
import java.util.List;
import java.util.function.UnaryOperator;

/// The checks of every call, in their order: section 5 of the contract as a table.
///
/// Where several values of a field break one rule, the later ones break the rules after it, too.
///
/// @param queue an empty queue of one partition
/// @param dead a queue without a dead queue
/// @param chained a queue whose dead queue is `dead`
/// @param queued the id of an item in `queue` that is not leased
/// @param scheduled the id of a scheduled item in `queue`
/// @param leased the id of a leased item in `queue`
record Contract(
    String queue, String dead, String chained, String queued, String scheduled, String leased) {
  private static final String BLANKS = " \\t\\u0085\\u00a0\\u2003\\u3000";
  private static final String GO_FORMAT = " - expected format: 900ms, 5m or 15m";
  private static final String NUL = " is invalid; cannot contain a NUL character";
  private static final String BOUNDS =
      "Valid encoded KSUIDs are bounded by 000000000000000000000000000 and aWgEPTl1tmebfsQzFP4bxwgy80V";
  private static final String LENGTH = "Valid encoded KSUIDs are 27 characters";

  /// Well-formed, but no partition has given it.
  static final String FOREIGN_ID = "2aaaaaaaaaaaaaaaaaaaaaaaaaa";

  List<Rules> all() {
    return List.of(
        produce(),
        lease(),
        complete(),
        retry(),
        clear(),
        reload(),
        stats(),
        create(),
        update(),
        list(),
        info(),
        delete(),
        itemsList(),
        scheduledList(),
        itemsImport(),
        itemsDelete());
  }

  private String name() {
    return "'queue_name':'" + queue + "'";
  }

  private Rules.Builder onQueue(Call<?, ?> call, String more) {
    return Rules.of(call, "{" + name() + (more.isEmpty() ? "" : "," + more) + "}")
        .refuses(
            "queue name is invalid; queue name cannot be empty",
            "{'queue_name':null}",
            "{'queue_name':''}",
            "{'queue_name':'" + BLANKS + "'}")
        .refuses(
            "queue name is invalid; 'a~b' cannot contain '~' character", "{'queue_name':'a~b'}")
        .refuses(
            "queue name is invalid; '~\0' cannot contain '~' character",
            "{'queue_name':'~\\u0000'}")
        .refuses("queue name" + NUL, "{'queue_name':'a\\u0000b'}")
        .refuses("queue does not exist; no such queue named 'no such'", "{'queue_name':'no such'}")
        .refuses(
            "queue does not exist; no such queue named '" + "n".repeat(600) + "'",
            "{'queue_name':'" + "n".repeat(600) + "'}")
        // names are compared as they are
        .refuses(
            "queue does not exist; no such queue named ' " + queue + "'",
            "{'queue_name':' " + queue + "'}");
  }

  private static Rules.Builder timeoutSyntax(Rules.Builder rules) {
    return rules
        .refuses(
            "request timeout is invalid; time: invalid duration \"foo\"" + GO_FORMAT,
            "{'request_timeout':'foo'}")
        .refuses(
            "request timeout is invalid; time: invalid duration \" \"" + GO_FORMAT,
            "{'request_timeout':' '}")
        .refuses(
            "request timeout is invalid; time: missing unit in duration \"10\"" + GO_FORMAT,
            "{'request_timeout':'10'}")
        .refuses(
            "request timeout is invalid; time: unknown unit \"d\" in duration \"7d\"" + GO_FORMAT,
            "{'request_timeout':'7d'}");
  }

  private static Rules.Builder timeoutGiven(Rules.Builder rules, String... breaches) {
    return rules.refuses(
        "request timeout is required; '5m' is recommended, 15m is the maximum", breaches);
  }

  private static Rules.Builder timeoutMax(Rules.Builder rules, String given, String shown) {
    return rules.refuses(
        "request timeout is invalid; maximum timeout is '15m' but '" + shown + "' was requested",
        "{'request_timeout':'" + given + "'}");
  }

  private static Rules.Builder timeoutMin(Rules.Builder rules, String given, String shown) {
    return rules.refuses(
        "request timeout is invalid; minimum timeout is '10ms' but '" + shown + "' was requested",
        "{'request_timeout':'" + given + "'}");
  }

  private Rules produce() {
    Rules.Builder rules =
        onQueue(Call.QUEUE_PRODUCE, "'request_timeout':'1m','items':[{'utf8':'a'}]");
    timeoutSyntax(rules);
    timeoutGiven(rules, "{'request_timeout':'0'}", "{'request_timeout':'0s'}");
    timeoutMax(rules, "15m", "15m0s");
    timeoutMax(rules, "1h", "1h0m0s");
    timeoutMin(rules, "10ms", "10ms");
    timeoutMin(rules, "1ns", "1ns");
    timeoutMin(rules, "-1.5s", "-1.5s");
    return rules
        .refuses(
            "items cannot be empty; at least one item is required",
            "{'items':null}",
            "{'items':[]}")
        .refuses(
            "items is invalid; max_produce_batch_size is 1000 but received 1001",
            "{'items':[" + listOf(1001, "{}") + "]}",
            "{'items':["
                + listOf(1001, "{'kind':'\\u0000','enqueue_at':'0001-01-01T00:00:00Z'}")
                + "]}")
        .refuses(
            "items is invalid; max_produce_batch_size is 1000 but received 2500",
            "{'items':[" + listOf(2500, "{}") + "]}")
        .refuses(
            "kind" + NUL,
            "{'items':[{'kind':'a\\u0000'}]}",
            "{'items':[{},{'kind':'\\u0000','reference':'\\u0000','encoding':'\\u0000'}]}")
        .refuses(
            "reference" + NUL,
            "{'items':[{'reference':'\\u0000'}]}",
            "{'items':[{'reference':'\\u0000','encoding':'\\u0000'}]}")
        .refuses("encoding" + NUL, "{'items':[{'encoding':'\\u0000'}]}")
        .refuses("idempotency key is invalid; cannot be blank", "{'idempotency_key':' '}")
        .refuses(
            "idempotency key is invalid; cannot be greater than '256' bytes",
            "{'idempotency_key':'" + "é".repeat(129) + "'}")
        .build();
  }

  private Rules lease() {
    Rules.Builder rules =
        onQueue(Call.QUEUE_LEASE, "'client_id':'contract','batch_size':1,'request_timeout':'11ms'");
    timeoutSyntax(rules)
        .refuses(
            "invalid client id; cannot be empty",
            "{'client_id':null}",
            "{'client_id':'" + BLANKS + "'}")
        .refuses(
            "invalid client id; cannot be greater than '2000' characters",
            "{'client_id':'" + "é".repeat(1001) + "'}")
        .refuses("client id" + NUL, "{'client_id':'a\\u0000'}")
        .refuses(
            "invalid batch size; must be greater than zero",
            "{'batch_size':null}",
            "{'batch_size':0}",
            "{'batch_size':-2147483648}")
        .refuses(
            "invalid batch size; max_lease_batch_size is 1000, but 1001 was requested",
            "{'batch_size':1001}")
        .refuses(
            "invalid batch size; max_lease_batch_size is 1000, but 2147483647 was requested",
            "{'batch_size':2147483647}");
    timeoutGiven(
        rules, "{'request_timeout':null}", "{'request_timeout':''}", "{'request_timeout':'0'}");
    timeoutMax(rules, "15m0s1ns", "15m0.000000001s");
    timeoutMax(rules, "16m", "16m0s");
    timeoutMin(rules, "10ms", "10ms");
    timeoutMin(rules, "-1s", "-1s");
    return rules.build();
  }

  private Rules complete() {
    Rules.Builder rules =
        partition(
            onQueue(
                Call.QUEUE_COMPLETE,
                "'partition':0,'request_timeout':'1m','ids':['" + leased + "']"));
    timeoutSyntax(rules)
        .refuses("ids is invalid; list of ids cannot be empty", "{'ids':null}", "{'ids':[]}")
        .refuses(
            "ids is invalid; max_complete_batch_size is 1000 but received 1001",
            "{'ids':[" + listOf(1001, "'" + leased + "'") + "]}",
            "{'ids':[" + listOf(1001, "'bad'") + "]}");
    timeoutMax(rules, "15m1s", "15m1s");
    timeoutGiven(
        rules, "{'request_timeout':null}", "{'request_timeout':''}", "{'request_timeout':'0'}");
    return ids(rules, "completed", "'ids':['%s']").build();
  }

  private Rules retry() {
    Rules.Builder rules =
        partition(onQueue(Call.QUEUE_RETRY, "'partition':0,'items':[{'id':'" + leased + "'}]"))
            .refuses(
                "items is invalid; list of items cannot be empty", "{'items':null}", "{'items':[]}")
            .refuses(
                "items is invalid; max_complete_batch_size is 1000 but received 1001",
                "{'items':[" + listOf(1001, "{'id':'" + leased + "'}") + "]}",
                "{'items':[" + listOf(1001, "{}") + "]}");
    return ids(rules, "retried", "'items':[{'id':'%s'}]").build();
  }

  private static Rules.Builder partition(Rules.Builder rules) {
    for (String number : List.of("1", "-1", "2147483647", "-2147483648")) {
      rules.refuses(
          "partition is invalid; '" + number + "' is not a valid partition",
          "{'partition':" + number + "}");
    }
    return rules;
  }

  private Rules.Builder ids(Rules.Builder rules, String verb, String field) {
    malformedIds(rules, field);
    for (String unknown : List.of(FOREIGN_ID, scheduled, "000000000000000000000000000")) {
      rules.refuses("invalid storage id; '" + unknown + "' does not exist", one(field, unknown));
    }
    return rules.refuses(
        "item(s) cannot be " + verb + "; '" + queued + "' is not marked as leased",
        one(field, queued));
  }

  private static Rules.Builder malformedIds(Rules.Builder rules, String field) {
    for (String id : List.of("", "x", "é".repeat(27), "a".repeat(28))) {
      rules.refuses("invalid storage id; '" + id + "': " + LENGTH, one(field, id));
    }
    for (String id :
        List.of(
            "z".repeat(27), "aWgEPTl1tmebfsQzFP4bxwgy80W", "-".repeat(27), "é".repeat(13) + "a")) {
      rules.refuses("invalid storage id; '" + id + "': " + BOUNDS, one(field, id));
    }
    return rules;
  }

  private static String one(String field, String id) {
    return "{" + field.formatted(id) + "}";
  }

  private Rules clear() {
    return onQueue(Call.QUEUE_CLEAR, "'scheduled':false,'queue':true,'destructive':false")
        .refuses(
            "invalid clear request; one of 'queue', 'scheduled' must be true",
            "{'scheduled':false,'queue':false,'destructive':true}",
            "{'scheduled':null,'queue':null,'destructive':null}")
        .build();
  }

  private Rules reload() {
    return onQueue(Call.QUEUE_RELOAD, "").build();
  }

  private Rules stats() {
    return onQueue(Call.QUEUE_STATS, "").build();
  }

  private Rules info() {
    return onQueue(Call.QUEUES_INFO, "").build();
  }

  // Definitions of queues

  private static final String TIMES =
      "'lease_timeout':'1m','expire_timeout':'1h','max_attempts':0,'requested_partitions':1";

  private static Rules.Builder named(Rules.Builder rules) {
    return rules
        .refuses(
            "queue name is invalid; cannot be greater than '512' characters",
            "{'queue_name':'" + "é".repeat(257) + "'}",
            "{'queue_name':'" + " ".repeat(513) + "'}",
            "{'queue_name':'" + " ~\\u0000".repeat(200) + "'}")
        .refuses(
            "queue name is invalid; queue name cannot be empty",
            "{'queue_name':null}",
            "{'queue_name':''}",
            "{'queue_name':'" + BLANKS + "'}")
        .refuses(
            "queue name is invalid; 'a\u0085b' cannot contain whitespace",
            "{'queue_name':'a\\u0085b'}")
        .refuses(
            "queue name is invalid; 'a ~\0' cannot contain whitespace",
            "{'queue_name':'a ~\\u0000'}")
        .refuses("queue name is invalid; 'a~' cannot contain '~' character", "{'queue_name':'a~'}")
        .refuses(
            "queue name is invalid; '\0~' cannot contain '~' character",
            "{'queue_name':'\\u0000~'}")
        .refuses("queue name" + NUL, "{'queue_name':'a\\u0000'}");
  }

  private static Rules.Builder timeouts(Rules.Builder rules) {
    String expire = " - expected format: 60m, 2h or 24h";
    String lease = " - expected format: 8m, 15m or 1h";
    return rules
        .refuses(
            "lease timeout is invalid; cannot be greater than '15' characters",
            "{'lease_timeout':'1h1m1.111111111s'}",
            "{'lease_timeout':'" + "µ".repeat(8) + "'}")
        .refuses(
            "expire timeout is invalid; cannot be greater than '15' characters",
            "{'expire_timeout':'1h1m1.111111111s'}",
            "{'expire_timeout':'" + "x".repeat(16) + "'}")
        .refuses(
            "expire timeout is invalid; time: invalid duration \"soon\"" + expire,
            "{'expire_timeout':'soon'}")
        .refuses(
            "expire timeout is invalid; time: unknown unit \"d\" in duration \"1d\"" + expire,
            "{'expire_timeout':'1d'}")
        .refuses(
            "lease timeout is invalid; time: missing unit in duration \"60\"" + lease,
            "{'lease_timeout':'60'}")
        .refuses(
            "lease timeout is invalid; time: invalid duration \"s\"" + lease,
            "{'lease_timeout':'s'}");
  }

  private static Rules.Builder namespaceSyntax(Rules.Builder rules) {
    return rules
        .refuses(
            "namespace name is invalid; cannot be greater than '256' characters",
            "{'namespace':'" + "é".repeat(129) + "'}",
            "{'namespace':'" + " ".repeat(257) + "'}")
        .refuses("namespace name is invalid; cannot be empty", "{'namespace':'" + BLANKS + "'}")
        .refuses(
            "namespace name is invalid; 'a b' cannot contain whitespace", "{'namespace':'a b'}")
        .refuses(
            "namespace name is invalid; 'a ~:' cannot contain whitespace", "{'namespace':'a ~:'}")
        .refuses(
            "namespace name is invalid; 'a~b' cannot contain '~' character", "{'namespace':'a~b'}")
        .refuses(
            "namespace name is invalid; ':~' cannot contain '~' character", "{'namespace':':~'}")
        .refuses("namespace name" + NUL, "{'namespace':'a\\u0000'}")
        .refuses(
            "namespace name is invalid; 'a:b' cannot contain ':' character", "{'namespace':'a:b'}");
  }

  private Rules.Builder deadQueue(Rules.Builder rules, String own) {
    return rules
        .refuses(
            "dead queue is invalid; cannot be greater than '500' characters",
            "{'dead_queue':'" + "é".repeat(251) + "'}",
            "{'dead_queue':'" + " ~".repeat(251) + "'}")
        .refuses("dead queue is invalid; ' ' cannot contain whitespace", "{'dead_queue':' '}")
        .refuses("dead queue is invalid; 'a ~' cannot contain whitespace", "{'dead_queue':'a ~'}")
        .refuses("dead queue is invalid; 'a~' cannot contain '~' character", "{'dead_queue':'a~'}")
        .refuses("dead queue" + NUL, "{'dead_queue':'a\\u0000'}")
        .refuses("dead_queue cannot reference itself", "{'dead_queue':'" + own + "'}")
        .refuses(
            "dead_queue does not exist; 'missing' was not found, create it first",
            "{'dead_queue':'missing'}")
        .refuses(
            "dead_queue is invalid; '" + chained + "' already has its own dead_queue configured",
            "{'dead_queue':'" + chained + "'}");
  }

  private static Rules.Builder numbers(Rules.Builder rules) {
    return rules
        .refuses(
            "reference field is invalid; cannot be greater than '2000' characters",
            "{'reference':'" + "é".repeat(1001) + "'}",
            "{'reference':'" + "\\u0000".repeat(2001) + "'}")
        .refuses("reference" + NUL, "{'reference':'a\\u0000'}")
        .refuses(
            "max attempts is invalid; cannot be greater than 65536",
            "{'max_attempts':65537}",
            "{'max_attempts':2147483647}")
        .refuses(
            "max attempts is invalid; cannot be negative number",
            "{'max_attempts':-1}",
            "{'max_attempts':-2147483648}");
  }

  private Rules create() {
    String own = TestServer.freshName();
    Rules.Builder rules =
        Rules.of(Call.QUEUES_CREATE, "{'queue_name':'" + own + "'," + TIMES + "}");
    namespaceSyntax(timeouts(named(rules)))
        .refuses(453, "namespace does not exist; 'other' was not found", "{'namespace':'other'}")
        .refuses("invalid queue; '" + queue + "' already exists", "{'queue_name':'" + queue + "'}");
    return numbers(deadQueue(rules, own))
        .refuses(
            "partitions is invalid; cannot be less than 1",
            "{'requested_partitions':null}",
            "{'requested_partitions':0}",
            "{'requested_partitions':-5}")
        .refuses(
            "partitions is invalid; cannot be greater than 1000",
            "{'requested_partitions':1001}",
            "{'requested_partitions':2147483647}")
        .refuses(
            "lease timeout is invalid; cannot be empty",
            "{'lease_timeout':null}",
            "{'lease_timeout':''}",
            "{'lease_timeout':'0'}",
            "{'lease_timeout':'999ns'}",
            "{'lease_timeout':'-1m'}")
        .refuses(
            "expire timeout is invalid; cannot be empty",
            "{'expire_timeout':null}",
            "{'expire_timeout':'0s'}",
            "{'expire_timeout':'999ns'}",
            "{'expire_timeout':'-1h'}")
        .refuses(
            "lease timeout is too long; 1h0m0.001s cannot be greater than the expire timeout 1h0m0s",
            "{'lease_timeout':'1h0m0.001s'}")
        .build();
  }

  private Rules update() {
    Rules.Builder rules = Rules.of(Call.QUEUES_UPDATE, "{" + name() + "," + TIMES + "}");
    UnaryOperator<Rules.Builder> known =
        unknown ->
            unknown.refuses(
                "queue does not exist; no such queue named 'missing'", "{'queue_name':'missing'}");
    numbers(deadQueue(known.apply(namespaceSyntax(timeouts(named(rules)))), queue));
    return rules
        .refuses("partitions is invalid; cannot be less than 1", "{'requested_partitions':-1}")
        .refuses(
            "partitions is invalid; cannot be greater than 1000", "{'requested_partitions':1001}")
        .refuses("lease timeout is invalid; cannot be empty", "{'lease_timeout':'-1m'}")
        .refuses("expire timeout is invalid; cannot be empty", "{'expire_timeout':'-1h'}")
        .refuses(
            "lease timeout is too long; 2h0m0s cannot be greater than the expire timeout 1h0m0s",
            "{'lease_timeout':'2h'}")
        .build();
  }

  private Rules delete() {
    return named(Rules.of(Call.QUEUES_DELETE, "{'queue_name':'missing'}"))
        .refuses("queue does not exist; no such queue named 'missing'", "{'queue_name':'missing'}")
        .build();
  }

  private Rules list() {
    return Rules.of(Call.QUEUES_LIST, "{}")
        .refuses(
            "limit is invalid; limit cannot be negative", "{'limit':-1}", "{'limit':-2147483648}")
        .refuses("limit is invalid; cannot be greater than 65536", "{'limit':65537}")
        .refuses("pivot is invalid; 'a~' cannot contain '~' character", "{'pivot':'a~'}")
        .build();
  }

  // Storage calls

  private Rules itemsList() {
    return malformedPivots(partition(onQueue(Call.STORAGE_ITEMS_LIST, "'partition':0"))).build();
  }

  private Rules scheduledList() {
    return malformedPivots(partition(onQueue(Call.STORAGE_SCHEDULED_LIST, "'partition':0")))
        .build();
  }

  private static Rules.Builder malformedPivots(Rules.Builder rules) {
    return rules
        .refuses("invalid storage id; 'x': " + LENGTH, "{'pivot':'x'}")
        .refuses(
            "invalid storage id; 'zzzzzzzzzzzzzzzzzzzzzzzzzzz': " + BOUNDS,
            "{'pivot':'zzzzzzzzzzzzzzzzzzzzzzzzzzz'}");
  }

  private Rules itemsImport() {
    return partition(onQueue(Call.STORAGE_ITEMS_IMPORT, "'partition':0,'items':[{'kind':'k'}]"))
        .refuses("items is invalid; cannot be empty", "{'items':null}", "{'items':[]}")
        .refuses(
            "kind" + NUL,
            "{'items':[{'kind':'\\u0000'}]}",
            "{'items':[{},{'kind':'\\u0000','reference':'\\u0000','source_id':'\\u0000'}]}")
        .refuses("reference" + NUL, "{'items':[{'reference':'\\u0000','encoding':'\\u0000'}]}")
        .refuses("encoding" + NUL, "{'items':[{'encoding':'\\u0000','source_id':'\\u0000'}]}")
        .refuses("source_id" + NUL, "{'items':[{'source_id':'\\u0000'}]}")
        .build();
  }

  private Rules itemsDelete() {
    return malformedIds(
            partition(
                    onQueue(
                        Call.STORAGE_ITEMS_DELETE, "'partition':0,'ids':['" + FOREIGN_ID + "']"))
                .refuses("ids is invalid; cannot be empty", "{'ids':null}", "{'ids':[]}"),
            "'ids':['%s']")
        .build();
  }

  private static String listOf(int count, String element) {
    return String.join(",", java.util.Collections.nCopies(count, element));
  }
}
