"""The face keeps its promises: contrast, a strict policy, vendored files as they were built."""

import hashlib
import math
import re
from itertools import combinations
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))

Triple = tuple[float, float, float]

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
    """The colours of a sheet in a theme: each stands as `light-dark(#light, #dark)`."""
    text = (STATIC / "css" / sheet).read_text("utf-8")
    pairs = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", text)
    assert pairs, f"{sheet} has no colours"
    return {name: dark if theme == "dark" else light for name, light, dark in pairs}


def linear(color: str) -> Triple:
    """#rrggbb to linear sRGB."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return r, g, b


def luminance(color: str) -> float:
    """Relative luminance, WCAG 2.2."""
    r, g, b = linear(color)
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


def bank_colors(theme: str) -> list[str]:
    """The picked colours of banks in a theme."""
    palette = (STATIC / "js" / "palette.js").read_text("utf-8")
    banks = re.search(rf"^    {theme}: \[(.*?)\],$", palette, re.MULTILINE | re.DOTALL)
    assert banks
    return re.findall(r"#\w{6}", banks[1])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_lines_of_charts_can_be_seen(theme: str) -> None:
    ground = properties("tokens.css", theme)["surface"]
    lines = bank_colors(theme)
    lines += [color for name, color in properties("charts.css", theme).items() if name[-1].isdigit()]
    assert len(lines) == 28
    assert [color for color in lines if contrast(color, ground) < 3] == []


def oklab(linear: Triple) -> Triple:
    """Linear sRGB to OKLab (Ottosson 2020)."""
    cones = [
        (0.4122214708, 0.5363325363, 0.0514459929),
        (0.2119034982, 0.6806995451, 0.1073969566),
        (0.0883024619, 0.2817188376, 0.6299787005),
    ]
    roots = [math.cbrt(max(0.0, part)) for part in times(cones, linear)]
    return times(
        [
            (0.2104542553, 0.7936177850, -0.0040720468),
            (1.9779984951, -2.4285922050, 0.4505937099),
            (0.0259040371, 0.7827717662, -0.8086757660),
        ],
        (roots[0], roots[1], roots[2]),
    )


def times(matrix: list[Triple], vector: Triple) -> Triple:
    """Matrix times vector."""
    a, b, c = (sum(x * y for x, y in zip(row, vector, strict=True)) for row in matrix)
    return a, b, c


# Severity 1.0 in linear sRGB: Machado, Oliveira and Fernandes 2009.
VISIONS: dict[str, list[Triple]] = {
    "full": [(1, 0, 0), (0, 1, 0), (0, 0, 1)],
    "protan": [
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ],
    "deutan": [
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ],
}


# Distances in OKLab; 0.02 is about where two colours side by side begin to look alike.
BARELY_ALIKE = [("full", 0.11, 0.064), ("protan", 0.08, 0.049), ("deutan", 0.08, 0.049)]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("vision", "ten", "all_of_them"), BARELY_ALIKE)
def test_banks_are_told_apart(vision: str, ten: float, all_of_them: float, theme: str) -> None:
    places = [oklab(times(VISIONS[vision], linear(color))) for color in bank_colors(theme)]
    assert min(math.dist(one, other) for one, other in combinations(places[:10], 2)) >= ten
    assert min(math.dist(one, other) for one, other in combinations(places, 2)) >= all_of_them


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
