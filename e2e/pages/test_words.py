"""The words of the pages: every one in Korean and in English, with the same values in both."""

from __future__ import annotations

import re

import pytest

from jari import REPOSITORY

TEXTS = REPOSITORY / "Web" / "Page" / "text"
FILES = sorted(path.stem for path in (TEXTS / "ko").glob("*.js"))

READ = """async ([assets, file]) => {
  const flat = (group, prefix) => Object.entries(group).flatMap(([key, entry]) =>
    (entry && typeof entry === 'object' ? flat(entry, `${prefix}${key}.`) : [[prefix + key, String(entry), typeof entry]]));
  const words = {};
  for (const language of ['ko', 'en']) {
    words[language] = flat((await import(`${assets}/Page/text/${language}/${file}.js`)).default, '');
  }
  return words;
}"""


@pytest.fixture
def words(shop, visit):
    page = visit(shop)
    page.goto("/")
    assets = re.search(r"/assets/[0-9a-f]+", page.content()).group(0)
    return lambda file: page.evaluate(READ, [assets, file])


def test_both_languages_have_the_same_files():
    assert FILES == sorted(path.stem for path in (TEXTS / "en").glob("*.js"))


@pytest.mark.parametrize("file", FILES)
def test_both_languages_have_the_same_words_with_the_same_values(words, file):
    found = words(file)
    korean, english = ({key: (text, kind) for key, text, kind in found[language]} for language in ("ko", "en"))
    assert korean.keys() == english.keys()
    for key, (text, kind) in korean.items():
        other, other_kind = english[key]
        assert text.strip() and other.strip(), key
        # A function is given the same values; which of them it uses is its language's business.
        if kind == other_kind == "string":
            assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", other)), key
        assert not re.search("[가-힣]", other), f"{key} has Korean in the English text"


def test_every_word_that_a_page_asks_for_is_there(words):
    known = {key for file in FILES for key, _, _ in words(file)["ko"]}
    asked = set()
    for path in (REPOSITORY / "Web").rglob("*.js"):
        asked |= {(key, path.name) for key in re.findall(r"\b(?:t|rich)\(\s*'([a-zA-Z]+\.[\w.]+)'", path.read_text())}
    assert {(key, name) for key, name in asked if key not in known} == set()
