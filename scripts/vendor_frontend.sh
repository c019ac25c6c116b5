#!/bin/sh
# Fetch and build everything from others that the pages, the letters and the tests use, with licence and version.
# Needs npm; which registry it asks is up to the npm configuration of whoever runs this.
set -eu

appuniversum=4.4.1
swagger_ui=5.35.0
axe=4.14.1
source_sans=0.4.1
sass=1.108.2

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --no-save --no-audit --no-fund --loglevel=error --prefix "$work" "sass@$sass"

unpack() { # package, version, folder: without its dependencies, which we do not serve
  mkdir -p "$3"
  tar -xzf "$(npm pack --silent "$1@$2")" -C "$3" --strip-components=1
}
unpack "@appuniversum/ember-appuniversum" "$appuniversum" "$work/appuniversum"
unpack "swagger-ui-dist" "$swagger_ui" "$work/swagger-ui"
unpack "axe-core" "$axe" "$work/axe-core"
unpack "@expo-google-fonts/source-sans-3" "$source_sans" "$work/source-sans"

note() { # folder, package, version, licence
  printf '%s %s\nlicence: %s\nmade by: scripts/vendor_frontend.sh\n' "$2" "$3" "$4" >"$1/VERSION"
}

to="$root/serving/static/vendor/appuniversum"
from="$work/appuniversum"
rm -rf "$to" && mkdir -p "$to"
"$work/node_modules/.bin/sass" --quiet --quiet-deps --silence-deprecation=import --no-source-map \
  --style=compressed --load-path="$from/styles" "$root/scripts/appuniversum.scss" "$to/appuniversum.css"
cp "$from/LICENSE.md" "$to/LICENSE"
note "$to" "@appuniversum/ember-appuniversum" "$appuniversum" "MIT"

to="$root/serving/static/vendor/swagger-ui"
from="$work/swagger-ui"
rm -rf "$to" && mkdir -p "$to"
cp "$from/swagger-ui-bundle.js" "$from/swagger-ui-bundle.js.LICENSE.txt" "$from/swagger-ui.css" "$from/LICENSE" "$from/NOTICE" "$to/"
sed -i '/^\/\/# sourceMappingURL=/d' "$to/swagger-ui-bundle.js"
sed -i 's|/\*# sourceMappingURL=[^*]*\*/||' "$to/swagger-ui.css"
note "$to" "swagger-ui-dist" "$swagger_ui" "Apache-2.0"

to="$root/tests/web/vendor/axe-core"
from="$work/axe-core"
rm -rf "$to" && mkdir -p "$to"
cp "$from/axe.min.js" "$from/LICENSE" "$from/LICENSE-3RD-PARTY.txt" "$to/"
note "$to" "axe-core" "$axe" "MPL-2.0"

to="$root/serving/letters/vendor/source-sans-3"
from="$work/source-sans"
rm -rf "$to" && mkdir -p "$to"
cp "$from/400Regular/SourceSans3_400Regular.ttf" "$from/600SemiBold/SourceSans3_600SemiBold.ttf" "$to/"
cp "$from/LICENSE_FONT" "$to/LICENSE"
note "$to" "@expo-google-fonts/source-sans-3" "$source_sans" "OFL-1.1"
