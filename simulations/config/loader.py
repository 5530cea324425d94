"""Reading a scenario file."""

from __future__ import annotations

from pathlib import Path

from simulations.config.document import MAX_BYTES, parse_yaml
from simulations.config.faults import Fault, as_validation_error, check_text
from simulations.config.schema import SimulationConfig

__all__ = ["load_config", "parse_yaml", "read_text"]


def read_text(path: Path | str) -> str:
    """Return the text of a scenario file of at most 2 MB.

    Raises FileNotFoundError, or pydantic's ValidationError if it is not UTF-8 text of that size.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no scenario file {path}")
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES:,} bytes"
        raise as_validation_error([Fault("too_large", "", message)])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise as_validation_error([Fault("encoding", "", "not UTF-8 text", line=line)]) from None


def load_config(path: Path | str) -> SimulationConfig:
    """Read and check a scenario file (YAML or JSON). A payment file that it names is not read.

    Raises FileNotFoundError, or pydantic's ValidationError with every fault, its line in the message.
    """
    checked = check_text(read_text(path))
    if checked.config is None:
        raise as_validation_error(checked.faults)
    return checked.config
