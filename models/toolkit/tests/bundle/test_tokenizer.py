"""The tokenizer that `train_tokenizer` writes."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from darkroom_toolkit.bundle.tokenizer import (
    MIN_VOCAB_SIZE,
    SPECIAL_TOKENS,
    load_tokenizer,
    special_ids,
    train_tokenizer,
)

CORPUS = ["draw a large red circle above a small blue square", "画一个红色的大圆形", "what colour is the star?"] * 20


def test_special_tokens_follow_the_vocabulary_in_qwens_order(tmp_path: Path) -> None:
    tokenizer = train_tokenizer(CORPUS, 320, tmp_path)
    first = special_ids(tokenizer).end_of_text
    assert [tokenizer.token_to_id(token) for token in SPECIAL_TOKENS] == list(range(first, first + len(SPECIAL_TOKENS)))
    assert tokenizer.get_vocab_size() == first + len(SPECIAL_TOKENS) <= 320


@pytest.mark.parametrize("text", ["draw a red circle", "画一个红色的圆形。", "e\u0301tude: 12 ☕\r\n\n  x", "\ud55c\uae00 🎨"])
def test_any_text_survives_encoding_and_decoding_up_to_nfc(tmp_path: Path, text: str) -> None:
    tokenizer = train_tokenizer(CORPUS, 300, tmp_path)
    assert tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False) == unicodedata.normalize("NFC", text)


def test_a_special_token_inside_text_is_one_id(tmp_path: Path) -> None:
    tokenizer = train_tokenizer(CORPUS, 300, tmp_path)
    ids = special_ids(tokenizer)
    assert tokenizer.encode("<|vision_start|><|image_pad|><|vision_end|>").ids == [ids.vision_start, ids.image_pad, ids.vision_end]


def test_digits_are_split_one_by_one(tmp_path: Path) -> None:
    tokenizer = train_tokenizer(["12 12 12 12"] * 50, 300, tmp_path)
    assert tokenizer.encode("12").tokens == ["1", "2"]


def test_no_token_is_longer_than_the_limit(tmp_path: Path) -> None:
    tokenizer = train_tokenizer(["abcdefghijkl"] * 50, 400, tmp_path, max_token_bytes=8)
    assert max(len(token) for token in tokenizer.get_vocab() if token not in SPECIAL_TOKENS) == 8


def test_the_same_corpus_gives_the_same_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        train_tokenizer(iter(CORPUS), 320, tmp_path / name)
    for file in ("tokenizer.json", "tokenizer_config.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_a_vocabulary_too_small_for_all_bytes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="256 bytes"):
        train_tokenizer(CORPUS, MIN_VOCAB_SIZE - 1, tmp_path)


def test_a_folder_without_tokenizer_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="tokenizer.json"):
        load_tokenizer(tmp_path)
