"""What a YAML file may hold, what is refused, and in which words."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config.yaml_loader import MAX_ALIASES, MAX_BYTES, MAX_DEPTH, MAX_NODES, load_yaml
from engine.config.yaml_locator import Locator
from engine.core.errors import ConfigError


def read(tmp_path: Path, text: str | bytes) -> tuple[dict[str, Any], Locator]:
    path = tmp_path / "pool.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_yaml(path)


def refusal(tmp_path: Path, text: str | bytes) -> str:
    """The message, without the folder that the test happens to run in."""
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    return str(caught.value).replace(f"{tmp_path.as_posix()}/", "")


def test_values_are_those_of_safe_load(tmp_path: Path) -> None:
    text = "a: [1, -2.5, yes, ~, word, 'on', 0x1F, 1_000]\nb:\n  c: |\n    two\n    lines\n"
    data, _ = read(tmp_path, text)
    assert data == yaml.safe_load(text)


def test_numbers_and_dates_are_what_people_mean(tmp_path: Path) -> None:
    data, _ = read(tmp_path, "a: 1e-3\nb: 2026-03-01\nc: =\nd: 1e999\n")
    assert data == {"a": 0.001, "b": "2026-03-01", "c": "=", "d": "1e999"}


def test_every_key_knows_its_line(tmp_path: Path) -> None:
    _, locate = read(tmp_path, "\n# a comment\ntitle: A\npasses:\n  - room:\n      blur: 1\n  - film: {grain: 2}\n")
    assert locate(("title",)) == 3
    assert locate(("passes", 0, "room", "blur")) == 6
    assert locate(("passes", 1, "film", "grain")) == 7
    assert locate(("passes", 1, "film", "nothing")) == 7, "an unknown key is where its parent is"
    assert locate(("nothing",)) == 3, "the first key stands for the whole"
    assert locate.problem(("passes", 0, "room"), "is wrong").endswith("pool.yaml:5: passes[0].room: is wrong")


def test_an_unquoted_value_is_known_as_it_was_written(tmp_path: Path) -> None:
    _, locate = read(tmp_path, "a: off\nb: 'off'\n")
    assert locate.written(("a",)) == "off"
    assert locate.written(("b",)) is None


def test_aliases_repeat_what_stands_before(tmp_path: Path) -> None:
    data, locate = read(tmp_path, "gold: &gold [0.8, 0.6]\nframe:\n  tint: *gold\n")
    assert data["frame"]["tint"] == [0.8, 0.6]
    assert locate(("frame", "tint")) == 3


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "pool.yaml: is empty: it must consist of lines such as `key: value`"),
        ("- a\n", "pool.yaml: is not a mapping: it must consist of lines such as `key: value`"),
        ("a: 1\nb: 2\na: 3\n", "pool.yaml:3: a is given twice, first in line 1; keep one"),
        ("a:\n  b: 1\n  b: 2\n", "pool.yaml:3: a.b is given twice, first in line 2; keep one"),
        ("a: .nan\n", "pool.yaml:1: .nan is not a finite number"),
        ("a: [1,\n  -.inf]\n", "pool.yaml:2: -.inf is not a finite number"),
        (
            "a: !!python/object/apply:os.system [ls]\n",
            "pool.yaml:1: the tag !!python/object/apply:os.system is not allowed",
        ),
        ("a: !colour red\n", "pool.yaml:1: the tag !colour is not allowed; write the plain value"),
        ("a: 16:9\n", "pool.yaml:1: YAML reads 16:9 as a count of sixties; write it in quotes"),
        ("a: 010\n", "pool.yaml:1: YAML reads 010 as an octal number; write it in quotes"),
        ("on: 1\n", "pool.yaml:1: the key on must be a word; write it in quotes"),
        ("? [a]\n: 1\n", "pool.yaml:1: a key must be a word"),
        ("a: &a {x: 1}\nb:\n  <<: *a\n", "pool.yaml:3: merge keys (<<) are not supported; write the keys out"),
        ("a: *b\n", "pool.yaml:1: the alias *b refers to nothing that stands complete before it"),
        ("a: &a [*a]\n", "pool.yaml:1: the alias *a refers to nothing that stands complete before it"),
        ("a: 1\n---\nb: 2\n", "pool.yaml:2: a second document begins here; one file holds one document"),
        ("a: [1, 2\n", "pool.yaml:2: column 1: is not valid YAML: "),
        ("a:\n\t- 1\n", "indent with spaces, not with tabs"),
        ("a: \x07\n", "pool.yaml: contains the character 7, which is no text"),
        (b"a: \xff\n", "pool.yaml:1: is not UTF-8 text"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str | bytes, sentence: str) -> None:
    assert sentence in refusal(tmp_path, text)


def test_depth_is_limited(tmp_path: Path) -> None:
    fits = "a: " + "[" * (MAX_DEPTH - 2) + "1" + "]" * (MAX_DEPTH - 2)
    read(tmp_path, fits)
    assert f"nested more than {MAX_DEPTH} levels" in refusal(tmp_path, "a: " + "[" * (MAX_DEPTH + 1))
    assert f"nested more than {MAX_DEPTH} levels" in refusal(tmp_path, "a: " + "[" * 100_000)


def test_depth_is_limited_through_aliases_too(tmp_path: Path) -> None:
    half = "[" * 12 + "1" + "]" * 12
    assert f"nested more than {MAX_DEPTH} levels" in refusal(tmp_path, f"a: &a {half}\nb: {'[' * 12}*a{']' * 12}\n")


def test_aliases_are_limited(tmp_path: Path) -> None:
    fits = "a: &a 1\nb: [" + ", ".join(["*a"] * MAX_ALIASES) + "]\n"
    assert len(read(tmp_path, fits)[0]["b"]) == MAX_ALIASES
    too_many = fits.replace("]", ", *a]")
    assert f"more than {MAX_ALIASES} aliases" in refusal(tmp_path, too_many)


def test_values_are_limited_even_if_aliases_multiply_them(tmp_path: Path) -> None:
    assert f"more than {MAX_NODES} values" in refusal(tmp_path, "a: [" + "1," * (MAX_NODES + 1) + "]")
    lines = ["l0: &l0 [1,1,1,1,1,1,1,1,1]"]
    lines += [f"l{n}: &l{n} [{','.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 7)]
    assert f"more than {MAX_NODES} values" in refusal(tmp_path, "\n".join(lines))


def test_size_is_limited(tmp_path: Path) -> None:
    assert f"is larger than {MAX_BYTES} bytes" in refusal(tmp_path, "# " + "x" * MAX_BYTES)


def test_a_huge_whole_number_is_refused(tmp_path: Path) -> None:
    assert "is not a finite number" in refusal(tmp_path, "a: " + "9" * 5000)


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: there is no such file"):
        load_yaml(tmp_path / "nowhere.yaml")
    with pytest.raises(ConfigError, match="is not a file"):
        load_yaml(tmp_path)


@pytest.mark.parametrize(
    ("text", "character"),
    [('title: "\\ud800"', r"'\ud800'"), ('"a\\0": 1', r"'\x00'"), ('a: ["\\e[31m"]', r"'\x1b'")],
)
def test_what_only_an_escape_can_write_is_no_text(tmp_path: Path, text: str, character: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(ConfigError) as told:
        load_yaml(tmp_path / "a.yaml")
    assert str(told.value).endswith(f"a.yaml:1: contains the character {character}, which is no text")


@pytest.mark.parametrize("name", ["x" * 300, "nul\0", "\ud800", "a/" * 3000])
def test_a_name_that_no_file_can_have_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"there is no such file$"):
        load_yaml(tmp_path / name)


def test_a_key_without_end_is_shown_shortened(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"{'a/' * 500}: 1\n{'a/' * 500}: 2\n")
    with pytest.raises(ConfigError, match=r"a\.yaml:2: (a/){28}a\.\.\. is given twice"):
        load_yaml(tmp_path / "a.yaml")


def test_a_name_of_two_lines_is_told_in_one(tmp_path: Path) -> None:
    (tmp_path / "two\nlines.yaml").write_text("a: [")
    with pytest.raises(ConfigError) as told:
        load_yaml(tmp_path / "two\nlines.yaml")
    assert str(told.value).isprintable()
    assert "two\\nlines.yaml" in str(told.value)


def test_a_path_is_shown_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scenes").mkdir()
    (tmp_path / "scenes" / "pool.yaml").write_text("- 1\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"^scenes/pool\.yaml: is not a mapping"):
        load_yaml(tmp_path / "scenes" / "pool.yaml")


_WORDS = st.text(alphabet="abcdef", min_size=1, max_size=6).filter(lambda word: word not in {"null"})
_LETTERS = st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff")
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(_LETTERS, max_size=12).filter(
        lambda text: "e" not in text.lower()
    ),  # 1e5 is a word to safe_load, a number to us
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_WORDS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.dictionaries(_WORDS, _VALUES, max_size=4))
def test_whatever_is_dumped_is_read_as_safe_load_reads_it(
    tmp_path_factory: pytest.TempPathFactory, data: dict[str, Any]
) -> None:
    if not data:
        return
    path = tmp_path_factory.mktemp("yaml") / "file.yaml"
    text = yaml.safe_dump(data, allow_unicode=True, default_flow_style=None)
    path.write_text(text, encoding="utf-8", newline="")
    read_back, _ = load_yaml(path)
    assert read_back == yaml.safe_load(text)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(text=st.text(alphabet="ab:-[]{}&*!|>'\"#?,<%@\n\t .0123456789eE~", max_size=60))
def test_nothing_but_a_sentence_comes_of_rubbish(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("yaml") / "file.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        data, _ = load_yaml(path)
    except ConfigError as error:
        assert str(error).count("\n") == 0
    else:
        assert _is_plain(data)


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, str | bool | int) or (isinstance(value, float) and math.isfinite(value))
