#!/bin/sh
# Check that the system packages named as arguments are here; install what is missing where we may, else say how.
set -u

is_here() {
    case $1 in
        libgomp1) "${PYTHON:-.venv/bin/python}" -c 'import ctypes; ctypes.CDLL("libgomp.so.1")' ;;
        chromium) command -v chromium || command -v chromium-browser || command -v google-chrome ;;
        postgresql) command -v initdb || ls /usr/lib/postgresql/*/bin/initdb ;;
        nginx) PATH=$PATH:/usr/sbin command -v nginx ;;
        *) command -v "$1" ;;
    esac >/dev/null 2>&1
}

missing=""
for package in "$@"; do
    is_here "$package" || missing="$missing $package"
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ]; then
    as_root="env DEBIAN_FRONTEND=noninteractive"
elif sudo -n true 2>/dev/null; then
    as_root="sudo -n env DEBIAN_FRONTEND=noninteractive"
else
    as_root=""
fi

if [ -n "$as_root" ] && command -v apt-get >/dev/null; then
    echo "Installing system packages:$missing"
    $as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

for package in $missing; do
    if ! is_here "$package"; then
        echo "System packages needed:$missing. On Debian or Ubuntu: sudo apt-get install$missing" >&2
        exit 1
    fi
done
