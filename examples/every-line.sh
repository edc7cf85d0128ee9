#!/usr/bin/env bash
# Puts every line of a text file into a queue, drains the queue with four consumers of which one is killed midway while it
# holds a lease, and proves from what the consumers wrote down that no line was lost, and which were delivered twice.
# Needs a running Querator, curl, jq and coreutils: examples/README.md tells more.
set -euo pipefail

usage() {
  cat <<'END'
usage: examples/every-line.sh [options] [FILE]

  FILE                   any file; default /usr/share/common-licenses/GPL-3
  --url URL              of Querator; default $QUERATOR_URL, else http://localhost:2319
  --lease-timeout TIME   after which others get what the killed consumer held; default 10s
  --keep                 leave the queue there; its name is printed
  --help                 print this

Ends with 0 if the proof holds, with 1 if it does not or something failed, with 2 if the arguments are wrong.
END
}

file=/usr/share/common-licenses/GPL-3
url=${QUERATOR_URL:-http://localhost:2319}
lease_timeout=10s
keep=
consumers=4
produce_lines=100      # a produce takes up to 1000 items ...
produce_bytes=4000000  # ... in a body of up to 5 MB
drain_seconds=600      # for the whole file

fail() {
  printf 'every-line: %s\n' "$*" >&2
  exit 1
}

wrong() {
  printf 'every-line: %s; see --help\n' "$*" >&2
  exit 2
}

while (($#)); do
  case $1 in
    --url | --lease-timeout)
      (($# > 1)) || wrong "$1 needs a value"
      if [[ $1 == --url ]]; then url=$2; else lease_timeout=$2; fi
      shift
      ;;
    --keep) keep=yes ;;
    --help)
      usage
      exit 0
      ;;
    --*) wrong "there is no option '$1'" ;;
    *) file=$1 ;;
  esac
  shift
done
url=${url%/}
for program in curl jq; do
  command -v "$program" >/dev/null || wrong "$program is missing"
done
[[ -f $file && -r $file ]] || wrong "cannot read '$file'"

work=$(mktemp -d)
queue=every-line-$(date +%s)-$$-$RANDOM
created=
consumer_pids=()

# Calls Querator: call PATH ANSWER <BODY writes the answer into the file ANSWER and prints the HTTP status.
call() {
  curl --silent --show-error --max-time 90 --header 'Content-Type: application/json' --header 'Accept: application/json' \
    --data-binary @- --output "$2" --write-out '%{http_code}' "$url$1"
}

# The same for calls that may be repeated: once more while the answer is 454, "try again".
call_until_done() {
  local path=$1 answer=$2 body=$3 status tries
  for tries in 1 2 3 4 5; do
    status=$(call "$path" "$answer" <"$body") || return 1
    if [[ $status == 200 ]]; then return 0; fi
    [[ $status == 454 ]] || break
    sleep "0.$tries"
  done
  printf 'every-line: %s was answered %s: %s\n' "$path" "$status" "$(jq -r .message "$answer" 2>/dev/null || cat "$answer")" >&2
  return 1
}

