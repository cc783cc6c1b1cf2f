"""Drawing prompts, each with the one scene it asks for.

Text determines the picture. What a prompt leaves out has a default:

| left out | becomes |
|---|---|
| size | large |
| colour | blue |
| background | white |
| place, one object | the centre |
| place, two objects | middle left, middle right, in the order named |
| place, three objects | the middle row, left to right |
| place, four objects | the four corners in reading order |
| `A above B`, `A below B` | top centre and bottom centre; the other way round |
| `A left of B`, `A right of B` | middle left and middle right; the other way round |
| `A at a place and B above / below / left of / right of it` | B one cell further |

Six of the categories are those of GenEval (https://arxiv.org/abs/2310.11513); `checker.check_prompt` says what counts for each:
single_object and two_object name shapes only, counting one kind of object and how many, colors a colour and a shape, position two
shapes and a relation, color_attribution two shapes with their colours. The seventh, `free`, uses the whole language.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .scene import (
    CENTRE,
    COLOURS,
    GRID,
    LARGE,
    SHAPES,
    SMALL,
    Scene,
    SceneObject,
    has_held_out,
    is_held_out,
    random_background,
    random_object,
    random_scene,
)
from .words import Description, Pool, Voice, check_request, sided

GENEVAL_CATEGORIES = ("single_object", "two_object", "counting", "colors", "position", "color_attribution")
CATEGORIES = (*GENEVAL_CATEGORIES, "free")

BLUE = COLOURS.index("blue")

#: Cells of objects without a place, by how many objects there are.
DEFAULT_CELLS = {1: (CENTRE,), 2: (3, 5), 3: (3, 4, 5), 4: (0, 2, 6, 8)}

#: Cells of A and B in `A <relation> B`.
RELATION_CELLS = {"above": (1, 7), "below": (7, 1), "left": (3, 5), "right": (5, 3)}

#: One step in a direction, as (rows, columns).
STEPS = {"above": (-1, 0), "below": (1, 0), "left": (0, -1), "right": (0, 1)}
RELATIONS = tuple(RELATION_CELLS)


@dataclass(frozen=True, slots=True)
class PromptSample:
    """A prompt, the scene it asks for, and which of CATEGORIES it belongs to."""

    text: str
    scene: Scene
    language: str
    category: str


def sample_prompt(
    rng: random.Random, language: str, split: str, max_objects: int = 4, category: str | None = None
) -> PromptSample:
    """A prompt with its scene; half are `free` unless `category` is given.

    Train prompts use train templates and show no held-out combination. A test prompt uses an unseen template, or shows a held-out
    combination, or both: training cannot have met it. `max_objects` (1 to 4) limits scenes where the category allows: two_object,
    position, color_attribution and counting need two.
    """
    check_request(language, split)
    if category is None:
        category = "free" if rng.random() < 0.5 else GENEVAL_CATEGORIES[int(rng.random() * len(GENEVAL_CATEGORIES))]
        if max_objects < 2 and category not in ("single_object", "colors"):
            category = "free"
    compose = _COMPOSERS.get(category)
    if compose is None:
        raise ValueError(f"category must be one of {CATEGORIES}, got {category!r}")
    voice = Voice(rng, language, unseen=split == "test" and rng.random() < 0.5)
    for _ in range(_ATTEMPTS):
        text, scene = compose(voice, max_objects, split)
        if voice.unseen or has_held_out(scene) == (split == "test"):
            return PromptSample(text, scene, language, category)
    # Some categories offer few scenes, none of them held out; an unseen template makes the prompt new all the same.
    text, scene = compose(Voice(rng, language, unseen=True), max_objects, split)
    return PromptSample(text, scene, language, category)


_ATTEMPTS = 200


def next_cell(cell: int, relation: str) -> int | None:
    """The neighbouring cell in a direction, or None beyond the grid's edge."""
    row, column = divmod(cell, GRID)
    down, right = STEPS[relation]
    row, column = row + down, column + right
    return row * GRID + column if 0 <= row < GRID and 0 <= column < GRID else None


