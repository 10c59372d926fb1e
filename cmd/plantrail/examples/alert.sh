#!/bin/sh
# Tells somebody of each plan change that plantrail run --changes FILE has written:
#
#     plantrail run … --changes changes.jsonl; alert.sh changes.jsonl
#
# PLANTRAIL_ALERT_TO says whom, in the environment, since a webhook's URL is a secret:
#     https://…               a webhook that takes {"text": "…"}, such as Slack's
#     arn:aws:sns:…           a topic of SNS, by the AWS CLI
#     arn:aws:events:…        a bus of EventBridge, by the AWS CLI: the change as it is in FILE
#
# Each change is told at least once. FILE is moved to FILE.waiting in one step, so that the
# next run cannot replace what has not been told; there a change is a file until the
# receiver has confirmed it. What cannot be told waits for the next call. FILE.waiting/told
# remembers the last 10,000, and a change that is there is not told again. Only if this is
# killed between telling and remembering, a change is told twice.
#
# Exit codes: 0 all told, or nothing to tell; 1 something waits; 2 wrong usage.
set -u
umask 077
export LC_ALL=C

complain() { echo "alert: $1" >&2; }

# What is told is text that a caller of AWS chose: nothing in it ends a line or hides.
# shellcheck disable=SC2016 # the names are those of jq
one_line='def plain: tostring | gsub("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]"; " ");
	def known: . // "unknown";
	"\(.eventtime) account \(.account | known): \(.actor | known) \(.operation | known)"
	+ ([.level // .startlevel | values | " \(.)"] | add // "")
	+ (if .starttime then " from \(.starttime)" else "" end)
	+ ", \(.outcome), \(.channel | known), address \(.sourceipaddress | known), event \(.eventid | known)"
	+ (if .error then ": \(.error)" else "" end) | plain'

# Slack reads <…> as a link or a mention of everybody.
payload="{text: ($one_line | gsub(\"&\"; \"&amp;\") | gsub(\"<\"; \"&lt;\") | gsub(\">\"; \"&gt;\"))}"

tell_webhook() { # FILE ID
	# The URL goes by a file that nobody else can read, not by an argument.
	status=$(jq -c "$payload" "$1" | curl --config "$waiting/url" --silent --show-error --max-time 30 --retry 2 \
		--header 'Content-Type: application/json' --header "Idempotency-Key: $2" \
		--data-binary @- --output /dev/null --write-out '%{http_code}') || return 1
	case $status in
	2??) ;;
	*) complain "the webhook answers $status"; return 1 ;;
	esac
}

tell_topic() { # FILE ID
	set -- "$(jq -r "$one_line" "$1")" "$2"
	case $to in
	*.fifo) aws sns publish --region "$region" --topic-arn "$to" --subject 'AWS Support plan change' --message "$1" \
		--message-group-id plantrail --message-deduplication-id "$2" >/dev/null ;;
	*) aws sns publish --region "$region" --topic-arn "$to" --subject 'AWS Support plan change' --message "$1" >/dev/null ;;
	esac
}

tell_bus() { # FILE
	entry=$(jq -c --arg bus "$to" '[{Source: "plantrail", DetailType: "AWS Support plan change", EventBusName: $bus, Time: .eventtime, Detail: tojson}]' "$1") || return 1
	# The call succeeds also if the bus takes nothing.
	failed=$(aws events put-events --region "$region" --entries "$entry" --query FailedEntryCount --output text) || return 1
	[ "$failed" = 0 ] || { complain 'the bus does not take the event'; return 1; }
}

tell() { # FILE ID
	case $to in
	http*) tell_webhook "$1" "$2" ;;
	*:sns:*) tell_topic "$1" "$2" ;;
	*) tell_bus "$1" ;;
	esac
}

# split makes a file of each change in FILE.waiting/new, but not of those that were told.
# It may be killed and begin again. What is no change goes to FILE.waiting/unreadable.
split() {
	[ -e "$waiting/new" ] || return 0
	while IFS= read -r change || [ -n "$change" ]; do
		time=$(printf '%s\n' "$change" | jq -er '.eventtime | select(test("^[0-9TZ:.-]{20,30}$"))' 2>/dev/null) || {
			printf '%s\n' "$change" >>"$waiting/unreadable" || return 1
			continue
		}
		id=$(printf '%s\n' "$change" | sha256sum | cut -c 1-32)
		grep -qx "$id" "$waiting/told" && continue
		printf '%s\n' "$change" >"$waiting/part" && mv "$waiting/part" "$waiting/$time-$id.json" || return 1
	done <"$waiting/new"
	rm "$waiting/new"
}

to=${PLANTRAIL_ALERT_TO-}
if [ $# -ne 1 ] || [ -z "$to" ]; then
	complain 'usage: PLANTRAIL_ALERT_TO=https://… or arn:… alert.sh FILE'
	exit 2
fi
case $to in
*[!a-zA-Z0-9:/?@=.,_%+~*\&\#!\$\;-]*) complain 'PLANTRAIL_ALERT_TO has a character that no URL and no ARN has'; exit 2 ;;
https://* | http://*) needs=curl ;;
arn:aws*:sns:* | arn:aws*:events:*) needs=aws ;;
*) complain 'PLANTRAIL_ALERT_TO is no URL and no ARN of SNS or EventBridge'; exit 2 ;;
esac
for program in jq flock sha256sum $needs; do
	command -v "$program" >/dev/null || { complain "there is no $program"; exit 2; }
done
region=$(printf '%s\n' "$to" | cut -d : -f 4)
file=$1 waiting=$1.waiting

mkdir -p "$waiting" && exec 9>"$waiting/lock" || exit 1
flock -w 600 9 || { complain 'another alert has been at work for ten minutes'; exit 1; }
touch "$waiting/told" && printf 'url = "%s"\n' "$to" >"$waiting/url" || exit 1

split || exit 1
if [ -s "$file" ]; then
	mv "$file" "$waiting/new" && split || exit 1
fi

missed=0 running=0
for change in "$waiting"/*.json; do
	[ -e "$change" ] || continue
	id=${change##*-} id=${id%.json}
	if grep -qx "$id" "$waiting/told" || { tell "$change" "$id" && echo "$id" >>"$waiting/told"; }; then
		rm "$change"
		running=0
		continue
	fi
	missed=$((missed + 1)) running=$((running + 1))
	if [ $running -ge 3 ]; then # nobody is there
		break
	fi
done
tail -n 10000 "$waiting/told" >"$waiting/part" && mv "$waiting/part" "$waiting/told"

code=0
if [ $missed -gt 0 ]; then
	complain "$(find "$waiting" -name '*.json' | wc -l) changes wait in $waiting for the next call"
	code=1
fi
if [ -s "$waiting/unreadable" ]; then
	complain "$waiting/unreadable has lines that are no changes: look at them, and remove it"
	code=1
fi
exit $code
