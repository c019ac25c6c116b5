#!/bin/sh
# Take a worker out of nginx before it is stopped, and put it back once it can work, so that a
# restart is an error for nobody:
#   roll.sh out /etc/nginx/nginx.conf 8001 && systemctl restart kantelpunt@8001 && roll.sh in /etc/nginx/nginx.conf 8001
# and then the next worker. NGINX is how nginx is called.
set -eu
what=$1 conf=$2 port=$3
nginx=${NGINX:-nginx}

change() {
    sed "s/\(server 127\.0\.0\.1:$port\)$1 /\1$2 /" "$conf" >"$conf.new"
    if cmp -s "$conf" "$conf.new"; then
        rm "$conf.new"
        echo "$conf: no worker on port $port that can be taken $what" >&2
        exit 1
    fi
    mv "$conf.new" "$conf"
    $nginx -s reload
}

case $what in
out)
    if [ "$(grep -c 'server 127\.0\.0\.1:[0-9]* [^d]' "$conf")" -lt 2 ]; then
        echo "$conf: no other worker would be left" >&2
        exit 1
    fi
    change '' ' down'
    sleep "${DRAIN_SECONDS:-3}" # what is under way ends
    ;;
in)
    tries=0
    until curl --fail --silent --output /dev/null "http://127.0.0.1:$port/readyz"; do
        tries=$((tries + 1))
        if [ "$tries" -gt 120 ]; then
            echo "the worker on port $port cannot work after a minute: it stays out" >&2
            exit 1
        fi
        sleep 0.5
    done
    change ' down' ''
    ;;
*)
    echo "usage: roll.sh out|in NGINX_CONF PORT" >&2
    exit 2
    ;;
esac