# --- templates ----------------------------------------------------------------------------------------------------------------

REQUESTS = {
    "en": Pool(
        (
            "{}", "{}", "{}", "{}", "{}", "draw {}", "~ {}", "~ {}", "produce {}", "please produce a picture of {}", "an image with {}", "produce a picture: {}", "i'd like to have {}", "i would like to see a picture of {}", "let's see {}", "could i have {}?", "may i have {}?", "please show {}", "render a picture of {}", "sketch {}, please", "{}, that is all", "only {}", "please paint {} for me", "please ~ {}", "can you ~ {}?", "could you please ~ {}?", "~ {} for me", "~ me {}", "i'd like to ~ {}", "a picture with {}", "an image showing {}", "~ a picture of {}", "~ an image of {}", "~ a picture with {}", "draw {}", "draw {}", "please draw {}", "paint {}", "please paint {}", "create {}", "please create {}", "make {}", "generate {}",
            "please generate {}", "show me {}", "give me {}", "let me see {}", "a picture of {}", "an image of {}", "a drawing of {}", "draw a picture of {}", "draw an image of {}",
            "make an image of {}", "create an image of {}", "generate a picture of {}", "can you draw {}?", "can you paint {}?", "could you draw {}?", "would you draw {}?", "can you make {}?",
            "can you show me {}?", "can i have {}?", "i want {}", "i want a picture of {}", "i would like {}", "i'd like {}", "i'd like a picture of {}", "i need {}", "draw me {}", "paint me {}",
            "make me {}", "draw {}, please",
        ),
        ("could you please paint {}?", "render {}", "i'd like to see {}", "sketch {} for me", "produce an image with {}"),
    ),
    "zh": Pool(
        (
            "{}", "{}", "{}", "{}", "画{}", "~{}", "来一张图，上面是{}", "来{}", "麻烦你画{}", "我想看到{}", "我想看一张图：{}", "请帮忙画{}", "请绘制一下{}", "给我绘制{}", "只画{}", "只要{}就好", "给我看{}", "渲染{}", "~{}", "请~{}", "请帮我~{}", "给我~{}", "我想~{}", "~一张图，{}", "能~{}吗？", "请你帮忙画{}", "画{}", "画{}", "请画{}", "请画{}", "画出{}", "请画出{}", "生成{}", "请生成{}", "帮我画{}", "请帮我画{}", "给我画{}", "请给我画{}", "帮我生成{}", "绘制{}", "画一下{}",
            "画一张图：{}", "请画一张图，{}", "一张图，{}", "我想要{}", "我要{}", "我需要{}", "给我{}", "我想让你画{}", "能画{}吗？", "可以画{}吗？", "你能画{}吗？", "可以帮我画{}吗？", "能不能画{}？",
            "创建{}", "再画{}", "请你画{}",
        ),
        ("请帮我绘制{}", "麻烦画{}", "我想看{}", "来一张图：{}"),
    ),
}  # fmt: skip

#: Requests around whole sentences ("in the top left there is ...") and around commands (在左上角画...), by mood.
_OTHER_REQUESTS = {
    "statement": {
        "en": Pool(
            ("{}", "{}", "{}", "~ this: {}", "please ~ this: {}", "a picture: {}", "an image: {}", "draw this: {}", "paint this: {}", "create this: {}", "draw a picture: {}", "make a picture: {}", "please draw this: {}"),
            ("please render this: {}",),
        ),
        "zh": Pool(
            ("{}", "{}", "{}", "~一张图：{}", "~这样的图：{}", "画一张图：{}", "请画一张图，{}", "帮我画一张图：{}", "一张图，{}", "图片：{}", "生成图片：{}", "生成一张图：{}", "画：{}", "请画：{}", "画这样一张图：{}"),
            ("来一张图：{}", "我想看这样的图：{}"),
        ),
    },
    "command": {
        "en": Pool(
            ("{}", "{}", "{}", "~ {}", "please ~ {}", "draw {}", "draw {}", "paint {}", "please draw {}", "please paint {}", "create {}", "show {}", "can you draw {}?", "could you paint {}?"),
            ("render {}", "sketch {}"),
        ),
        "zh": Pool(("{}", "{}", "{}", "~{}", "请你帮忙{}", "请{}", "请你{}", "帮我{}", "请帮我{}", "能{}吗？", "可以{}吗？"), ("麻烦{}", "请帮忙{}")),
    },
}  # fmt: skip

