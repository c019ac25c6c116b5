#!/bin/sh
# Print the Python that .venv is made with: $PYTHON where given, else the newest of 3.13, 3.12 and 3.11 that runs.
set -u

# 0: fit; 3: another version; 4: the version fits, but it cannot make an environment; other: does not run
try() {
    "$1" -c '
import sys
if not (3, 11) <= sys.version_info < (3, 14):
    sys.exit(3)
try:
    import ensurepip, venv
except ImportError:
    sys.exit(4)
' >/dev/null 2>&1
}

incomplete=""
for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
    try "$candidate"
    case $? in
        0)
            command -v "$candidate"
            exit 0
            ;;
        4) incomplete=$candidate ;;
    esac
done

if [ -n "$incomplete" ]; then
    version=$("$incomplete" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "$incomplete cannot make a virtual environment: venv or ensurepip is missing." >&2
    echo "On Debian or Ubuntu: apt-get install python$version-venv" >&2
else
    echo "Kantelpunt needs Python 3.11, 3.12 or 3.13; ${PYTHON:-none of python3.13, python3.12, python3.11 and python3} does not fit." >&2
    echo "On Debian or Ubuntu: apt-get install python3 python3-venv. Or name another one: make PYTHON=/path/to/python3.12" >&2
fi
exit 1
