#!/bin/sh
# Generate proto/gen, or the folder given, from the contracts: Python, its types, and the descriptors with their
# comments (for OpenAPI).
set -eu
out=$(mkdir -p "${1:-$(dirname "$0")/gen}/workspace" && cd "${1:-$(dirname "$0")/gen}" && pwd)
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
google=$(python -c 'import google.api, pathlib; print(pathlib.Path(list(google.api.__path__)[0]).parent.parent)')
# shellcheck disable=SC2046 # one argument a file
python -m grpc_tools.protoc -Iproto "-I$google" \
  "--python_out=$out" "--mypy_out=quiet:$out" "--grpc_python_out=$out" "--mypy_grpc_out=quiet:$out" \
  --include_source_info "--descriptor_set_out=$out/workspace/descriptors.binpb" \
  $(find proto/workspace -name '*.proto' | sort)