_BACKGROUNDS = {
    "en": Pool(
        (
            "{body} on a {background} background", "{body} ~ a {background} background", "{body} before a {background} background", "{body} upon a {background} background", "{body} on a {background} background", "{body} with a {background} background", "{body}, {background} background",
            "{body}, on a {background} background", "{body}, with a {background} background", "{body}, the background is {background}", "{body}, and the background is {background}",
            "{body} and a {background} background", "{body}, background {background}",
        ),
        ("{body} against a {background} background", "{body} in front of a {background} background"),
    ),
    "zh": Pool(
        (
            "{body}，{background}背景", "{body}，用{background}背景", "{body}，{background}做背景", "{body}，背景~{background}", "{body}，{background}背景", "{body}，背景是{background}", "{body}，背景为{background}", "{body}，在{background}背景上", "{body}，{background}的背景",
            "{body}，背景{background}", "{body}，背景颜色是{background}", "{body}，画在{background}背景上", "{body}，配{background}背景", "{body}，背景要{background}的",
        ),
        ("{body}，以{background}为背景", "{body}，背景用{background}"),
    ),
}  # fmt: skip

_BACKGROUNDS_FIRST = {
    "en": Pool(
        ("on a {background} background, {body}", "on a {background} background: {body}", "on a {background} background, draw {body}", "{background} background, {body}", "{background} background: {body}"),
        ("with a {background} background: {body}",),
    ),
    "zh": Pool(
        ("在{background}背景上画{body}", "{background}背景上有{body}", "{background}背景，{body}", "{background}背景：{body}", "{background}的背景上画{body}", "背景是{background}，画{body}"),
        ("以{background}为背景，画{body}",),
    ),
}  # fmt: skip

_PAIRS = {
    "en": Pool(
        (
            "{a} and {b}", "{a} along with {b}", "{a}, plus also {b}", "{a} accompanied by {b}", "{a}, together {b}", "{a} ~ {b}", "{a} and {b}", "{a} and {b}", "{a} and also {b}", "{a} next to {b}", "{a} beside {b}", "{a}, {b}", "{a}, and {b}", "{a} with {b}", "{a} as well as {b}",
            "{a} alongside {b}", "both {a} and {b}", "{a} and then {b}",
        ),
        ("{a} together with {b}", "{a} plus {b}"),
    ),
    "zh": Pool(("{a}，加上{b}", "{a}外加{b}", "{a}及{b}", "{a}，~{b}", "{a}和{b}", "{a}和{b}", "{a}和{b}", "{a}、{b}", "{a}，{b}", "{a}与{b}", "{a}跟{b}", "{a}，还有{b}", "{a}还有{b}", "{a}，另外还有{b}"), ("{a}以及{b}", "{a}，再加{b}")),
}  # fmt: skip