cleanup() {
  local pid
  for pid in "${consumer_pids[@]}"; do
    kill -9 "$pid" 2>/dev/null || true
  done
  if [[ -n $created && -z $keep ]]; then
    jq -n --arg queue "$queue" '{queue_name: $queue, force: true}' >"$work/delete"
    call_until_done /v1/queues.delete "$work/answer" "$work/delete" || true
  fi
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- The lines, as items --------------------------------------------------------------------------------------------

# One item a line, with the line's number as its reference. Text travels as utf8. What is not UTF-8 would not survive jq,
# which shows as U+FFFD: such a line travels as base64 of its bytes.
jq -cR '{kind: "line", utf8: .}' "$file" | jq -c '.reference = (input_line_number | tostring)' >"$work/text"
lines=$(wc -l <"$work/text")
((lines > 0)) || wrong "'$file' has no lines"
while IFS= read -r number; do
  tail -n "+$number" "$file" | { head -n 1; cat >/dev/null; } >"$work/line"
  if [[ $(tail -c 1 "$work/line" | od -An -tx1) == ' 0a' ]]; then truncate -s -1 "$work/line"; fi
  base64 -w 0 "$work/line" | jq -cR --arg number "$number" '{kind: "line", reference: $number, bytes: .}' >>"$work/raw"
done < <(jq -r 'select(.utf8 | contains("\ufffd")) | .reference' "$work/text")
if [[ -f $work/raw ]]; then
  jq -c --slurpfile raw "$work/raw" 'INDEX($raw[]; .reference) as $by | $by[.reference] // .' "$work/text" >"$work/items"
else
  mv "$work/text" "$work/items"
fi
if ! jq -e -n --argjson most "$produce_bytes" 'all(inputs; (tojson | utf8bytelength) <= $most)' "$work/items" >/dev/null; then
  fail "a line of '$file' is too long for one item: more than $produce_bytes bytes in JSON"
fi

# ---- Produce --------------------------------------------------------------------------------------------------------

jq -n --arg queue "$queue" --arg lease "$lease_timeout" \
  '{queue_name: $queue, lease_timeout: $lease, expire_timeout: "24h", requested_partitions: 1}' >"$work/create"
call_until_done /v1/queues.create "$work/answer" "$work/create" || fail "no queue at $url; is Querator running there? ./querator starts it"
created=yes
echo "queue       $queue at $url"

# One request a line, as large as is allowed. With its idempotency key a repeated request adds nothing.
jq -cn --arg queue "$queue" --argjson most "$produce_lines" --argjson bytes "$produce_bytes" '
  def request($items): {queue_name: $queue, request_timeout: "1m", idempotency_key: "\($queue)-\($items[0].reference)", items: $items};
  foreach (inputs, null) as $item ({items: [], size: 0, out: null};
    ($item | tojson | utf8bytelength) as $size
    | if $item == null then .out = .items
      elif (.items | length) == $most or (.items != [] and .size + $size > $bytes) then {items: [$item], size: $size, out: .items}
      else {items: (.items + [$item]), size: (.size + $size), out: null} end;
    .out | select(. != null and . != []) | request(.))' "$work/items" >"$work/requests"
while IFS= read -r request; do
  printf '%s' "$request" >"$work/produce"
  call_until_done /v1/queue.produce "$work/answer" "$work/produce" || fail "the lines could not be produced"
done <"$work/requests"
echo "produced    $lines lines of $file in $(wc -l <"$work/requests") requests"

# ---- Consume --------------------------------------------------------------------------------------------------------

# Few lines a lease, so that four consumers have something to do with a short file, too.
lease_lines=$((lines / 10 < 1 ? 1 : lines / 10 > 20 ? 20 : lines / 10))
# When the first consumer is to be killed.
midway=$((lines < 20 ? 0 : lines / 2))

completed_lines() {
  cat "$work"/completed.* | wc -l
}

# A consumer: leases lines, writes them into delivered.N, completes them, writes their numbers into completed.N.
consume() {
  local number=$1 status
  jq -n --arg queue "$queue" --arg client "consumer-$number" --argjson lines "$lease_lines" \
    '{queue_name: $queue, client_id: $client, batch_size: $lines, request_timeout: "1s"}' >"$work/lease.$number"
  while :; do
    local completed
    completed=$(completed_lines)
    ((completed < lines)) || return 0
    # Midway the first consumer shall hold a lease: the others leave it something.
    if ((number > 1 && completed >= midway)) && [[ ! -e $work/held ]]; then
      sleep 0.05
      continue
    fi
    status=$(call /v1/queue.lease "$work/leased.$number" <"$work/lease.$number")
    if [[ $status == 454 ]]; then continue; fi # nothing came
    if [[ $status != 200 ]]; then
      printf 'every-line: lease was answered %s: %s\n' "$status" "$(<"$work/leased.$number")" >&2
      return 1
    fi
    jq -c --argjson consumer "$number" \
      '.items[] | {line: (.reference | tonumber), consumer: $consumer, attempts, id, bytes: (.bytes // "")}' \
      "$work/leased.$number" >>"$work/delivered.$number"
    if ((number == 1 && completed >= midway)); then
      jq '.items[].reference | tonumber' "$work/leased.$number" >"$work/holds"
      mv "$work/holds" "$work/held"
      read -r <>"$work/never" # until it is killed
    fi
    jq -c --arg queue "$queue" '{queue_name: $queue, partition: (.partition // 0), request_timeout: "1m", ids: [.items[].id]}' \
      "$work/leased.$number" >"$work/complete.$number"
    call_until_done /v1/queue.complete "$work/answer.$number" "$work/complete.$number" || return 1
    jq '.items[].reference | tonumber' "$work/leased.$number" >>"$work/completed.$number"
  done
}

mkfifo "$work/never"
for ((number = 1; number <= consumers; number++)); do
  : >"$work/delivered.$number"
  : >"$work/completed.$number"
done
for ((number = 1; number <= consumers; number++)); do
  (
    trap - EXIT
    consume "$number"
  ) &
  consumer_pids[number]=$!
done

deadline=$((SECONDS + drain_seconds))
alive() {
  kill -0 "${consumer_pids[$1]}" 2>/dev/null
}
until [[ -e $work/held ]]; do
  alive 1 || fail "consumer 1 ended by itself"
  ((SECONDS < deadline)) || fail "consumer 1 got no lease within $drain_seconds s"
  sleep 0.05
done
status=0
{ kill -9 "${consumer_pids[1]}" && wait "${consumer_pids[1]}"; } 2>/dev/null || status=$? # else bash tells of it, too
((status == 137)) || fail "consumer 1 ended with $status instead of being killed"
unset 'consumer_pids[1]'
echo "consumer 1  completed $(wc -l <"$work/completed.1") lines, killed midway while it held $(wc -l <"$work/held"), which come back after $lease_timeout"

for ((number = 2; number <= consumers; number++)); do
  while alive "$number"; do
    ((SECONDS < deadline)) || fail "the queue was not drained within $drain_seconds s"
    sleep 0.05
  done
  wait "${consumer_pids[number]}" || fail "consumer $number failed"
  unset "consumer_pids[$number]"
  echo "consumer $number  completed $(wc -l <"$work/completed.$number") lines"
done

# ---- Prove ----------------------------------------------------------------------------------------------------------

proven=yes
prove() {
  local what=$1
  shift
  if "$@"; then
    echo "proven      $what"
  else
    echo "NOT PROVEN  $what"
    proven=
  fi
}

cat "$work"/delivered.* >"$work/delivered"
sort -n "$work"/completed.* >"$work/completed"
sort -n "$work/held" >"$work/held.sorted"
jq -r .line "$work/delivered" | sort -n | uniq -d >"$work/twice"

each_completed_once() {
  seq "$lines" | cmp -s - "$work/completed"
}
# The last delivery of each line, in the order of the file: byte for byte what was sent.
as_sent() {
  jq -r '.bytes // (.utf8 | @base64)' "$work/items" >"$work/sent"
  jq -rs 'group_by(.line)[] | max_by(.attempts) | .bytes' "$work/delivered" >"$work/received"
  cmp -s "$work/sent" "$work/received" || return 1
  [[ -f $work/raw ]] && return 0
  jq -r '@base64d' < <(jq -R . "$work/received") >"$work/rebuilt"
  cmp -s "$file" "$work/rebuilt" || cmp -s <(cat "$file" && echo) "$work/rebuilt"
}
each_delivery_alike() {
  jq -es 'group_by(.line) | all((map(.bytes) | unique | length) == 1)' "$work/delivered" >/dev/null
}
twice_were_held() {
  cmp -s "$work/held.sorted" "$work/twice"
}
first_to_killed_then_to_others() {
  jq -es --slurpfile held "$work/held" 'map(select(.line as $line | any($held[]; . == $line))) | group_by(.line)
    | all(length == 2 and (sort_by(.attempts) | .[0].consumer == 1 and .[0].attempts == 1 and .[1].consumer != 1 and .[1].attempts == 2))' \
    "$work/delivered" >/dev/null
}
nothing_left() {
  jq -n --arg queue "$queue" '{queue_name: $queue}' >"$work/stats"
  call_until_done /v1/queue.stats "$work/answer" "$work/stats" &&
    jq -e '[.logicalQueues[].partitions[] | (.total // 0) + (.scheduled // 0)] | add == 0' "$work/answer" >/dev/null
}

prove "each of the $lines lines was processed, and completed once" each_completed_once
prove "each line arrived as it is in the file" as_sent
prove "a line that was delivered twice was the same both times" each_delivery_alike
prove "delivered twice: the $(wc -l <"$work/held") lines that consumer 1 held when it was killed, and no other" twice_were_held
prove "those went to consumer 1 first, then to another as the second attempt" first_to_killed_then_to_others
prove "nothing is left in the queue" nothing_left
if [[ -n $keep ]]; then echo "kept        $queue"; fi
[[ -n $proven ]] || fail "the proof failed"
