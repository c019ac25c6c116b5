#!/bin/sh
# Make .venv with exactly what requirements-dev.lock pins, every file checked against its hash.
set -eu
cd "$(dirname "$0")/.."

python=.venv/bin/python
if ! "$python" -m pip --version >/dev/null 2>&1; then
    found=$(sh scripts/find_python.sh)
    echo "Making .venv with $("$found" --version) ..."
    "$found" -m venv --clear .venv
fi

# uv installs the same lock four times faster than pip; uv itself comes out of the lock too
awk '/^[a-z]/ {on = /^uv==/} on' requirements-dev.lock >.venv/uv.lock
"$python" -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r .venv/uv.lock

echo "Installing what requirements-dev.lock pins ..."
install="install --quiet --only-binary :all: --require-hashes -r requirements-dev.lock"
# where only pip knows the way to packages (a mirror in pip.conf), or uv may keep no cache, pip does it
.venv/bin/uv pip $install --python "$python" --compile-bytecode ||
    "$python" -m pip $install --disable-pip-version-check
# setuptools warns of every editable install that a folder may bear the name of a package
PYTHONWARNINGS=ignore "$python" -m pip install --quiet --disable-pip-version-check \
    --no-index --no-deps --no-build-isolation --editable .

# LightGBM is the one package that leans on a library of the system
PYTHON=$python sh scripts/system_packages.sh libgomp1