_RELATIONS = {
    "above": {
        "en": Pool(
            (
                "{a} drawn above {b}", "{a} sitting above {b}", "{a} ~ above {b}", "{b} below {a}", "{a} above {b}", "{a} above {b}", "{a} above {b}", "{a} over {b}", "{a} on top of {b}", "{a} just above {b}", "{a} directly above {b}", "{b} with {a} above it",
                "{b} and {a} above it", "{b} and above it {a}",
            ),
            ("{a} placed above {b}",),
        ),
        "zh": Pool(("{a}位于{b}上面", "{a}放在{b}的上方", "{a}~在{b}的上方", "{a}在{b}上方", "{a}在{b}的上方", "{a}在{b}上面", "{a}在{b}的上面", "{b}上方有{a}", "{b}上面有{a}", "{b}的上面有{a}", "{b}的上方是{a}", "{b}上面是{a}"), ("{a}位于{b}的上方",)),
    },
    "below": {
        "en": Pool(
            (
                "{a} drawn below {b}", "{a} sitting below {b}", "{a} ~ below {b}", "{b} above {a}", "{a} below {b}", "{a} below {b}", "{a} below {b}", "{a} under {b}", "{a} underneath {b}", "{a} beneath {b}", "{a} just below {b}", "{a} directly below {b}",
                "{b} with {a} below it", "{b} and {a} below it", "{b} and below it {a}",
            ),
            ("{a} placed below {b}",),
        ),
        "zh": Pool(("{a}位于{b}下面", "{a}放在{b}的下方", "{a}~在{b}的下方", "{a}在{b}下方", "{a}在{b}的下方", "{a}在{b}下面", "{a}在{b}的下面", "{b}下方有{a}", "{b}下面有{a}", "{b}的下面有{a}", "{b}的下方是{a}", "{b}下面是{a}"), ("{a}位于{b}的下方",)),
    },
    "left": {
        "en": Pool(
            (
                "{a} drawn left of {b}", "{a} standing to the left of {b}", "{a} ~ left of {b}", "{b} right of {a}", "{a} left of {b}", "{a} to the left of {b}", "{a} to the left of {b}", "{a} to the left of {b}", "{a} on the left of {b}", "{a} on the left side of {b}",
                "{a} just left of {b}", "{a} directly to the left of {b}", "{b} with {a} to its left", "{b} with {a} on its left", "{b} and {a} to its left",
            ),
            ("{a} placed left of {b}",),
        ),
        "zh": Pool(("{a}位于{b}左侧", "{a}放在{b}的左边", "{a}~在{b}的左边", "{a}在{b}左边", "{a}在{b}的左边", "{a}在{b}左侧", "{a}在{b}的左侧", "{b}左边有{a}", "{b}的左边有{a}", "{b}的左侧有{a}", "{b}的左边是{a}", "{b}左边是{a}"), ("{a}位于{b}的左边",)),
    },
    "right": {
        "en": Pool(
            (
                "{a} drawn right of {b}", "{a} standing to the right of {b}", "{a} ~ right of {b}", "{b} left of {a}", "{a} right of {b}", "{a} to the right of {b}", "{a} to the right of {b}", "{a} to the right of {b}", "{a} on the right of {b}", "{a} on the right side of {b}",
                "{a} just right of {b}", "{a} directly to the right of {b}", "{b} with {a} to its right", "{b} with {a} on its right", "{b} and {a} to its right",
            ),
            ("{a} placed right of {b}",),
        ),
        "zh": Pool(("{a}位于{b}右侧", "{a}放在{b}的右边", "{a}~在{b}的右边", "{a}在{b}右边", "{a}在{b}的右边", "{a}在{b}右侧", "{a}在{b}的右侧", "{b}右边有{a}", "{b}的右边有{a}", "{b}的右侧有{a}", "{b}的右边是{a}", "{b}右边是{a}"), ("{a}位于{b}的右边",)),
    },
}  # fmt: skip

# One object at a place, then a second one a step further.
_ANCHORED_EN = ("{anchor} and {other} {side}", "{anchor} with {other} {side}", "{anchor}, with {other} {side}", "{anchor}, {other} {side}", "{anchor}, and {side} {other}", "{anchor} and {side} {other}")
_ANCHORED_ZH = ("{anchor}，它的{side}有{other}", "{anchor}，它{side}是{other}", "{anchor}，它{side}有{other}", "{anchor}，它的{side}是{other}", "{anchor}，它{side}还有{other}", "{anchor}，在它{side}有{other}")

