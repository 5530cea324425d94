"""The face keeps its promises: contrast, a strict policy, vendored files as they were built."""

import hashlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))

TEXT_ON = [
    (ink, ground)
    for ground in ("paper", "surface", "surface-sunk", "surface-hover")
    for ink in ("ink", "ink-2", "ink-3", "accent")
]
TEXT_ON += [(kind, f"{kind}-soft") for kind in ("ok", "warn", "bad", "info", "note", "still")]
TEXT_ON += [("ink", f"{kind}-soft") for kind in ("ok", "warn", "bad", "info")]
TEXT_ON += [("accent-ink", "accent"), ("accent-strong", "accent-soft"), ("bad", "surface"), ("paper", "ink")]
MARKS_ON = [("line-strong", "surface"), ("focus", "paper"), ("focus", "surface")]


def properties(sheet: str, theme: str) -> dict[str, str]:
    """The custom properties of a sheet in a theme: the light ones stand first, dark ones replace them."""
    text = (STATIC / "css" / sheet).read_text("utf-8")
    blocks = {"light": r"^:root \{(.*?)^\}", "dark": r'^:root\[data-theme="dark"\] \{(.*?)^\}'}
    found: dict[str, str] = {}
    for name in ("light", "dark") if theme == "dark" else ("light",):
        block = re.search(blocks[name], text, re.DOTALL | re.MULTILINE)
        assert block, f"{sheet} has no {name} values"
        found |= dict(re.findall(r"--([\w-]+): (#\w{6});", block[1]))
    return found


def luminance(color: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    """Contrast ratio, 1..21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT_ON)
def test_text_can_be_read(ink: str, ground: str, theme: str) -> None:
    colors = properties("tokens.css", theme)
    assert contrast(colors[ink], colors[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("mark", "ground"), MARKS_ON)
def test_borders_of_fields_and_focus_can_be_seen(mark: str, ground: str, theme: str) -> None:
    colors = properties("tokens.css", theme)
    assert contrast(colors[mark], colors[ground]) >= 3


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_lines_of_charts_can_be_seen(theme: str) -> None:
    ground = properties("tokens.css", theme)["surface"]
    palette = (STATIC / "js" / "palette.js").read_text("utf-8")
    banks = re.search(rf"^    {theme}: \[(.*)\],$", palette, re.MULTILINE)
    assert banks
    lines = re.findall(r"#\w{6}", banks[1])
    lines += [color for name, color in properties("charts.css", theme).items() if name[-1].isdigit()]
    assert len(lines) == 14
    assert [color for color in lines if contrast(color, ground) < 3] == []


def test_the_devices_dark_is_the_chosen_dark() -> None:
    for sheet in ("tokens.css", "charts.css"):
        text = (STATIC / "css" / sheet).read_text("utf-8")
        device = re.search(r':root:not\(\[data-theme="light"\]\) \{(.*?)\}', text, re.DOTALL)
        chosen = re.search(r'^:root\[data-theme="dark"\] \{(.*?)\}', text, re.DOTALL | re.MULTILINE)
        assert device and chosen
        pattern = r"--[\w-]+: [^;]+;"
        assert re.findall(pattern, device[1]) == re.findall(pattern, chosen[1])


@pytest.mark.parametrize("page", TEMPLATES, ids=lambda page: str(page.relative_to(ROOT / "templates")))
def test_no_template_needs_more_than_the_strict_policy(page: Path) -> None:
    text = page.read_text("utf-8")
    assert not re.search(r"\sstyle=|<style|\son\w+=|hx-on|javascript:", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))
    assert not re.search(r"(src|href)=\"https?://", text)


@pytest.mark.parametrize("sheet", sorted((STATIC / "css").glob("*.css")), ids=lambda sheet: sheet.name)
def test_sheets_use_only_properties_that_exist(sheet: Path) -> None:
    defined = {
        name
        for file in (STATIC / "css").glob("*.css")
        for name in re.findall(r"(--[\w-]+):", file.read_text("utf-8"))
    }
    assert set(re.findall(r"var\((--[\w-]+)", sheet.read_text("utf-8"))) <= defined


def test_vendored_files_are_those_that_were_built() -> None:
    sums = (STATIC / "vendor" / "SHA256SUMS").read_text("ascii").splitlines()
    for line in sums:
        digest, name = line.split()
        content = (STATIC / "vendor" / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest, name
        assert b"sourceMappingURL" not in content
    named = {line.split()[1] for line in sums}
    there = {path.name for path in (STATIC / "vendor").iterdir() if path.is_file()}
    assert named == there - {"SHA256SUMS"}
    assert '"resolved"' not in (STATIC / "vendor" / "build" / "package-lock.json").read_text("utf-8")
