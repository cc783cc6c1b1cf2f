"""Questions about a picture, each with its one right answer.

A question is only asked of a scene in which it has one answer: objects are referred to by descriptions that fit nothing else, and
`left of` is asked only where the loose reading (anything further left) leaves exactly one object, or none. Answers are short and
canonical, so that they can be compared as strings.

| type | asks | answers |
|---|---|---|
| caption | what the picture shows | `A red circle in the top left and a small blue star on the right, on a dark background.` |
| describe | the same in detail, or all nine places one by one | as caption, or `top left: red circle; top: nothing; …` |
| colour, shape, size | one attribute of one object, or the background's colour | `red`, `circle`, `small`, `light blue` |
| count | how many objects fit | `two` |
| where | the place of an object | `in the top left` |
| there | whether any object fits, half of the time yes | `yes`, `no` |
| relation | what is left of, right of, above or below an object | `a small red circle`, `nothing` |
| at | what is at a place | `a small red circle`, `nothing` |
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from .prompts import RELATIONS, STEPS
from .scene import CELL_COUNT, COLOURS, GRID, SHAPES, SIZES, Scene, SceneObject, has_held_out
from .words import Description, Pool, Voice, check_request, grammar_of, refer

QUESTION_TYPES = ("caption", "describe", "colour", "shape", "size", "count", "where", "there", "relation", "at")


@dataclass(frozen=True, slots=True)
class QuestionSample:
    """A question, its answer, and which of QUESTION_TYPES it is."""

    question: str
    answer: str
    type: str


def sample_question(rng: random.Random, scene: Scene, language: str, split: str, type: str | None = None) -> QuestionSample:
    """A question that has one answer in this scene.

    Train questions use train templates. Test questions use an unseen template at least half of the time, and always when the
    scene shows no held-out combination. Raises ValueError when `type` is given and this scene allows no such question (an empty
    scene has no colours to ask for).
    """
    check_request(language, split)
    voice = Voice(rng, language, unseen=split == "test" and (rng.random() < 0.5 or not has_held_out(scene)))
    if type is not None:
        if type not in _ASKERS:
            raise ValueError(f"type must be one of {QUESTION_TYPES}, got {type!r}")
        for _ in range(_ATTEMPTS):
            asked = _ASKERS[type](voice, scene)
            if asked is not None:
                return QuestionSample(*asked, type)
        raise ValueError(f"no unambiguous question of type {type!r} in a picture of {scene}")
    while True:  # a caption can be asked of every scene, so this ends
        chosen = rng.choices(QUESTION_TYPES, _WEIGHTS)[0]
        asked = _ASKERS[chosen](voice, scene)
        if asked is not None:
            return QuestionSample(*asked, chosen)


def caption(scene: Scene, language: str) -> str:
    """The canonical description of a scene: every object in reading order with its place, then the background unless white."""
    return grammar_of(language).caption(scene)


_WEIGHTS = (3, 3, 2, 1.5, 1, 2, 2, 2, 2, 1.5)
_ATTEMPTS = 60

Asked = tuple[str, str]


# --- templates ----------------------------------------------------------------------------------------------------------------

_DEFAULT = {"en": "Please give a brief description of the image.", "zh": "请简要描述这张图片。"}

_CAPTION = {
    "en": Pool(
        (
            "what is in the picture?", "what is in the image?", "what's in the picture?", "what do you see?", "what can you see?",
            "describe the picture.", "describe this image.", "please describe the image.", "what does the picture show?",
            "what is this?", "caption this image.", "tell me about the picture.", "what is shown here?", "what did you draw?",
            "what's in this image?", "what do we see here?", "say what is in the picture.", "what objects are in the picture?", "which shapes are there?", "what shapes do you see in the image?", "summarize the picture.", "can you describe this picture?", "please tell me what you see.", "describe what is here.", "what have we got here?", "what does it show?",
        ),
        ("what can be seen in the image?", "give me a short description of this picture.", "what does this image contain?"),
    ),
    "zh": Pool(
        (
            "图里有什么？", "图片里有什么？", "这张图里有什么？", "图中有什么？", "你看到了什么？", "描述这张图片。", "请描述这张图。", "这是什么？",
            "这张图画了什么？", "说说这张图。", "图上有什么？", "你画了什么？",
            "看图说话。", "图片上都有些什么？", "画面里有什么？", "请说说这张图片里有什么。", "这里面有什么图形？", "有哪些图形？", "简单描述一下这张图。", "这张图片是什么内容？", "画里有什么东西？",
        ),
        ("请说明图片的内容。", "这幅图展示了什么？", "能看到哪些东西？"),
    ),
}  # fmt: skip

_DESCRIBE = {
    "en": Pool(
        (
            "describe every object with its place.", "list all objects and where they are.", "describe the picture in detail.",
            "name each object and its position.", "what is where?", "list everything in the picture with its place.",
            "which objects are there, and where?",
            "where is everything?", "say what is in the picture, and where.", "tell me all the shapes with their positions.", "describe where each shape is.", "list the objects with their positions.", "what shapes are there, and where are they?", "describe it exactly.",
        ),
        ("go through all objects and say where each one is.", "give every object's position."),
    ),
    "zh": Pool(
        ("描述每个物体和它的位置。", "列出所有图形和位置。", "详细描述这张图片。", "每个图形在哪里？", "有哪些图形，分别在哪里？", "说出所有图形的位置。", "都有什么，分别在哪？", "把所有图形和位置说一遍。", "每个物体各在什么位置？", "请详细说明图里的内容。", "图形都在哪些位置？", "具体描述一下图里的所有物体。"),
        ("逐个说明图形及其位置。", "请给出每个图形的位置。"),
    ),
}  # fmt: skip

_GRID = {
    "en": Pool(
        ("list all nine places.", "what is in each of the nine places?", "read the grid place by place.", "go through the nine places.", "name what is in all nine places.", "describe all nine cells of the grid.", "what do the nine places show?", "tell me place by place what there is."),
        ("tell me what each of the nine places holds.",),
    ),
    "zh": Pool(("列出九个位置。", "九个位置分别有什么？", "逐格读出这张图。", "按九宫格说明。", "九个格子里各有什么？", "逐个位置描述这张图。", "九宫格里分别是什么？"), ("说说九个位置上各是什么。",)),
}

_COLOUR = {
    "en": Pool(
        ("what colour is {it}?", "what colour is {it}?", "what is the colour of {it}?", "which colour does {it} have?", "what colour does {it} have?", "what color is {it}?", "what is the color of {it}?", "name the colour of {it}.", "which color is {it}?", "what's the colour of {it}?", "can you tell me what colour {it} is?", "say what colour {it} has.", "{it} has which colour?", "do you know the colour of {it}?", "tell me which colour {it} has.", "what colour does {it} show?"),
        ("tell me the colour of {it}.", "in which colour is {it}?"),
    ),
    "zh": Pool(("{it}是什么颜色？", "{it}是什么颜色的？", "{it}的颜色是什么？", "{it}什么颜色？", "{it}是哪个颜色？", "请说{it}是什么颜色。", "{it}是啥颜色？", "告诉我{it}的颜色。", "你知道{it}是什么颜色吗？", "请问{it}的颜色是什么？", "{it}用的是什么颜色？", "说说{it}是什么颜色。"), ("请问{it}是哪种颜色？", "说出{it}的颜色。")),
}  # fmt: skip

_BACKGROUND = {
    "en": Pool(("what colour is the background?", "which background does the picture have?", "what is the background?", "what color is the background?", "what's the background colour?", "which colour does the background have?", "name the background.", "on which background is it?", "what background colour do you see?", "is the background white or something else?"), ("tell me the colour of the background.",)),
    "zh": Pool(("背景是什么颜色？", "背景是什么颜色的？", "背景的颜色是什么？", "背景颜色是什么？", "图片的背景是什么颜色？", "请说出背景的颜色。", "背景用了什么颜色？", "底色是什么？"), ("请问背景是哪种颜色？",)),
}  # fmt: skip

_SHAPE = {
    "en": Pool(
        ("what shape is {it}?", "what shape is {it}?", "which shape does {it} have?", "what is the shape of {it}?", "what kind of shape is {it}?", "name the shape of {it}.", "what's the shape of {it}?", "{it} is which shape?", "can you tell me what shape {it} is?", "what form does {it} have?", "is {it} a circle, a square or something else?", "say which shape {it} is."),
        ("tell me the shape of {it}.",),
    ),
    "zh": Pool(("{it}是什么形状？", "{it}是什么形状的？", "{it}的形状是什么？", "{it}是什么图形？", "{it}是哪个形状？", "请说{it}是什么形状。", "告诉我{it}的形状。", "{it}是哪种图形？", "请问{it}是什么图形？", "{it}长什么样，什么形状？", "说出{it}的形状。"), ("请问{it}是哪种形状？",)),
}

_SIZE = {
    "en": Pool(("how big is {it}?", "what size is {it}?", "is {it} large or small?", "is {it} small or large?", "how large is {it}?", "is {it} big or small?", "is {it} small or big?", "tell me how big {it} is.", "which size does {it} have?", "say whether {it} is large or small.", "{it}: large or small?", "is {it} a large one or a small one?"), ("what is the size of {it}?",)),
    "zh": Pool(("{it}是大还是小？", "{it}有多大？", "{it}是大的还是小的？", "{it}的大小是什么？", "{it}大吗，还是小？", "告诉我{it}是大是小。", "{it}是小的还是大的？", "请问{it}是大的还是小的？", "{it}的尺寸是大还是小？", "说出{it}的大小。"), ("请问{it}大不大？",)),
}  # fmt: skip

_COUNT = {
    "en": Pool(
        ("how many {them} are there?", "how many {them} are there?", "how many {them} do you see?", "how many {them} are in the picture?", "count the {them}.", "how many {them} are in the image?", "how many {them} are there in total?", "how many {them} does the picture show?", "tell me how many {them} there are.", "how many {them} can you find?", "how many {them} can you count?", "what number of {them} is in the picture?", "please count the {them}.", "count {them} for me.", "say how many {them} there are.", "how many {them}?"),
        ("what is the number of {them}?", "how many {them} can be seen?"),
    ),
    "zh": Pool(("有几个{them}？", "有多少个{them}？", "图里有几个{them}？", "一共有几个{them}？", "数一数{them}。", "{them}有几个？", "{them}有多少个？", "请数一下有几个{them}。", "总共有多少个{them}？", "告诉我有几个{them}。", "这张图里有多少个{them}？", "图片上有几个{them}？", "你看到几个{them}？"), ("{them}的数量是多少？", "能看到几个{them}？")),
}  # fmt: skip

_WHERE = {
    "en": Pool(
        ("where is {it}?", "where is {it}?", "in which place is {it}?", "where can i find {it}?", "what is the position of {it}?", "where's {it}?", "where do you see {it}?", "what place is {it} in?", "in what position is {it}?", "can you tell me where {it} is?", "where in the picture is {it}?", "name the place of {it}.", "say where {it} is.", "where does {it} lie?", "which place holds {it}?"),
        ("tell me where {it} is.", "at which place is {it}?"),
    ),
    "zh": Pool(("{it}在哪里？", "{it}在哪儿？", "{it}在什么位置？", "{it}的位置是哪里？", "{it}在哪？", "{it}在图的什么地方？", "告诉我{it}在哪里。", "请问{it}在哪里？", "你看到{it}在什么地方？", "{it}位于什么位置？", "{it}处在哪个位置？", "说出{it}的位置。"), ("请问{it}位于哪里？",)),
}

_THERE = {
    "en": Pool(
        ("is there {one}?", "is there {one}?", "can you see {one}?", "does the picture show {one}?", "is there {one} in the picture?", "do you see {one}?", "is there {one} in the image?", "is there {one} anywhere?", "does this picture have {one}?", "does the picture contain {one}?", "do we have {one} here?", "can {one} be found in the picture?", "is {one} in the picture?", "tell me if there is {one}.", "would you say there is {one}?", "has the picture got {one}?", "do you find {one} in it?"),
        ("does the image contain {one}?", "is {one} to be seen?"),
    ),
    "zh": Pool(("有{one}吗？", "图里有{one}吗？", "有没有{one}？", "能看到{one}吗？", "这张图里有{one}吗？", "图片里有{one}吗？", "图中有{one}吗？", "图上有没有{one}？", "你看到{one}了吗？", "画面里有没有{one}？", "请问有{one}吗？", "是否有{one}？", "这里面有{one}吗？", "能找到{one}吗？"), ("图中是否有{one}？",)),
}  # fmt: skip

_RELATION = {
    "left": {
        "en": Pool(("what is left of {it}?", "what is to the left of {it}?", "what do you see left of {it}?", "which object is left of {it}?", "what's left of {it}?", "what is on the left of {it}?", "what's to the left of {it}?", "name what is left of {it}.", "tell me what is to the left of {it}.", "what can you see left of {it}?", "which shape is to the left of {it}?"), ("what lies to the left of {it}?",)),
        "zh": Pool(("{it}的左边是什么？", "{it}左边有什么？", "什么在{it}的左边？", "{it}的左边有什么？", "{it}左边是什么图形？", "请问{it}的左边是什么？", "告诉我{it}左边是什么。", "哪个图形在{it}的左边？", "{it}左侧有什么？"), ("{it}的左侧是什么？",)),
    },
    "right": {
        "en": Pool(("what is right of {it}?", "what is to the right of {it}?", "what do you see right of {it}?", "which object is right of {it}?", "what's right of {it}?", "what is on the right of {it}?", "what's to the right of {it}?", "name what is right of {it}.", "tell me what is to the right of {it}.", "what can you see right of {it}?", "which shape is to the right of {it}?"), ("what lies to the right of {it}?",)),
        "zh": Pool(("{it}的右边是什么？", "{it}右边有什么？", "什么在{it}的右边？", "{it}的右边有什么？", "{it}右边是什么图形？", "请问{it}的右边是什么？", "告诉我{it}右边是什么。", "哪个图形在{it}的右边？", "{it}右侧有什么？"), ("{it}的右侧是什么？",)),
    },
    "above": {
        "en": Pool(("what is above {it}?", "what do you see above {it}?", "which object is above {it}?", "what is over {it}?", "what's above {it}?", "what's over {it}?", "name what is above {it}.", "tell me what is above {it}.", "what can you see above {it}?", "which shape is above {it}?", "what is higher than {it}?"), ("what lies above {it}?",)),
        "zh": Pool(("{it}的上方是什么？", "{it}上面有什么？", "什么在{it}的上面？", "{it}的上方有什么？", "{it}上面是什么图形？", "请问{it}的上面是什么？", "告诉我{it}上方是什么。", "哪个图形在{it}的上面？", "{it}上边有什么？"), ("位于{it}上方的是什么？",)),
    },
    "below": {
        "en": Pool(("what is below {it}?", "what do you see below {it}?", "which object is below {it}?", "what is under {it}?", "what's below {it}?", "what's under {it}?", "name what is below {it}.", "tell me what is below {it}.", "what can you see below {it}?", "which shape is below {it}?", "what is lower than {it}?", "what is underneath {it}?"), ("what lies below {it}?",)),
        "zh": Pool(("{it}的下方是什么？", "{it}下面有什么？", "什么在{it}的下面？", "{it}的下方有什么？", "{it}下面是什么图形？", "请问{it}的下面是什么？", "告诉我{it}下方是什么。", "哪个图形在{it}的下面？", "{it}下边有什么？"), ("位于{it}下方的是什么？",)),
    },
}  # fmt: skip

_AT = {
    "en": Pool(
        ("what is {place}?", "what is {place}?", "what do you see {place}?", "which object is {place}?", "is there anything {place}, and what?", "what's {place}?", "what can you see {place}?", "name the object {place}.", "which shape is {place}?", "what is there {place}?", "{place}, what do you see?", "say what is {place}.", "what do we have {place}?"),
        ("tell me what is {place}.", "what can be found {place}?"),
    ),
    "zh": Pool(("{place}是什么？", "{place}有什么？", "{place}的图形是什么？", "在{place}有什么？", "{place}有什么图形？", "{place}是哪个图形？", "请问{place}是什么？", "告诉我{place}有什么。", "{place}能看到什么？", "{place}画的是什么？"), ("请问{place}有什么东西？",)),
}


# --- asking -------------------------------------------------------------------------------------------------------------------


def _some(voice: Voice, scene: Scene) -> SceneObject | None:
    return voice.choose(scene.objects) if scene.objects else None


def _caption(voice: Voice, scene: Scene) -> Asked:
    if not voice.unseen and voice.chance(0.25):
        return _DEFAULT[voice.language], voice.grammar.caption(scene)
    return voice.say(_CAPTION), voice.grammar.caption(scene)


def _describe(voice: Voice, scene: Scene) -> Asked:
    if voice.chance(0.4):
        return voice.say(_GRID), voice.grammar.grid(scene)
    return voice.say(_DESCRIBE), voice.grammar.caption(scene)


def _attribute(voice: Voice, scene: Scene, attribute: str, pools: dict[str, Pool], names: tuple[str, ...]) -> Asked | None:
    item = _some(voice, scene)
    said = item and refer(voice, scene, item, leave_out=attribute)
    if item is None or said is None:
        return None
    return voice.say(pools, it=voice.grammar.definite(voice, said)), names[getattr(item, attribute)]


def _colour(voice: Voice, scene: Scene) -> Asked | None:
    if voice.chance(0.2):
        return voice.say(_BACKGROUND), voice.grammar.backgrounds[scene.background]
    return _attribute(voice, scene, "colour", _COLOUR, voice.grammar.colours)


def _shape(voice: Voice, scene: Scene) -> Asked | None:
    return _attribute(voice, scene, "shape", _SHAPE, voice.grammar.shapes)


def _size(voice: Voice, scene: Scene) -> Asked | None:
    return _attribute(voice, scene, "size", _SIZE, voice.grammar.sizes)


def _where(voice: Voice, scene: Scene) -> Asked | None:
    item = _some(voice, scene)
    said = item and refer(voice, scene, item, leave_out="cell")
    if item is None or said is None:
        return None
    return voice.say(_WHERE, it=voice.grammar.definite(voice, said)), voice.grammar.answer_place(item.cell)


def _count(voice: Voice, scene: Scene) -> Asked:
    item = _some(voice, scene)
    if item is None or voice.chance(0.3):
        said = Description()
    elif voice.chance(0.15):
        said = _random_description(voice)
    else:
        said = _part_of(voice, item)
    number = sum(map(said.matches, scene.objects))
    return voice.say(_COUNT, them=voice.grammar.noun(voice, said, plural=True)), voice.grammar.answer_count(number)


def _there(voice: Voice, scene: Scene) -> Asked | None:
    wanted = voice.chance(0.5)
    item = _some(voice, scene)
    for _ in range(20):
        if item is None:
            said = _random_description(voice)
        else:
            said = _part_of(voice, item)
            if voice.chance(0.25):
                said = Description(said.shape, said.colour, said.size, item.cell)
            if not wanted:
                said = _changed(voice, scene, said)
        if any(map(said.matches, scene.objects)) == wanted or item is None:
            answer = voice.grammar.yes_no[any(map(said.matches, scene.objects))]
            return voice.say(_THERE, one=voice.grammar.indefinite(voice, said)), answer
    return None


def _relation(voice: Voice, scene: Scene) -> Asked | None:
    if len(scene.objects) < 2 and voice.chance(0.7):
        return None
    for _ in range(4):
        item, relation = _some(voice, scene), voice.choose(RELATIONS)
        if item is None:
            return None
        beyond = _beyond(scene, item, relation)
        if len(beyond) > 1 or (not beyond and voice.chance(0.6)):
            continue
        said = refer(voice, scene, item)
        if said is None:
            return None
        answer = voice.grammar.answer_object(beyond[0]) if beyond else voice.grammar.nothing
        return voice.say(_RELATION[relation], it=voice.grammar.definite(voice, said)), answer
    return None


def _at(voice: Voice, scene: Scene) -> Asked:
    item = _some(voice, scene)
    cell = item.cell if item is not None and voice.chance(0.7) else int(voice.rng.random() * CELL_COUNT)
    found = [item for item in scene.objects if item.cell == cell]
    answer = voice.grammar.answer_object(found[0]) if found else voice.grammar.nothing
    return voice.say(_AT, place=voice.grammar.located(voice, cell)), answer


def _beyond(scene: Scene, item: SceneObject, relation: str) -> list[SceneObject]:
    """Every object further in a direction, in any row or column."""
    down, right = STEPS[relation]
    row, column = divmod(item.cell, GRID)
    return [other for other in scene.objects if (other.cell // GRID - row) * down > 0 or (other.cell % GRID - column) * right > 0]


_PARTS = ((1, 0, 0), (0, 1, 0), (1, 1, 0), (1, 1, 0), (0, 0, 1), (1, 0, 1), (0, 1, 1), (1, 1, 1))


def _part_of(voice: Voice, item: SceneObject) -> Description:
    """Some of an object's attributes."""
    shape, colour, size = voice.choose(_PARTS)
    return Description(item.shape if shape else None, item.colour if colour else None, item.size if size else None)


def _random_description(voice: Voice) -> Description:
    return _part_of(voice, SceneObject(int(voice.rng.random() * len(SHAPES)), int(voice.rng.random() * len(COLOURS)), int(voice.rng.random() * len(SIZES)), 0))


def _changed(voice: Voice, scene: Scene, said: Description) -> Description:
    """The description with one attribute changed, half of the time to that of another object, which is the harder question."""
    attribute = voice.choose([name for name in ("shape", "colour", "size", "cell") if getattr(said, name) is not None])
    other = voice.choose(scene.objects)
    if voice.chance(0.5):
        value = getattr(other, attribute)
    else:
        value = int(voice.rng.random() * {"shape": len(SHAPES), "colour": len(COLOURS), "size": len(SIZES), "cell": CELL_COUNT}[attribute])
    kept = {"shape": said.shape, "colour": said.colour, "size": said.size, "cell": said.cell}
    return Description(**{**kept, attribute: value})


_ASKERS: dict[str, Callable[[Voice, Scene], Asked | None]] = {
    "caption": _caption,
    "describe": _describe,
    "colour": _colour,
    "shape": _shape,
    "size": _size,
    "count": _count,
    "where": _where,
    "there": _there,
    "relation": _relation,
    "at": _at,
}
