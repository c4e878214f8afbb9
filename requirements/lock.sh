#!/bin/sh
# Writes the locks anew: exact versions with hashes for every platform, no registry address. Run by `make lock`.
set -eu
cd "$(dirname "$0")/.."
lock() {
    out=$1
    shift
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
        --upgrade --output-file "requirements/$out.txt" "$@"
}
lock run pyproject.toml --group build
lock test pyproject.toml --group build --group test
lock node --group node
