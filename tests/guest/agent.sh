#!/bin/sh
# Runs in the guest, as root: does the jobs one after the other and reports each on the virtio port
# (the form of the reports is in machine.py). Output goes to files first: a process that a job leaves behind can
# then neither hold up the report nor grow it.
set -u
base=/opt/guest
work=/run/guest-results
mkdir -p "$work"

fail() {
    echo "agent: $1" >/dev/console
    exit 1
}

port=
for entry in /sys/class/virtio-ports/*; do
    [ "$(cat "$entry/name" 2>/dev/null)" = guest.results ] && port=/dev/${entry##*/}
done
[ -c "$port" ] || fail "there is no port for the results"
exec 3>"$port" || fail "the port for the results cannot be opened"

uptime_now() {
    read -r now _ </proc/uptime
    echo "$now"
}

size_of() {
    wc -c <"$1" | tr -d ' '
}

printf 'ready %s\n' "$(uptime_now)" >&3

for job in "$base"/jobs/*; do
    read -r user <"$job/user"
    read -r limit <"$job/limit"
    start=$(uptime_now)
    timeout -k 10 "$limit" su - "$user" -c "$job/script" </dev/null >"$work/stdout" 2>"$work/stderr" 3>&-
    code=$?
    end=$(uptime_now)
    out=$(size_of "$work/stdout")
    err=$(size_of "$work/stderr")
    {
        printf 'job %s %s %s %s %s %s\n' "${job##*/}" "$code" "$start" "$end" "$out" "$err"
        head -c "$out" "$work/stdout"
        head -c "$err" "$work/stderr"
    } >&3
    rm -f "$work/stdout" "$work/stderr"
done

printf 'end\n' >&3
