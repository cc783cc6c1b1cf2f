"""The smallest language model in Python. It repeats what it was told, and draws colours that follow from the words."""

import asyncio
import zlib

import numpy as np
from darkroom_plugin import End, Field, ImageEmbeddings, LanguageLimits, LanguageModel, Options, define_plugin
from space import SPACE, colours_of, embed


class LanguageOptions(Options):
    step_ms: float = Field(default=0, ge=0, alias="stepMs")
    """Milliseconds that each word takes, for tests of waiting and aborting."""


class Language(LanguageModel):
    reads = SPACE
    writes = SPACE
    limits = LanguageLimits(context_length=1024, batch=4)

    def __init__(self, options, host):
        self.step_s = options.step_ms / 1000

    async def generate(self, requests, call):
        answers = [answer(request) for request in requests]
        # All requests advance together, as in one forward pass: each round is one word of each.
        for at in range(max(map(len, answers), default=0)):
            await asyncio.sleep(self.step_s)
            for index, events in enumerate(answers):
                if at < len(events):
                    yield index, events[at]


def answer(request):
    parts = [part for message in request.messages for part in message.parts]
    words = [word for part in parts if isinstance(part, str) for word in part.split()]
    pictures = [part for part in parts if isinstance(part, ImageEmbeddings)]
    is_asked = request.task == "reply" and words[:1] and words[0].lower() == "draw"
    draws = request.task in ("generate", "edit") or is_asked

    said = ["Here", "it", "is."] if draws else ["I", "see", str(len(pictures)), "pictures;", "you", "said:", *words]
    limit = request.sampling.max_new_tokens
    written = said if limit is None else said[:limit]
    end = End(
        "length" if len(written) < len(said) else "stop",
        prompt_tokens=len(words) + len(pictures) * SPACE.image_tokens,
        completion_tokens=len(written),
    )
    texts = [word if at == 0 else f" {word}" for at, word in enumerate(written)]
    return [*texts, *([imagine(words, pictures)] if draws else []), end]


def imagine(words, pictures):
    """Colours from the words; an edit keeps the upper half of the picture before it."""
    colours = np.random.default_rng(zlib.crc32(" ".join(words).encode())).random((4, 3))
    if pictures:
        colours[:2] = colours_of(pictures[-1])[:2]
    return embed(colours)


plugin = define_plugin(
    kind="language-model", name="minimal-language", version="1.0.0", options=LanguageOptions, create=Language
)