_ANCHORED = {
    "above": {
        "en": Pool(sided(_ANCHORED_EN, "above it", "above it", "just above it"), ("{anchor} and, one step up, {other}",)),
        "zh": Pool(sided(_ANCHORED_ZH, "上方", "上面"), ("{anchor}，往上一格是{other}",)),
    },
    "below": {
        "en": Pool(sided(_ANCHORED_EN, "below it", "below it", "just below it"), ("{anchor} and, one step down, {other}",)),
        "zh": Pool(sided(_ANCHORED_ZH, "下方", "下面"), ("{anchor}，往下一格是{other}",)),
    },
    "left": {
        "en": Pool(sided(_ANCHORED_EN, "to its left", "left of it", "to the left of it"), ("{anchor} and, one step left, {other}",)),
        "zh": Pool(sided(_ANCHORED_ZH, "左边"), ("{anchor}，往左一格是{other}",)),
    },
    "right": {
        "en": Pool(sided(_ANCHORED_EN, "to its right", "right of it", "to the right of it"), ("{anchor} and, one step right, {other}",)),
        "zh": Pool(sided(_ANCHORED_ZH, "右边"), ("{anchor}，往右一格是{other}",)),
    },
}

# How one object and its place make a clause, how clauses join, and which requests they fit into.
_PLACED = {
    "en": (
        ("{thing} {place}", ", ", "phrase"), ("{thing} {place}", ", ", "phrase"), ("{thing} {place}", " and ", "phrase"),
        ("{thing} {place}", "; ", "phrase"), ("{place} {thing}", ", ", "command"), ("{place} there is {thing}", ", ", "statement"),
    ),
    "zh": (
        ("{place}有{thing}", "，", "statement"), ("{place}有{thing}", "，", "statement"), ("{place}是{thing}", "，", "statement"),
        ("在{place}画{thing}", "，", "command"), ("在{place}画{thing}", "，", "command"), ("{thing}在{place}", "，", "phrase"),
        ("{place}{thing}", "，", "phrase"),
    ),
}  # fmt: skip
_PLACED_UNSEEN = {
    "en": (("{thing} placed {place}", ", ", "phrase"), ("{place}: {thing}", "; ", "statement")),
    "zh": (("{thing}放在{place}", "，", "phrase"), ("{place}：{thing}", "；", "statement")),
}


# --- composing ----------------------------------------------------------------------------------------------------------------


def _request(voice: Voice, body: str, background: int, mood: str = "phrase") -> str:
    """Wrap a body into a whole request, naming the background when it is not white, or sometimes when it is."""
    requests = REQUESTS if mood == "phrase" else _OTHER_REQUESTS[mood]
    if background or voice.chance(0.06):
        name = voice.grammar.background(voice, background)
        if mood == "phrase" and voice.chance(0.2):
            return voice.grammar.finish(voice, voice.opened(voice.pick(_BACKGROUNDS_FIRST).format(body=body, background=name)))
        body = voice.pick(_BACKGROUNDS).format(body=body, background=name)
    return voice.grammar.finish(voice, voice.opened(voice.pick(requests).format(body)))


def _thing(voice: Voice, said: Description, count: int = 1) -> str:
    return voice.grammar.indefinite(voice, said, count, casual=True)


def _sometimes_background(voice: Voice) -> int:
    return random_background(voice.rng) if voice.chance(0.15) else 0


def _shape(voice: Voice) -> int:
    return int(voice.rng.random() * len(SHAPES))


def _colour(voice: Voice) -> int:
    return int(voice.rng.random() * len(COLOURS))


def _two_shapes(voice: Voice) -> tuple[int, int]:
    first, second = voice.rng.sample(range(len(SHAPES)), 2)
    return first, second


