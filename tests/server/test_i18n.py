import re
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.pofile import read_po
from litestar.testing import RequestFactory

from server.i18n import format_mu, format_percent, format_signed, format_yuan, language_of
from server.labels import LABELS

ROOT = Path(__file__).parents[2]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)} | parse_keywords(
    ["t", "tn:1,2", "tp:1c,2", "mark"]
)


@pytest.fixture(scope="module")
def catalogue():
    return read_po(BytesIO((ROOT / "locale" / "en.po").read_bytes()), locale="en")


@pytest.fixture(scope="module")
def messages():
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(
        ROOT,
        method_map=[
            (pattern, {"jinja2": "jinja2.ext:babel_extract"}.get(method, method)) for pattern, method in methods
        ],
        options_map=options,
        keywords=KEYWORDS,
        directory_filter=lambda folder: (
            Path(folder).name not in {"node_modules", "data", "static"} and not Path(folder).name.startswith(".")
        ),
    )
    return [(name, line, message, context) for name, line, message, _comments, context in found]


def test_every_text_has_its_english(messages, catalogue):
    """A text changed in Chinese loses its English without a word; here is the word."""
    missing = []
    for name, line, message, context in messages:
        entry = catalogue.get(message, context=context)
        texts = entry.string if entry and isinstance(entry.string, tuple) else (entry.string if entry else "",)
        if not all(texts) or entry.fuzzy:
            missing.append(f"{name}:{line}: {message}")

    assert len(messages) > 400
    assert missing == []


def test_english_fills_the_same_holes(catalogue):
    """A hole that is missing in one language hides a figure; one too many breaks the page."""

    def holes(text: str) -> set[str]:
        return set(re.findall(r"%\(\w+\)s|\{\w+\}", text))

    wrong = []
    for entry in catalogue:
        ids = entry.id if isinstance(entry.id, tuple) else (entry.id,)
        texts = entry.string if isinstance(entry.string, tuple) else (entry.string,)
        wrong += [entry.id for text in texts if ids[0] and holes(text) - {"{n}"} != holes(ids[0]) - {"{n}"}]

    assert wrong == []


def test_no_chinese_is_left_in_the_english(catalogue):
    """An English reader cannot guess it."""
    texts = [text for entry in catalogue if entry.id for text in (entry.string, *entry.string) if isinstance(text, str)]

    assert [text for text in texts if re.search(r"[\u4e00-\u9fff]", text)] == []


def test_every_code_has_a_word(messages):
    """Words of codes are marked where they are written, or the catalogue would not know them."""
    marked = {message for _name, _line, message, _context in messages}

    assert {word for words in LABELS.values() for word in words.values()} <= marked


@pytest.mark.parametrize(
    ("query", "cookie", "header", "language"),
    [
        ({}, "", "", "zh"),
        ({}, "", "en-GB,en;q=0.9,zh;q=0.8", "en"),
        ({}, "", "fr-FR, de;q=0.5", "zh"),
        ({}, "", "zh-CN;q=0.4, en;q=nonsense", "zh"),
        ({}, "zh", "en", "zh"),
        ({"lang": "en"}, "zh", "zh", "en"),
        ({"lang": "xx"}, "yy", "en", "en"),
    ],
)
def test_the_language_is_the_one_asked_for_most_clearly(query, cookie, header, language):
    """The address wins over the cookie, the cookie over the browser; nonsense counts as nothing."""
    headers = {"accept-language": header, "cookie": f"lang={cookie}"}
    request = RequestFactory().get("/", query_params=query, headers=headers)

    assert language_of(request) == language


def test_figures_are_rounded_half_up_from_what_was_measured():
    """Two ways of rounding one figure are two figures on two papers."""
    assert format_mu(2.675 * 2000 / 3 + 1e-6) == "2.68"
    assert format_percent(0.8995) == "90.0%"
    assert format_signed(0.125) == "+0.13"
    assert format_yuan(300_000_000_00) == "300,000,000.00"


def test_times_are_those_of_the_county():
    """Midnight in UTC is eight in the morning in the orchard."""
    from server.i18n import format_datetime

    assert format_datetime(datetime(2026, 4, 17, 16, 30, tzinfo=UTC)) == "2026-04-18 00:30"
