"""The tokenizer of the embedded model, trained once on its own sentences."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Tokenizer

from ..bundle.tokenizer import load_tokenizer, train_tokenizer
from ..world.language import caption, sample_edit, sample_prompt, sample_question, sample_refusal, sample_smalltalk
from ..world.scene import random_scene
from ..world.words import Chinese
from .sequences import EDITED, GENERATE, GENERATED, SYSTEM_PROMPT

VOCABULARY = 1500
SENTENCES = 30_000

# Chinese writes no spaces. Cut into its words, so that no token spans two of them: 红色的圆 must stay a colour and a shape.
_WORDS = sorted({*Chinese.shapes, *Chinese.colours, *Chinese.backgrounds, *Chinese.places, "图像", "图片", "背景", "生成"}, key=len, reverse=True)
_CUT = re.compile("|".join([*_WORDS, "[^\u4e00-\u9fff]+", "."]))


def corpus() -> Iterator[str]:
    """Every kind of sentence, Chinese cut into words."""
    rng = random.Random(5)
    for _ in range(SENTENCES):
        for language in ("en", "zh"):
            scene = random_scene(rng, 1, 4)
            question = sample_question(rng, scene, language, "train")
            texts = [
                sample_prompt(rng, language, "train").text,
                question.question,
                question.answer,
                sample_edit(rng, scene, language, "train").instruction,
                caption(scene, language),
                *sample_refusal(rng, language),
                *sample_smalltalk(rng, language),
                GENERATE[language],
                GENERATED[language],
                EDITED[language],
                f"{SYSTEM_PROMPT}\nsystem\nuser\nassistant\n",
            ]
            for text in texts:
                if language == "en":
                    yield text
                else:
                    yield from _CUT.findall(text)


def nano_tokenizer(runs: Path) -> Tokenizer:
    """The tokenizer of `runs/tokenizer`, trained when it is not there."""
    folder = runs / "tokenizer"
    if not (folder / "tokenizer.json").exists():
        train_tokenizer(corpus(), VOCABULARY, folder, max_token_bytes=None)
    return load_tokenizer(folder)