def _single_object(voice: Voice, max_objects: int, split: str) -> tuple[str, Scene]:
    shape, background = _shape(voice), _sometimes_background(voice)
    scene = Scene(background, (SceneObject(shape, BLUE, LARGE, CENTRE),))
    return _request(voice, _thing(voice, Description(shape=shape)), background), scene


def _colors(voice: Voice, max_objects: int, split: str) -> tuple[str, Scene]:
    shape, colour, background = _shape(voice), _colour(voice), _sometimes_background(voice)
    scene = Scene(background, (SceneObject(shape, colour, LARGE, CENTRE),))
    return _request(voice, _thing(voice, Description(shape, colour)), background), scene


def _two_object(voice: Voice, max_objects: int, split: str) -> tuple[str, Scene]:
    shapes, background = _two_shapes(voice), _sometimes_background(voice)
    a, b = (_thing(voice, Description(shape=shape)) for shape in shapes)
    scene = Scene(background, tuple(SceneObject(shape, BLUE, LARGE, cell) for shape, cell in zip(shapes, DEFAULT_CELLS[2], strict=True)))
    return _request(voice, voice.pick(_PAIRS).format(a=a, b=b), background), scene


def _color_attribution(voice: Voice, max_objects: int, split: str) -> tuple[str, Scene]:
    shapes, background = _two_shapes(voice), _sometimes_background(voice)
    colours = voice.rng.sample(range(len(COLOURS)), 2)
    a, b = (_thing(voice, Description(shape, colour)) for shape, colour in zip(shapes, colours, strict=True))
    objects = (SceneObject(s, c, LARGE, cell) for s, c, cell in zip(shapes, colours, DEFAULT_CELLS[2], strict=True))
    return _request(voice, voice.pick(_PAIRS).format(a=a, b=b), background), Scene(background, tuple(objects))


def _position(voice: Voice, max_objects: int, split: str) -> tuple[str, Scene]:
    (first, second), background = _two_shapes(voice), _sometimes_background(voice)
    relation = voice.choose(RELATIONS)
    a, b = (_thing(voice, Description(shape=shape)) for shape in (first, second))
    cell_a, cell_b = RELATION_CELLS[relation]
    scene = Scene.of(background, (SceneObject(first, BLUE, LARGE, cell_a), SceneObject(second, BLUE, LARGE, cell_b)))
    return _request(voice, voice.pick(_RELATIONS[relation]).format(a=a, b=b), background), scene


def _counting(voice: Voice, max_objects: int, split: str) -> tuple[str, Scene]:
    count = voice.rng.randint(2, max(2, min(4, max_objects)))
    shape, background = _shape(voice), _sometimes_background(voice)
    colour = _colour(voice) if voice.chance(0.6) else None
    size = _spoken_size(voice, int(voice.chance(0.3)))
    scene = _laid_out(background, [(Description(shape, colour, size), count)])
    return _request(voice, _thing(voice, Description(shape, colour, size), count), background), scene


def _free(voice: Voice, max_objects: int, split: str) -> tuple[str, Scene]:
    kind = voice.rng.random()
    if max_objects < 2 or kind < 0.6:
        return _free_placed(voice, max_objects, split)
    if kind < 0.8:
        return _free_listed(voice, max_objects)
    if kind < 0.9:
        return _free_related(voice, split)
    return _free_anchored(voice, split)


def _free_placed(voice: Voice, max_objects: int, split: str) -> tuple[str, Scene]:
    """One to four objects, each with its place, in any order."""
    scene = random_scene(voice.rng, 1, max_objects, "test" if split == "test" and not voice.unseen else "train")
    named = list(scene.objects)
    voice.rng.shuffle(named)
    forms = (_PLACED_UNSEEN if voice.unseen and voice.chance(0.5) else _PLACED)[voice.language]
    clause, joint, mood = voice.choose(forms)
    parts = [
        clause.format(thing=_thing(voice, _said_of(voice, item)), place=voice.grammar.located(voice, item.cell))
        for item in named
    ]
    if joint == ", " and voice.chance(0.6):
        body = voice.grammar.join(voice, parts)
    else:
        body = joint.join(parts)
    return _request(voice, body, scene.background, mood), scene


