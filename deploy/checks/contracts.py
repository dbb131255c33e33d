"""The contracts in `proto/`: well formed, compatible with the baseline, generated code up to date.

That each rpc states its rule and route is asked by `gateway.check_contract`.
`python -m deploy.checks.contracts`; with `--accept` the contracts as they are become the baseline.
"""

import filecmp
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from google.api import annotations_pb2

ROOT = Path(__file__).parents[2]
PROTO = ROOT / "proto"
BASELINE = PROTO / "baseline.binpb"
BIN = Path(sys.executable).parent
# buf judges our files alone; google's come along in the image as imports.
_OURS = ["--config", str(PROTO / "buf.yaml"), "--path", "workspace"]


def contracts(folder: Path = PROTO) -> list[str]:
    """The proto files, as an import names them."""
    return sorted(str(path.relative_to(folder)) for path in (folder / "workspace").rglob("*.proto"))


def image(to: Path, folder: Path = PROTO, *, source_info: bool = True) -> None:
    """Compile all contracts and what they import into one descriptor set, which buf takes as an image."""
    installed = Path(annotations_pb2.__file__).parents[2]
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{folder}", f"-I{installed}", "--include_imports"]
    if source_info:
        command.append("--include_source_info")
    subprocess.run([*command, f"--descriptor_set_out={to}", *contracts(folder)], check=True)


def buf(*arguments: str) -> list[str]:
    """The complaints of buf, a line each."""
    done = subprocess.run([BIN / "buf", *arguments, *_OURS], capture_output=True, text=True, cwd=ROOT)
    lines = (done.stdout + done.stderr).splitlines()
    return lines or ([f"buf ended with {done.returncode}"] if done.returncode else [])


def outdated() -> Iterator[str]:
    """Generated files that are not what the contracts give today."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder)
        subprocess.run([PROTO / "generate.sh", folder], check=True)
        kept = PROTO / "gen"
        wanted = {path.relative_to(fresh) for path in fresh.rglob("*") if path.is_file()}
        found = {
            path.relative_to(kept) for path in kept.rglob("*") if path.is_file() and "__pycache__" not in path.parts
        }
        for path in sorted(wanted | found):
            if path not in found:
                yield f"proto/gen/{path}: missing; run make proto"
            elif path not in wanted:
                yield f"proto/gen/{path}: of no contract any more; remove it"
            elif not filecmp.cmp(fresh / path, kept / path, shallow=False):
                yield f"proto/gen/{path}: out of date; run make proto"


def check() -> list[str]:
    """All complaints."""
    with tempfile.TemporaryDirectory() as folder:
        compiled = Path(folder) / "contracts.binpb"
        image(compiled)
        return [
            *buf("lint", str(compiled)),
            *buf("breaking", str(compiled), "--against", str(BASELINE)),
            *outdated(),
        ]


def main() -> None:
    if sys.argv[1:] == ["--accept"]:
        image(BASELINE, source_info=False)
        return
    complaints = check()
    sys.stdout.writelines(f"{line}\n" for line in complaints or ["contracts: kept"])
    raise SystemExit(bool(complaints))


if __name__ == "__main__":
    main()
