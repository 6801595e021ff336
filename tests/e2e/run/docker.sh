#!/bin/sh
# A docker whose containers are processes of the embedded stack, outside the client's process group as those of a daemon are.
# It says in `calls` and `env` what it was told; files beside it make it go wrong.
root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$root/images" "$root/containers" "$root/labels"
echo "$(basename "$0") $*" >>"$root/calls"
for last; do :; done
slug() { echo "$1" | tr / _; }
fail() {
    echo "$2" >&2
    exit "$1"
}
case "$1" in
info) if [ -e "$root/down" ]; then fail 1 "Cannot connect to the Docker daemon. Is it running?"; fi ;;
network) echo 127.0.0.2 ;;
image) [ -e "$root/images/$(slug "$last")" ] ;;
pull)
    if [ -e "$root/offline" ]; then fail 1 "no such image: $last"; fi
    touch "$root/images/$(slug "$last")"
    ;;
build)
    if [ -e "$root/wrong" ]; then fail 2 "unknown instruction: FORM"; fi
    touch "$root/images/$(slug "$3")"
    ;;
inspect) if kill -0 "$(cat "$root/containers/$last")"; then echo "running false"; else echo "exited false"; fi ;;
ps)
    for name in $(ls "$root/containers"); do
        if [ "label=stack-test.run=$(cat "$root/labels/$name")" = "$5" ]; then echo "id-$name $name"; fi
    done
    ;;
rm)
    name=${last#id-}
    [ -e "$root/containers/$name" ] || fail 1 "no such container: $last"
    kill -9 "$(cat "$root/containers/$name")" 2>/dev/null
    rm "$root/containers/$name"
    ;;
run)
    shift
    while :; do
        case "$1" in
        --name) name=$2 ;;
        --label) label=${2#stack-test.run=} ;;
        --env) case "$2" in *=*) ;; *) eval "echo \"$2=\$$2\"" >>"$root/env" ;; esac ;;
        --*) ;;
        *) break ;;
        esac
        shift 2
    done
    shift
    echo "$label" >"$root/labels/$name"
    if [ -e "$root/refused" ]; then fail 125 "Error response from daemon: no space left"; fi
    if [ -e "$root/dead" ]; then set -- sh -c "echo the model is gone; exit 3"; else set -- @BINARY@ serve starter "$@"; fi
    echo "the key is $SOME_API_KEY"
    mkdir -p "$root/inside" && cd "$root/inside" || exit 125
    setsid "$@" &
    server=$!
    echo "$server" >"$root/containers/$name"
    trap 'kill "$server"' TERM
    wait "$server"
    code=$?
    while kill -0 "$server" 2>/dev/null; do
        wait "$server"
        code=$?
    done
    exit "$code"
    ;;
*) fail 125 "unknown flag: $1" ;;
esac
