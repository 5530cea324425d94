"""What the documents say is true: links, commands, files and settings they name exist."""

import re
from pathlib import Path

import pytest

from simulations.runs import actions, consumers, frames, seats

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as forges make them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if target.startswith(("http:", "https:")):
            continue
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        assert there.exists(), f"{page.name} links to {target}"
        if anchor and there.suffix == ".md":
            assert anchor in anchors(there), f"{page.name} links to {target}"


def test_every_make_target_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"`make ([a-z-]+)`", page.read_text("utf-8"))}
    assert {"run", "test"} <= named <= targets


def test_the_settings_page_lists_every_variable() -> None:
    settings = (ROOT / "webapp" / "settings.py").read_text("utf-8")
    read = set(re.findall(r"env\.\w+\(\"([A-Z_]+)\"", settings)) | {"DATABASE_URL"}
    listed = set(re.findall(r"`([A-Z_]{4,})`", (ROOT / "docs" / "deploying.md").read_text("utf-8")))
    assert read <= listed


def test_the_socket_page_tells_every_action_error_and_close_code() -> None:
    page = (ROOT / "docs" / "socket.md").read_text("utf-8")
    rows = re.findall(r"^\| (.+?) \|", page, re.MULTILINE)
    cells = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    source = "".join(path.read_text("utf-8") for path in (ROOT / "simulations" / "runs").glob("*.py"))
    codes = set(re.findall(r"(?:raise Refused|self\._error|self\._answer_at_once)\(\s*\"(\w+)\"", source))
    assert cells == actions.KNOWN | codes
    closing = {seats.NOT_SIGNED_IN, seats.NO_SUCH_RUN, seats.TOO_MUCH, seats.BROKEN, seats.TRY_AGAIN}
    assert {int(row) for row in rows if row.isdigit()} - {1009} == closing
    for number in (
        f"{consumers.MOST_MESSAGE_BYTES // 1024} KB",
        f"{consumers.MESSAGES_PER_SECOND:.0f} a second",
        f"{consumers.MESSAGES_AT_ONCE:.0f} at once",
        f"{consumers.MOST_WAITING_COMMANDS} may wait",
        f"{frames.MOST_FRAMES_UNDER_WAY} frames and {frames.MOST_BYTES_UNDER_WAY // 1_000_000} MB",
        f"{frames.STALLED_SECONDS:.0f} seconds",
        f"to {frames.MOST_POINTS:,}",
        f"{frames.HEADER.format}`",
    ):
        assert number in page, number


def test_the_model_page_numbers_its_sections_as_the_code_cites_them() -> None:
    sections = re.findall(r"^## (\d+) ", (ROOT / "docs" / "model.md").read_text("utf-8"), re.MULTILINE)
    assert sections == [str(number) for number in range(1, 15)]
