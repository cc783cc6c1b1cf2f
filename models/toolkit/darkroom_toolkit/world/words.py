"""The words of the shapes world in English and Chinese: names, noun phrases, places, lists.

The sampling modules (`prompts`, `questions`, `edits`, `talk`) hold sentence templates; this one says how an object, a place or a
list sounds inside them. Both languages offer the same methods, so that a template differs between them and the code does not.

A `Voice` carries what a sentence needs besides its meaning: the random generator, the language, and whether it must use
templates that training never sees.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from .scene import COLOURS, SHAPES, SPLITS, Scene, SceneObject

LANGUAGES = ("en", "zh")

Option = TypeVar("Option")


@dataclass(frozen=True, slots=True)
class Pool:
    """Interchangeable templates; those of `test` are kept from training.

    `~` in a template is a word that does not exist, another one each time: what the rest of the sentence says has to be enough,
    as it has to be for a word that training never saw.
    """

    train: tuple[str, ...]
    test: tuple[str, ...] = ()


def sided(templates: Sequence[str], *sides: str) -> tuple[str, ...]:
    """Every template with every name of a side: "what is {side} {it}?" asks for what is above and what is over."""
    return tuple(template.replace("{side}", side) for template in templates for side in sides)


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks: a generator, a language, and whether unseen templates are wanted."""

    rng: random.Random
    language: str
    unseen: bool = False

    def choose(self, options: Sequence[Option]) -> Option:
        """One of the options, each alike."""
        return options[int(self.rng.random() * len(options))]

    def pick(self, pools: dict[str, Pool]) -> str:
        """A template in this voice's language, unseen where one is wanted and there is one."""
        pool = pools[self.language]
        template = self.choose(pool.test if self.unseen and pool.test else pool.train)
        return template.replace("~", self.grammar.coined(self)) if "~" in template else template

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.rng.random() < probability

    def often(self, usual: str, others: Sequence[str]) -> str:
        """The usual word four times out of five."""
        return usual if not others or self.rng.random() < 0.8 else self.choose(others)

    def say(self, pools: dict[str, Pool], **words: str) -> str:
        """A whole sentence from a template of `pools`, sometimes after an opening, finished as users vary it."""
        return self.finish(self.opened(self.pick(pools).format(**words)))

    def opened(self, text: str) -> str:
        """The sentence, one time in eight after an opening: "hey, ...". Unseen templates stay as they are."""
        return text if self.unseen or not self.chance(0.12) else self.choose(self.grammar.openings) + text

    def finish(self, text: str) -> str:
        """The sentence with or without its final punctuation, spelt as users vary it."""
        if not self.chance(0.85):
            text = text.rstrip("?？。.")
        return self.grammar.finish(self, text)

    @property
    def grammar(self) -> English | Chinese:
        """The grammar of the language."""
        return _GRAMMARS[self.language]


@dataclass(frozen=True, slots=True)
class Description:
    """What is said of an object; None is left unsaid."""

    shape: int | None = None
    colour: int | None = None
    size: int | None = None
    cell: int | None = None

    def matches(self, item: SceneObject) -> bool:
        """Whether everything said is true of an object."""
        return (
            (self.shape is None or self.shape == item.shape)
            and (self.colour is None or self.colour == item.colour)
            and (self.size is None or self.size == item.size)
            and (self.cell is None or self.cell == item.cell)
        )


def check_request(language: str, split: str) -> None:
    """Raise ValueError for a language or split that does not exist."""
    if language not in LANGUAGES:
        raise ValueError(f"language must be one of {LANGUAGES}, got {language!r}")
    if split not in SPLITS:
        raise ValueError(f"split must be one of {SPLITS}, got {split!r}")


# --- referring to one object of a scene ----------------------------------------------------------------------------------------

