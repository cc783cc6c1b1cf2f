"""Train a small byte-level BPE tokenizer of Qwen2's family.

The same file format, pre-tokeniser and special tokens as the tokenizer of Qwen2.5-VL, so that one reader serves both the
embedded models and the published one. Byte-level means that no text is unknown: what the corpus never showed falls back to
bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

END_OF_TEXT = "<|endoftext|>"
TURN_START = "<|im_start|>"
TURN_END = "<|im_end|>"
VISION_START = "<|vision_start|>"
VISION_END = "<|vision_end|>"
VISION_PAD = "<|vision_pad|>"
IMAGE_PAD = "<|image_pad|>"

#: In the order of their ids, which follow the learned vocabulary as in Qwen2.5-VL.
SPECIAL_TOKENS = (END_OF_TEXT, TURN_START, TURN_END, VISION_START, VISION_END, VISION_PAD, IMAGE_PAD)

#: Qwen2's pre-tokeniser: contractions, words with the sign before them, single digits, punctuation, line ends, spaces.
PRE_TOKENIZER_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

#: 256 bytes; a vocabulary cannot be smaller than these and the special tokens.
MIN_VOCAB_SIZE = 256 + len(SPECIAL_TOKENS)

TOKENIZER_FILE = "tokenizer.json"
TOKENIZER_CONFIG_FILE = "tokenizer_config.json"


@dataclass(frozen=True, slots=True)
class SpecialIds:
    """Ids of the special tokens in one tokenizer."""

    end_of_text: int
    turn_start: int
    turn_end: int
    vision_start: int
    vision_end: int
    vision_pad: int
    image_pad: int


def special_ids(tokenizer: Tokenizer) -> SpecialIds:
    """Look the special tokens up. Raises `ValueError` naming the first that the tokenizer lacks."""
    ids = []
    for token in SPECIAL_TOKENS:
        token_id = tokenizer.token_to_id(token)
        if token_id is None:
            raise ValueError(f"the tokenizer has no {token}; train it with train_tokenizer, or add the token")
        ids.append(token_id)
    return SpecialIds(*ids)


def train_tokenizer(
    corpus: Iterable[str],
    vocab_size: int,
    out_dir: str | Path,
    *,
    max_token_bytes: int | None = 12,
    min_frequency: int = 2,
) -> Tokenizer:
    """Train a tokenizer and write `tokenizer.json` and `tokenizer_config.json` into `out_dir`.

    The same corpus in the same order gives the same bytes.

    Args:
        corpus: texts without special tokens, in any chunking; read once.
        vocab_size: upper bound of the whole vocabulary, special tokens included, at least `MIN_VOCAB_SIZE`. A corpus with
            too few pairs gives fewer: read the true size from `tokenizer.get_vocab_size()`.
        out_dir: created when absent.
        max_token_bytes: longest token in bytes. Chinese writes no spaces, so in a corpus of few sentence patterns whole
            phrases would become single tokens, which hides from the model that they are made of words; 12 bytes are four
            Chinese characters or one long English word. None: no limit.
        min_frequency: a pair seen less often is not merged.

    Returns: the tokenizer, as it reads back from the file.

    Raises: `ValueError` when `vocab_size` is too small.
    """
    if vocab_size < MIN_VOCAB_SIZE:
        raise ValueError(f"vocab_size is {vocab_size}; 256 bytes and {len(SPECIAL_TOKENS)} special tokens need {MIN_VOCAB_SIZE}")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PRE_TOKENIZER_PATTERN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size - len(SPECIAL_TOKENS),
        min_frequency=min_frequency,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        # The library's limit is the first length that it refuses.
        max_token_length=None if max_token_bytes is None else max_token_bytes + 1,
        show_progress=False,
    )
    tokenizer.train_from_iterator(corpus, trainer)
    # Added after training, so that their ids follow the vocabulary as Qwen2.5-VL's do.
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL_TOKENS])
    save_tokenizer(tokenizer, out_dir)
    return load_tokenizer(out_dir)


def save_tokenizer(tokenizer: Tokenizer, out_dir: str | Path) -> None:
    """Write the two files that Hugging Face's loaders, in Python and in JavaScript, expect side by side."""
    folder = Path(out_dir)
    folder.mkdir(parents=True, exist_ok=True)
    ids = {token: tokenizer.token_to_id(token) for token in SPECIAL_TOKENS}
    config = {
        "add_bos_token": False,
        "add_prefix_space": False,
        "added_tokens_decoder": {
            str(token_id): {
                "content": token,
                "lstrip": False,
                "normalized": False,
                "rstrip": False,
                "single_word": False,
                "special": True,
            }
            for token, token_id in ids.items()
        },
        "bos_token": None,
        "clean_up_tokenization_spaces": False,
        "eos_token": TURN_END,
        "errors": "replace",
        "pad_token": END_OF_TEXT,
        "split_special_tokens": False,
        "tokenizer_class": "Qwen2Tokenizer",
        "unk_token": None,
    }
    document = json.loads(tokenizer.to_str())
    (folder / TOKENIZER_FILE).write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (folder / TOKENIZER_CONFIG_FILE).write_text(json.dumps(config, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def load_tokenizer(folder: str | Path) -> Tokenizer:
    """Read `tokenizer.json` of a folder. Raises `FileNotFoundError` naming the file when it is absent."""
    path = Path(folder) / TOKENIZER_FILE
    if not path.is_file():
        raise FileNotFoundError(f"no {TOKENIZER_FILE} in {folder}; train_tokenizer writes one")
    return Tokenizer.from_file(str(path))