def _free_listed(voice: Voice, max_objects: int) -> tuple[str, Scene]:
    """One to four objects without places, alike ones counted together."""
    left = voice.rng.randint(1, max_objects)
    groups: list[tuple[Description, int]] = []
    while left:
        count = voice.rng.randint(1, left)
        size = _spoken_size(voice, int(voice.chance(0.4)))
        colour = None if voice.chance(0.1) else _colour(voice)
        groups.append((Description(_shape(voice), colour, size), count))
        left -= count
    background = random_background(voice.rng) if voice.chance(0.4) else 0
    body = voice.grammar.join(voice, [_thing(voice, said, count) for said, count in groups])
    return _request(voice, body, background), _laid_out(background, groups)


def _free_related(voice: Voice, split: str) -> tuple[str, Scene]:
    """Two objects with attributes and a relation."""
    relation = voice.choose(RELATIONS)
    first, second = (_free_object(voice, cell, split) for cell in RELATION_CELLS[relation])
    background = random_background(voice.rng) if voice.chance(0.4) else 0
    a, b = (_thing(voice, _said_of(voice, item)) for item in (first, second))
    return _request(voice, voice.pick(_RELATIONS[relation]).format(a=a, b=b), background), Scene.of(background, (first, second))


def _free_anchored(voice: Voice, split: str) -> tuple[str, Scene]:
    """One object at a place, and another one step further."""
    relation = voice.choose(RELATIONS)
    cell = voice.choose([cell for cell in range(GRID * GRID) if next_cell(cell, relation) is not None])
    further = next_cell(cell, relation)
    assert further is not None
    first, second = _free_object(voice, cell, split), _free_object(voice, further, split)
    background = random_background(voice.rng) if voice.chance(0.4) else 0
    thing, place = _thing(voice, _said_of(voice, first)), voice.grammar.located(voice, cell)
    anchor, mood = (f"{thing} {place}", "phrase") if voice.language == "en" else (f"{place}有{thing}", "statement")
    other = _thing(voice, _said_of(voice, second))
    return _request(voice, voice.pick(_ANCHORED[relation]).format(anchor=anchor, other=other), background, mood), Scene.of(background, (first, second))


def _free_object(voice: Voice, cell: int, split: str) -> SceneObject:
    item = random_object(voice.rng, cell, allow_held_out=split == "test")
    return item if split == "train" or voice.unseen or is_held_out(item) or voice.chance(0.7) else _free_object(voice, cell, split)


def _said_of(voice: Voice, item: SceneObject) -> Description:
    """What a prompt says of an object: defaults may go unsaid."""
    colour = None if item.colour == BLUE and voice.chance(0.25) else item.colour
    return Description(item.shape, colour, _spoken_size(voice, item.size))


def _spoken_size(voice: Voice, size: int) -> int | None:
    return SMALL if size == SMALL else (LARGE if voice.chance(0.25) else None)


def _laid_out(background: int, groups: Sequence[tuple[Description, int]]) -> Scene:
    """Objects without places at their default cells, in the order named."""
    total = sum(count for _, count in groups)
    cells = iter(DEFAULT_CELLS[total])
    objects = [
        SceneObject(said.shape or 0, BLUE if said.colour is None else said.colour, said.size or LARGE, next(cells))
        for said, count in groups
        for _ in range(count)
    ]
    return Scene(background, tuple(objects))


_COMPOSERS: dict[str, Callable[[Voice, int, str], tuple[str, Scene]]] = {
    "single_object": _single_object,
    "two_object": _two_object,
    "counting": _counting,
    "colors": _colors,
    "position": _position,
    "color_attribution": _color_attribution,
    "free": _free,
}
