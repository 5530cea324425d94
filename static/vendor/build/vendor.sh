#!/usr/bin/env bash
# Rebuild static/vendor from the pinned packages and hold the result to SHA256SUMS.
# `vendor.sh --update` writes new sums instead, after a pin was changed. Needs node and npm; nothing else does.
set -euo pipefail
cd "$(dirname "$0")"
out=$(cd .. && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp package.json package-lock.json codemirror.js "$work"
(cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
modules="$work/node_modules"

# An object of functions, hung on `window` under one name; no source map, which hashed storage would look for.
"$modules/.bin/esbuild" "$work/codemirror.js" --bundle --minify --format=iife --global-name=CM \
  --target=es2022 --legal-comments=none --log-level=warning --outfile="$out/codemirror.js"
sed '/^\/\/# sourceMappingURL=/d' "$modules/uplot/dist/uPlot.iife.min.js" >"$out/uplot.js"
sed 's|/\*# sourceMappingURL=.*\*/||' "$modules/uplot/dist/uPlot.min.css" >"$out/uplot.css"

# Every package that ends up in the two scripts, with its licence in full.
{
  for package in uplot codemirror @codemirror/{autocomplete,commands,lang-yaml,language,lint,search,state,view} \
    @lezer/{common,highlight,lr,yaml} @marijn/find-cluster-break crelt style-mod w3c-keyname; do
    version=$(node -p "require('$modules/$package/package.json').version")
    printf '%s %s\n\n' "$package" "$version"
    cat "$modules/$package/LICENSE"
    printf '\n----\n\n'
  done
} >"$out/LICENSES.txt"

cd "$out"
files=(LICENSES.txt codemirror.js uplot.css uplot.js)
if [[ "${1:-}" == --update ]]; then
  sha256sum "${files[@]}" >SHA256SUMS
fi
sha256sum --check --strict SHA256SUMS