# Which of (shape, colour, size, cell) a reference may say, shortest first.
_SAYABLE = (
    (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (1, 1, 0, 0), (1, 0, 1, 0), (0, 1, 1, 0), (1, 1, 1, 0),
    (0, 0, 0, 1), (1, 0, 0, 1), (0, 1, 0, 1), (1, 1, 0, 1), (1, 1, 1, 1),
)  # fmt: skip


def refer(voice: Voice, scene: Scene, item: SceneObject, leave_out: str = "") -> Description | None:
    """A description that fits `item` and nothing else in the scene, or None when there is none.

    `leave_out` names the attribute that must stay unsaid because the sentence asks for it. Six in ten are as short as can be,
    and those that name the shape are preferred, as people do.
    """
    fitting: list[Description] = []
    for shape, colour, size, cell in _SAYABLE:
        description = Description(
            item.shape if shape else None, item.colour if colour else None, item.size if size else None, item.cell if cell else None
        )
        if leave_out and getattr(description, leave_out) is not None:
            continue
        if sum(map(description.matches, scene.objects)) == 1:
            fitting.append(description)
    if not fitting:
        return None
    named = [one for one in fitting if one.shape is not None]
    if named and voice.chance(0.75):
        fitting = named
    return fitting[0] if voice.chance(0.6) else voice.choose(fitting)


# --- English -------------------------------------------------------------------------------------------------------------------


#: What words of `coined` are put together from.
_ONSETS = ("b", "br", "c", "ch", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "l", "m", "n", "p", "pl", "qu", "r", "s", "sh", "sk", "sn", "st", "sw", "t", "th", "tr", "v", "w", "x", "z", "")
_RIMES = ("a", "ab", "ack", "ag", "ail", "an", "ap", "ar", "ate", "e", "ed", "een", "el", "en", "er", "et", "i", "ick", "ift", "ig", "in", "ing", "ip", "o", "ock", "ol", "on", "oop", "or", "ot", "ow", "u", "ub", "ug", "ull", "un", "up", "ush")


class English:
    """English noun phrases, places and lists; canonical forms in answers, variants in what users say."""

    shapes = SHAPES
    colours = COLOURS
    sizes = ("large", "small")
    backgrounds = ("white", "light yellow", "light blue", "light green", "light pink", "dark")
    places = ("top left", "top", "top right", "left", "center", "right", "bottom left", "bottom", "bottom right")
    nothing = "nothing"
    yes_no = is_so = ("no", "yes")
    counts = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    #: What may come before any question, instruction or request.
    openings = ("hey, ", "hi, ", "hello, ", "ok, ", "ok ", "okay, ", "now ", "now, ", "and now ", "so, ", "alright, ")

    _plurals = ("circles", "squares", "triangles", "stars", "hearts", "diamonds", "rings", "crosses")
    _other_shapes = (("disc", "round shape"), (), (), (), (), ("rhombus",), (), ("plus sign",))
    _other_plurals = (("discs", "round shapes"), (), (), (), (), ("rhombuses",), (), ("plus signs",))
    _other_sizes = (("big",), ("little", "tiny"))
    _other_backgrounds = ((), ("yellow", "pale yellow"), ("blue", "pale blue"), ("green", "pale green"), ("pink", "pale pink"), ("black",))
    _located = (
        "in the top left", "at the top", "in the top right",
        "on the left", "in the center", "on the right",
        "in the bottom left", "at the bottom", "in the bottom right",
    )  # fmt: skip
    _other_located = (
        ("in the top left corner", "at the top left", "in the upper left", "in the upper-left corner", "in the upper left corner"),
        ("at the top center", "in the top center", "in the top middle", "at the top in the middle"),
        ("in the top right corner", "at the top right", "in the upper right", "in the upper-right corner", "in the upper right corner"),
        ("on the left side", "in the middle left", "at the middle left", "at the left"),
        ("in the middle", "at the center", "in the very center"),
        ("on the right side", "in the middle right", "at the middle right", "at the right"),
        ("in the bottom left corner", "at the bottom left", "in the lower left", "in the lower-left corner", "in the lower left corner"),
        ("at the bottom center", "in the bottom center", "in the bottom middle", "at the bottom in the middle"),
        ("in the bottom right corner", "at the bottom right", "in the lower right", "in the lower-right corner", "in the lower right corner"),
    )  # fmt: skip
    #: Where something can be moved; "to the left" is left out, because it may also mean one step.
    _targets = (
        ("top left", "top left corner", "upper left"), ("top center", "top middle"), ("top right", "top right corner", "upper right"),
        ("middle left", "left side"), ("center", "middle"), ("middle right", "right side"),
        ("bottom left", "bottom left corner", "lower left"), ("bottom center", "bottom middle"), ("bottom right", "bottom right corner", "lower right"),
    )  # fmt: skip

    def located(self, voice: Voice, cell: int) -> str:
        """Where something is: "in the top left"."""
        return self._located[cell] if voice.chance(0.5) else voice.choose(self._other_located[cell])

    def target(self, voice: Voice, cell: int) -> str:
        """Where something goes, after "to the"."""
        return voice.choose(self._targets[cell])

    def background(self, voice: Voice, background: int) -> str:
        """A background's name as users say it."""
        return voice.often(self.backgrounds[background], self._other_backgrounds[background])

    def colour(self, voice: Voice, colour: int) -> str:
        """A colour as users say it."""
        return self.colours[colour]

    def noun(self, voice: Voice, said: Description, plural: bool = False) -> str:
        """The words without an article: "small red circles"."""
        if said.shape is None:
            word = voice.choose(("object", "shape", "thing")) + ("s" if plural else "")
        elif plural:
            word = voice.often(self._plurals[said.shape], self._other_plurals[said.shape])
        else:
            word = voice.often(self.shapes[said.shape], self._other_shapes[said.shape])
        if said.colour is not None:
            word = f"{self.colours[said.colour]} {word}"
        if said.size is not None:
            word = f"{voice.often(self.sizes[said.size], self._other_sizes[said.size])} {word}"
        return word

    def indefinite(self, voice: Voice, said: Description, count: int = 1, casual: bool = False) -> str:
        """ "a small red circle", "three blue stars"; a place follows when it is said. Casual speech may drop the article."""
        if count == 1:
            phrase = self.noun(voice, said) if casual and voice.chance(0.12) else _with_article(self.noun(voice, said))
        else:
            number = str(count) if voice.chance(0.2) else self.counts[count]
            phrase = f"{number} {self.noun(voice, said, plural=True)}"
        return phrase if said.cell is None else f"{phrase} {self.located(voice, said.cell)}"

    def definite(self, voice: Voice, said: Description) -> str:
        """ "the small red circle in the top left"."""
        if said.shape is None and said.cell is None and voice.chance(0.4):
            words = [self.sizes[said.size]] if said.size is not None else []
            words += [self.colours[said.colour]] if said.colour is not None else []
            return f"the {' '.join(words)} one"
        phrase = f"the {self.noun(voice, said)}"
        return phrase if said.cell is None else f"{phrase} {self.located(voice, said.cell)}"

    def join(self, voice: Voice, parts: Sequence[str]) -> str:
        """ "a, b and c", with the usual variations."""
        if len(parts) == 1:
            return parts[0]
        if len(parts) > 2 and voice.chance(0.2):
            return " and ".join(parts)
        return ", ".join(parts[:-1]) + (", and " if len(parts) > 2 and voice.chance(0.4) else " and ") + parts[-1]

    def coined(self, voice: Voice) -> str:
        """A word of one to three syllables, most of which do not exist."""
        return "".join(voice.choose(_ONSETS) + voice.choose(_RIMES) for _ in range(voice.rng.randint(1, 3)))

    def finish(self, voice: Voice, text: str) -> str:
        """Spelling, first letter and final punctuation, each as users vary them."""
        if voice.chance(0.5):
            text = text.replace("colour", "color")
        if voice.chance(0.25):
            text = text.replace("center", "centre")
        if text[-1] not in ".?!" and voice.chance(0.35):
            text += "."
        return text[0].upper() + text[1:] if voice.chance(0.5) else text

    # Canonical forms, for answers.

    def name(self, item: SceneObject) -> str:
        """ "red circle", "small red circle"."""
        return ("small " if item.size else "") + f"{self.colours[item.colour]} {self.shapes[item.shape]}"

    def answer_object(self, item: SceneObject) -> str:
        """ "a small red circle"."""
        return _with_article(self.name(item))

    def answer_place(self, cell: int) -> str:
        """ "in the top left"."""
        return self._located[cell]

    def answer_count(self, count: int) -> str:
        """ "three"."""
        return self.counts[count]

    def caption(self, scene: Scene) -> str:
        """Every object in reading order with its place, then the background unless it is white."""
        parts = [f"{self.answer_object(item)} {self._located[item.cell]}" for item in scene.objects]
        if not parts:
            text = "an empty picture"
        else:
            text = parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
        if scene.background:
            text += f", on a {self.backgrounds[scene.background]} background"
        return text[0].upper() + text[1:] + "."

    def grid(self, scene: Scene) -> str:
        """All nine places in reading order."""
        names = {item.cell: self.name(item) for item in scene.objects}
        return "; ".join(f"{place}: {names.get(cell, self.nothing)}" for cell, place in enumerate(self.places))


def _with_article(words: str) -> str:
    return f"an {words}" if words[0] in "aeio" else f"a {words}"


# --- Chinese -------------------------------------------------------------------------------------------------------------------


class Chinese:
    """The same for Chinese."""

    shapes = ("圆形", "正方形", "三角形", "星星", "爱心", "菱形", "圆环", "十字")
    colours = ("红色", "橙色", "黄色", "绿色", "蓝色", "紫色", "粉色", "棕色", "黑色", "白色")
    sizes = ("大", "小")
    backgrounds = ("白色", "浅黄色", "浅蓝色", "浅绿色", "浅粉色", "深色")
    places = ("左上角", "上方", "右上角", "左边", "中间", "右边", "左下角", "下方", "右下角")
    nothing = "没有东西"
    yes_no = ("没有", "有")  # whether there is one
    is_so = ("不是", "是")
    counts = ("零", "一", "两", "三", "四", "五", "六", "七", "八", "九")
    openings = ("嘿，", "嗨，", "你好，", "好，", "好的，", "那么，", "那，", "现在", "现在，", "接下来，")

    _other_shapes = (("圆",), ("方块", "方形"), (), ("五角星",), ("心形",), (), ("环形",), ("十字形",))
    _other_colours = ((), ("橘色",), (), (), (), (), ("粉红色",), ("褐色",), (), ())
    _other_backgrounds = ((), ("黄色", "淡黄色"), ("蓝色", "淡蓝色"), ("绿色", "淡绿色"), ("粉色", "淡粉色"), ("黑色", "暗色"))
    _other_places = (
        ("左上方", "左上"), ("上方中间", "顶部", "上面中间"), ("右上方", "右上"),
        ("左侧", "左边中间"), ("中央", "正中间", "中心"), ("右侧", "右边中间"),
        ("左下方", "左下"), ("下方中间", "底部", "下面中间"), ("右下方", "右下"),
    )  # fmt: skip
    _targets = (
        ("左上角", "左上方"), ("上方中间", "顶部"), ("右上角", "右上方"),
        ("左边中间", "左侧中间"), ("中间", "正中间", "中央"), ("右边中间", "右侧中间"),
        ("左下角", "左下方"), ("下方中间", "底部"), ("右下角", "右下方"),
    )  # fmt: skip

    def located(self, voice: Voice, cell: int) -> str:
        """A place as users say it; templates add 在."""
        return self.places[cell] if voice.chance(0.5) else voice.choose(self._other_places[cell])

    def target(self, voice: Voice, cell: int) -> str:
        """Where something goes, after 到."""
        return voice.choose(self._targets[cell])

    def background(self, voice: Voice, background: int) -> str:
        """A background's name as users say it."""
        return voice.often(self.backgrounds[background], self._other_backgrounds[background])

    def colour(self, voice: Voice, colour: int) -> str:
        """A colour as users say it."""
        return voice.often(self.colours[colour], self._other_colours[colour])

    def noun(self, voice: Voice, said: Description, plural: bool = False) -> str:
        """The words without a measure word: 红色的小圆形."""
        shape = voice.choose(("图形", "东西", "形状")) if said.shape is None else voice.often(self.shapes[said.shape], self._other_shapes[said.shape])
        if said.colour is None:
            return shape if said.size is None else voice.choose((f"{self.sizes[said.size]}{shape}", f"{self.sizes[said.size]}的{shape}"))
        colour = self.colour(voice, said.colour)
        link = "的" if voice.chance(0.7) else ""
        if said.size is None:
            return f"{colour}{link}{shape}"
        size = self.sizes[said.size]
        return f"{colour}{link}{size}{shape}" if voice.chance(0.7) else f"{size}的{colour}{shape}"

    def indefinite(self, voice: Voice, said: Description, count: int = 1, casual: bool = False) -> str:
        """一个红色的圆形, 三个蓝色的星星, 左上角的一个红色的圆形. Casual speech may drop 一个."""
        if casual and count == 1 and said.cell is None and voice.chance(0.15):
            return self.noun(voice, said)
        number = str(count) if count > 1 and voice.chance(0.2) else self.counts[count]
        measure = "颗" if said.shape in (3, 4) and voice.chance(0.3) else "个"
        phrase = f"{number}{measure}{self.noun(voice, said)}"
        return phrase if said.cell is None else f"{self.located(voice, said.cell)}的{phrase}"

    def definite(self, voice: Voice, said: Description) -> str:
        """左上角的红色圆形, 红色的那个."""
        if said.shape is None and said.cell is None and voice.chance(0.4):
            colour = self.colours[said.colour] if said.colour is not None else ""
            if said.size is None:
                return f"{colour}的那个"
            return f"{colour}的{self.sizes[said.size]}的那个" if colour else f"{self.sizes[said.size]}的那个"
        phrase = self.noun(voice, said)
        return phrase if said.cell is None else f"{self.located(voice, said.cell)}的{phrase}"

    def join(self, voice: Voice, parts: Sequence[str]) -> str:
        """甲、乙和丙, with the usual variations."""
        if len(parts) == 1:
            return parts[0]
        return voice.choose(("、", "，")).join(parts[:-1]) + voice.choose(("和", "和", "、", "以及")) + parts[-1]

    def coined(self, voice: Voice) -> str:
        """One or two characters taken at random."""
        return "".join(chr(voice.rng.randrange(0x4E00, 0x9FA6)) for _ in range(voice.rng.randint(1, 2)))

    def finish(self, voice: Voice, text: str) -> str:
        """Final punctuation as users vary it."""
        return text + "。" if text[-1] not in "。？！" and voice.chance(0.35) else text

    def name(self, item: SceneObject) -> str:
        """红色的圆形, 红色的小圆形."""
        return f"{self.colours[item.colour]}的{'小' if item.size else ''}{self.shapes[item.shape]}"

    def answer_object(self, item: SceneObject) -> str:
        """一个红色的小圆形."""
        return f"一个{self.name(item)}"

    def answer_place(self, cell: int) -> str:
        """左上角."""
        return self.places[cell]

    def answer_count(self, count: int) -> str:
        """三个."""
        return f"{self.counts[count]}个"

    def caption(self, scene: Scene) -> str:
        """Every object in reading order with its place, then the background unless it is white."""
        parts = [f"{self.places[item.cell]}有{self.answer_object(item)}" for item in scene.objects] or ["一张空白的图片"]
        if scene.background:
            parts.append(f"{self.backgrounds[scene.background]}背景")
        return "，".join(parts) + "。"

    def grid(self, scene: Scene) -> str:
        """All nine places in reading order."""
        names = {item.cell: self.name(item) for item in scene.objects}
        return "；".join(f"{place}：{names.get(cell, self.nothing)}" for cell, place in enumerate(self.places))


_GRAMMARS: dict[str, English | Chinese] = {"en": English(), "zh": Chinese()}


def grammar_of(language: str) -> English | Chinese:
    """The grammar of a language, 'en' or 'zh'."""
    return _GRAMMARS[language]
