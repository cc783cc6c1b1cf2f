"""Instructions that change a picture, each with the one scene that results; all else stays as it was.

| kind | changes | defaults |
|---|---|---|
| recolour | one object's colour | |
| resize | one object's size | |
| remove | one object goes | |
| add | one object comes, at a place, next to another, or without a place | large, blue; without a place the first free cell of DEFAULT_ORDER |
| move | one object to a free cell, named, or one step in a direction | |
| replace | one object becomes another shape, with a new colour when one is said | colour and size stay |
| background | the background | |

Objects are referred to by descriptions that fit nothing else in the picture; a lone object may be `it`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from .prompts import BLUE, RELATIONS, next_cell
from .scene import (
    BACKGROUNDS,
    CELL_COUNT,
    COLOURS,
    LARGE,
    SHAPES,
    SMALL,
    Scene,
    SceneObject,
    has_held_out,
    is_held_out,
)
from .words import Description, Pool, Voice, check_request, refer

EDIT_KINDS = ("recolour", "resize", "remove", "add", "move", "replace", "background")

#: Where an added object goes that has no place: the first of these that is free.
DEFAULT_ORDER = (4, 3, 5, 1, 7, 0, 2, 6, 8)

#: Objects in a picture after `add`.
MAX_OBJECTS = 4


@dataclass(frozen=True, slots=True)
class EditSample:
    """An instruction, the scene that results, and which of EDIT_KINDS it is."""

    instruction: str
    target_scene: Scene
    kind: str


def sample_edit(rng: random.Random, scene: Scene, language: str, split: str, kind: str | None = None) -> EditSample:
    """An instruction that can be carried out on this scene.

    The target of a train edit shows no held-out combination beyond those of the source. A test edit uses an unseen template at
    least half of the time, and always when neither scene shows a held-out combination. Raises ValueError when `kind` is given and
    this scene does not allow it (nothing can be removed from an empty picture).
    """
    check_request(language, split)
    if kind is not None and kind not in _EDITORS:
        raise ValueError(f"kind must be one of {EDIT_KINDS}, got {kind!r}")
    voice = Voice(rng, language, unseen=split == "test" and (rng.random() < 0.5 or not has_held_out(scene)))
    for _ in range(_ATTEMPTS):
        chosen = kind or rng.choices(EDIT_KINDS, _WEIGHTS)[0]
        edited = _EDITORS[chosen](voice, scene)
        if edited is not None and (split == "test" or not _brings_held_out(scene, edited[1])):
            return EditSample(*edited, chosen)
    raise ValueError(f"no unambiguous edit of kind {kind!r} in a picture of {scene}")


_WEIGHTS = (3, 2, 2, 3, 3, 2.5, 1.5)
_ATTEMPTS = 100

Edited = tuple[str, Scene]


def _brings_held_out(source: Scene, target: Scene) -> bool:
    return any(is_held_out(item) for item in target.objects if item not in source.objects)


# --- templates ----------------------------------------------------------------------------------------------------------------

_RECOLOUR = {
    "en": Pool(
        (
            "make {it} {colour}", "make {it} {colour}", "change the colour of {it} to {colour}", "change {it} to {colour}", "paint {it} {colour}",
            "turn {it} {colour}", "colour {it} {colour}", "please make {it} {colour}", "can you make {it} {colour}?", "{it} should be {colour}",
            "recolor {it} to {colour}", "make the colour of {it} {colour}", "let {it} be {colour}", "{it} in {colour}, please", "i want {it} in {colour}", "i'd like {it} to be {colour}", "could you make {it} {colour}?", "change the color of {it} to {colour}", "set the colour of {it} to {colour}", "color {it} {colour}", "fill {it} with {colour}", "use {colour} for {it}", "now make {it} {colour}", "have {it} {colour} instead", "give {it} a {colour} colour",
        ),
        ("recolour {it} in {colour}", "give {it} the colour {colour}", "i want {it} to be {colour}"),
    ),
    "zh": Pool(
        ("把{it}变成{colour}", "把{it}改成{colour}", "把{it}涂成{colour}", "将{it}变为{colour}", "请把{it}改为{colour}", "让{it}变成{colour}", "能把{it}变成{colour}吗？", "{it}改成{colour}", "把{it}换成{colour}", "{it}变成{colour}", "把{it}的颜色改成{colour}", "将{it}的颜色变为{colour}", "{it}要{colour}的", "我想要{it}是{colour}", "给{it}涂上{colour}", "将{it}涂成{colour}", "把{it}染成{colour}", "请让{it}变成{colour}"),
        ("把{it}的颜色换成{colour}", "请将{it}染成{colour}"),
    ),
}  # fmt: skip

_RESIZE = (
    {
        "en": Pool(("make {it} bigger", "make {it} large", "make {it} larger", "enlarge {it}", "make {it} big", "{it} should be bigger", "make {it} a large one", "increase the size of {it}", "i want {it} bigger", "let {it} be large", "could you make {it} bigger?", "please enlarge {it}", "{it} should be large", "scale up the size of {it}", "let {it} grow", "blow {it} up", "expand {it}"), ("scale {it} up", "grow {it}")),
        "zh": Pool(("把{it}变大", "把{it}放大", "让{it}变大", "请把{it}变大一点", "放大{it}", "{it}大一点", "{it}变大", "让{it}大一点", "把{it}变大一些", "请放大{it}", "将{it}放大", "{it}要大的", "增大{it}", "把{it}调大一点"), ("将{it}调大", "使{it}更大")),
    },
    {
        "en": Pool(("make {it} smaller", "make {it} small", "shrink {it}", "make {it} little", "make {it} tiny", "{it} should be smaller", "make {it} a small one", "decrease the size of {it}", "i want {it} smaller", "let {it} be small", "could you make {it} smaller?", "please shrink {it}", "{it} should be small", "scale down the size of {it}", "let {it} shrink", "reduce the size of {it}", "{it} should be little"), ("scale {it} down", "reduce {it}")),
        "zh": Pool(("把{it}变小", "把{it}缩小", "让{it}变小", "请把{it}变小一点", "缩小{it}", "{it}小一点", "{it}变小", "让{it}小一点", "把{it}变小一些", "请缩小{it}", "将{it}缩小", "{it}要小的", "减小{it}", "把{it}调小一点"), ("将{it}调小", "使{it}更小")),
    },
)  # fmt: skip

_REMOVE = {
    "en": Pool(
        ("remove {it}", "remove {it}", "delete {it}", "erase {it}", "take {it} away", "please remove {it}", "get rid of {it}", "can you remove {it}?", "drop {it}", "take {it} out", "take out {it}", "i don't want {it}", "without {it}, please", "make {it} disappear", "could you remove {it}?", "please delete {it}", "clear {it} away", "eliminate {it}", "leave {it} out", "i no longer want {it}", "wipe {it} away"),
        ("wipe out {it}", "i do not want {it} any more"),
    ),
    "zh": Pool(("去掉{it}", "删除{it}", "把{it}去掉", "把{it}删掉", "移除{it}", "请删除{it}", "擦掉{it}", "不要{it}", "删掉{it}", "把{it}删除", "把{it}移除", "{it}不要了", "请去掉{it}", "将{it}删除", "让{it}消失", "把{it}擦掉", "拿掉{it}", "能删除{it}吗？", "把{it}清除掉"), ("请把{it}拿走", "清除{it}")),
}  # fmt: skip

_ADD = {
    "en": Pool(
        ("add {one}", "add {one}", "put {one} in the picture", "draw {one} too", "please add {one}", "also draw {one}", "add {one} as well", "can you add {one}?", "i want {one} too", "put in {one}", "include {one}", "there should be {one} too", "also add {one}", "could you add {one}?", "paint {one} too", "draw {one} in addition", "now add {one}", "insert {one} as well", "place {one} in the picture"),
        ("place {one} in it", "insert {one}"),
    ),
    "zh": Pool(("加上{one}", "添加{one}", "再加{one}", "加{one}", "请添加{one}", "增加{one}", "能加上{one}吗？", "再画{one}", "还要{one}", "多画{one}", "加入{one}", "再添{one}", "请加上{one}", "放上{one}", "能再加{one}吗？"), ("补上{one}", "请再放{one}")),
}  # fmt: skip

_ADD_AT = {
    "en": Pool(
        ("add {one} {place}", "add {one} {place}", "put {one} {place}", "draw {one} {place} too", "please add {one} {place}", "{place}, add {one}", "also put {one} {place}", "can you add {one} {place}?", "there should be {one} {place}", "i want {one} {place}", "paint {one} {place} too", "could you put {one} {place}?", "include {one} {place}", "also add {one} {place}", "{place}, put {one}", "set {one} {place}", "insert {one} there, {place}"),
        ("place {one} {place}", "insert {one} {place}"),
    ),
    "zh": Pool(
        ("在{place}加上{one}", "在{place}添加{one}", "在{place}再画{one}", "在{place}加{one}", "请在{place}添加{one}", "{place}加上{one}", "能在{place}加上{one}吗？", "在{place}再加{one}", "{place}再画{one}", "请在{place}画{one}", "在{place}加入{one}", "给{place}加上{one}", "{place}要有{one}"),
        ("在{place}补上{one}", "请在{place}放{one}"),
    ),
}  # fmt: skip

_ADD_NEXT = {
    "above": {
        "en": Pool(("add {one} above {it}", "put {one} above {it}", "draw {one} over {it} too", "add {one} on top of {it}", "draw {one} above {it}", "there should be {one} above {it}", "please add {one} above {it}", "put {one} on top of {it}", "set {one} over {it}", "also add {one} above {it}"), ("place {one} above {it}",)),
        "zh": Pool(("在{it}上方加上{one}", "在{it}上面添加{one}", "在{it}的上面再画{one}", "在{it}上面加{one}", "在{it}上方画{one}", "请在{it}的上方添加{one}", "{it}上面再加{one}"), ("在{it}上方补上{one}",)),
    },
    "below": {
        "en": Pool(("add {one} below {it}", "put {one} below {it}", "draw {one} under {it} too", "add {one} underneath {it}", "draw {one} below {it}", "there should be {one} below {it}", "please add {one} below {it}", "put {one} underneath {it}", "set {one} under {it}", "also add {one} below {it}"), ("place {one} below {it}",)),
        "zh": Pool(("在{it}下方加上{one}", "在{it}下面添加{one}", "在{it}的下面再画{one}", "在{it}下面加{one}", "在{it}下方画{one}", "请在{it}的下方添加{one}", "{it}下面再加{one}"), ("在{it}下方补上{one}",)),
    },
    "left": {
        "en": Pool(("add {one} left of {it}", "put {one} to the left of {it}", "draw {one} left of {it} too", "add {one} to the left of {it}", "draw {one} to the left of {it}", "there should be {one} left of {it}", "please add {one} left of {it}", "put {one} on the left of {it}", "set {one} left of {it}", "also add {one} left of {it}"), ("place {one} left of {it}",)),
        "zh": Pool(("在{it}左边加上{one}", "在{it}左侧添加{one}", "在{it}的左边再画{one}", "在{it}左边加{one}", "在{it}左边画{one}", "请在{it}的左边添加{one}", "{it}左边再加{one}"), ("在{it}左边补上{one}",)),
    },
    "right": {
        "en": Pool(("add {one} right of {it}", "put {one} to the right of {it}", "draw {one} right of {it} too", "add {one} to the right of {it}", "draw {one} to the right of {it}", "there should be {one} right of {it}", "please add {one} right of {it}", "put {one} on the right of {it}", "set {one} right of {it}", "also add {one} right of {it}"), ("place {one} right of {it}",)),
        "zh": Pool(("在{it}右边加上{one}", "在{it}右侧添加{one}", "在{it}的右边再画{one}", "在{it}右边加{one}", "在{it}右边画{one}", "请在{it}的右边添加{one}", "{it}右边再加{one}"), ("在{it}右边补上{one}",)),
    },
}  # fmt: skip

_MOVE = {
    "en": Pool(
        ("move {it} to the {place}", "move {it} to the {place}", "put {it} in the {place}", "shift {it} to the {place}", "please move {it} to the {place}", "can you move {it} to the {place}?", "place {it} in the {place}", "{it} should be in the {place}", "could you move {it} to the {place}?", "send {it} to the {place}", "i want {it} in the {place}", "push {it} to the {place}", "let {it} go to the {place}", "take {it} to the {place}", "pull {it} to the {place}", "relocate {it} to the {place}"),
        ("bring {it} to the {place}", "drag {it} to the {place}"),
    ),
    "zh": Pool(("把{it}移到{place}", "把{it}移动到{place}", "将{it}移到{place}", "把{it}放到{place}", "请把{it}移到{place}", "{it}移到{place}", "把{it}放在{place}", "让{it}到{place}", "{it}放到{place}", "将{it}移动到{place}", "请移动{it}到{place}", "把{it}搬到{place}", "{it}要在{place}", "把{it}拖动到{place}"), ("把{it}挪到{place}", "请将{it}拖到{place}")),
}  # fmt: skip

_MOVE_STEP = {
    "above": {"en": Pool(("move {it} up", "move {it} one step up", "shift {it} up", "move {it} upwards", "put {it} one place higher", "shift {it} one step up", "{it} one up, please", "slide {it} up"), ("push {it} up",)), "zh": Pool(("把{it}往上移", "把{it}向上移一格", "{it}上移一格", "{it}往上一格", "让{it}上移", "把{it}上移一格", "{it}向上移动"), ("把{it}往上挪",))},
    "below": {"en": Pool(("move {it} down", "move {it} one step down", "shift {it} down", "move {it} downwards", "put {it} one place lower", "shift {it} one step down", "{it} one down, please", "slide {it} down"), ("push {it} down",)), "zh": Pool(("把{it}往下移", "把{it}向下移一格", "{it}下移一格", "{it}往下一格", "让{it}下移", "把{it}下移一格", "{it}向下移动"), ("把{it}往下挪",))},
    "left": {"en": Pool(("move {it} left", "move {it} one step left", "shift {it} left", "move {it} to the left by one", "shift {it} one step left", "{it} one step to the left, please", "slide {it} left"), ("push {it} left",)), "zh": Pool(("把{it}往左移", "把{it}向左移一格", "{it}左移一格", "{it}往左一格", "让{it}左移", "把{it}左移一格", "{it}向左移动"), ("把{it}往左挪",))},
    "right": {"en": Pool(("move {it} right", "move {it} one step right", "shift {it} right", "move {it} to the right by one", "shift {it} one step right", "{it} one step to the right, please", "slide {it} right"), ("push {it} right",)), "zh": Pool(("把{it}往右移", "把{it}向右移一格", "{it}右移一格", "{it}往右一格", "让{it}右移", "把{it}右移一格", "{it}向右移动"), ("把{it}往右挪",))},
}  # fmt: skip

_REPLACE = {
    "en": Pool(
        ("replace {it} with {one}", "replace {it} with {one}", "turn {it} into {one}", "change {it} into {one}", "make {it} {one}", "please replace {it} with {one}", "can you turn {it} into {one}?", "replace {it} by {one}", "put {one} where {it} is", "{one} instead of {it}", "{it} should be {one}", "could you replace {it} with {one}?", "transform {it} into {one}", "i want {one} instead of {it}", "substitute {one} for {it}", "let {it} become {one}", "swap {it} with {one}", "make {one} out of {it}"),
        ("swap {it} for {one}", "exchange {it} for {one}"),
    ),
    "zh": Pool(("把{it}换成{one}", "把{it}变成{one}", "将{it}替换为{one}", "用{one}代替{it}", "请把{it}换成{one}", "{it}换成{one}", "{it}变成{one}", "把{it}改成{one}", "将{it}换成{one}", "把{it}替换成{one}", "让{it}变成{one}", "{it}要换成{one}", "请把{it}变成{one}"), ("把{it}更换成{one}", "请用{one}替换{it}")),
}  # fmt: skip

_BACKGROUND = {
    "en": Pool(
        (
            "make the background {colour}", "change the background to {colour}", "use a {colour} background", "put it on a {colour} background",
            "turn the background {colour}", "please make the background {colour}", "{colour} background, please", "change the background colour to {colour}",
            "i want a {colour} background", "let the background be {colour}", "the background in {colour}, please", "could you make the background {colour}?", "paint the background {colour}", "set a {colour} background", "color the background {colour}", "replace the background with {colour}", "with a {colour} background instead", "now on a {colour} background", "switch to a {colour} background", "make it a {colour} background",
        ),
        ("set the background to {colour}", "give it a {colour} background", "the background should be {colour}"),
    ),
    "zh": Pool(
        ("把背景变成{colour}", "把背景改成{colour}", "背景换成{colour}", "将背景改为{colour}", "请把背景变为{colour}", "用{colour}背景", "背景改成{colour}", "背景变成{colour}", "背景要{colour}", "把背景换成{colour}", "将背景变成{colour}", "背景改为{colour}", "请把背景换成{colour}", "把背景涂成{colour}", "换{colour}的背景", "我想要{colour}的背景"),
        ("请设置{colour}的背景", "让背景成为{colour}"),
    ),
}  # fmt: skip

_IT = {"en": "it", "zh": "它"}


# --- editing ------------------------------------------------------------------------------------------------------------------


def _some(voice: Voice, scene: Scene, leave_out: str = "") -> tuple[SceneObject, str] | None:
    """An object and words that fit it alone, not naming the attribute `leave_out`."""
    if not scene.objects:
        return None
    item = voice.choose(scene.objects)
    if len(scene.objects) == 1 and voice.chance(0.5):
        return item, _IT[voice.language]
    said = refer(voice, scene, item, leave_out)
    return None if said is None else (item, voice.grammar.definite(voice, said))


def _with(scene: Scene, old: SceneObject | None, new: SceneObject | None) -> Scene:
    kept = [item for item in scene.objects if item is not old]
    return Scene.of(scene.background, kept if new is None else [*kept, new])


def _other(voice: Voice, count: int, current: int) -> int:
    """A random index below `count` that is not `current`."""
    index = int(voice.rng.random() * (count - 1))
    return index + (index >= current)


def _recolour(voice: Voice, scene: Scene) -> Edited | None:
    if (found := _some(voice, scene)) is None:
        return None
    item, it = found
    colour = _other(voice, len(COLOURS), item.colour)
    return voice.say(_RECOLOUR, it=it, colour=voice.grammar.colour(voice, colour)), _with(scene, item, replace(item, colour=colour))


def _resize(voice: Voice, scene: Scene) -> Edited | None:
    if (found := _some(voice, scene)) is None:
        return None
    item, it = found
    size = SMALL if item.size == LARGE else LARGE
    return voice.say(_RESIZE[size], it=it), _with(scene, item, replace(item, size=size))


def _remove(voice: Voice, scene: Scene) -> Edited | None:
    if (found := _some(voice, scene)) is None:
        return None
    item, it = found
    return voice.say(_REMOVE, it=it), _with(scene, item, None)


def _add(voice: Voice, scene: Scene) -> Edited | None:
    if len(scene.objects) >= MAX_OBJECTS:
        return None
    taken = {item.cell for item in scene.objects}
    free = [cell for cell in range(CELL_COUNT) if cell not in taken]
    said = Description(
        int(voice.rng.random() * len(SHAPES)),
        None if voice.chance(0.08) else int(voice.rng.random() * len(COLOURS)),
        voice.choose((None, None, LARGE, SMALL, SMALL)),
    )
    new = SceneObject(said.shape or 0, BLUE if said.colour is None else said.colour, said.size or LARGE, 0)
    one = voice.grammar.indefinite(voice, said, casual=True)
    how = voice.rng.random()
    if how < 0.2:
        cell = next(cell for cell in DEFAULT_ORDER if cell in free)
        return voice.say(_ADD, one=one), _with(scene, None, replace(new, cell=cell))
    if how < 0.45 and (found := _some(voice, scene, leave_out="cell")) is not None:
        item, it = found  # a place here would read as the place of the new object
        relation = voice.choose(RELATIONS)
        beside = next_cell(item.cell, relation)
        if beside is None or beside in taken:
            return None
        return voice.say(_ADD_NEXT[relation], one=one, it=it), _with(scene, None, replace(new, cell=beside))
    cell = voice.choose(free)
    return voice.say(_ADD_AT, one=one, place=voice.grammar.located(voice, cell)), _with(scene, None, replace(new, cell=cell))


def _move(voice: Voice, scene: Scene) -> Edited | None:
    by_a_step = voice.chance(0.3)
    # "move the ring in the top right left" would be hard to read
    if (found := _some(voice, scene, leave_out="cell" if by_a_step else "")) is None:
        return None
    item, it = found
    taken = {other.cell for other in scene.objects}
    if by_a_step:
        relation = voice.choose(RELATIONS)
        beside = next_cell(item.cell, relation)
        if beside is None or beside in taken:
            return None
        return voice.say(_MOVE_STEP[relation], it=it), _with(scene, item, replace(item, cell=beside))
    free = [cell for cell in range(CELL_COUNT) if cell not in taken]
    if not free:
        return None
    cell = voice.choose(free)
    return voice.say(_MOVE, it=it, place=voice.grammar.target(voice, cell)), _with(scene, item, replace(item, cell=cell))


def _replace(voice: Voice, scene: Scene) -> Edited | None:
    if (found := _some(voice, scene)) is None:
        return None
    item, it = found
    shape = _other(voice, len(SHAPES), item.shape)
    colour = int(voice.rng.random() * len(COLOURS)) if voice.chance(0.4) else None
    new = replace(item, shape=shape, colour=item.colour if colour is None else colour)
    return voice.say(_REPLACE, it=it, one=voice.grammar.indefinite(voice, Description(shape, colour))), _with(scene, item, new)


def _background(voice: Voice, scene: Scene) -> Edited:
    background = _other(voice, len(BACKGROUNDS), scene.background)
    return voice.say(_BACKGROUND, colour=voice.grammar.background(voice, background)), Scene(background, scene.objects)


_EDITORS: dict[str, Callable[[Voice, Scene], Edited | None]] = {
    "recolour": _recolour,
    "resize": _resize,
    "remove": _remove,
    "add": _add,
    "move": _move,
    "replace": _replace,
    "background": _background,
}
