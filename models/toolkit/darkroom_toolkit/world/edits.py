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
from .words import Description, Pool, Voice, check_request, refer, sided

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


_WEIGHTS = (3, 2.5, 2.5, 3, 4, 4, 1)
_ATTEMPTS = 100

Edited = tuple[str, Scene]


def _brings_held_out(source: Scene, target: Scene) -> bool:
    return any(is_held_out(item) for item in target.objects if item not in source.objects)


# --- templates ----------------------------------------------------------------------------------------------------------------

_RECOLOUR = {
    "en": Pool(
        (
            "make {it} {colour}", "~ {it} {colour}", "recolour {it} to {colour}", "recolour {it} {colour}", "{it} in {colour} instead", "{colour} for {it}, please", "i want to see {it} in {colour}", "let's have {it} in {colour}", "{it} would look nicer in {colour}", "try {it} in {colour}", "the colour {colour} would suit {it} better", "now make {it} {colour}", "{colour} would be a nicer colour for {it}", "~ {it} in {colour}", "~ {it} to {colour}", "give {it} a {colour} colour", "i want {it} {colour}", "colour {it} in {colour}", "have {it} in {colour}", "make {it} {colour}", "make {it} {colour}", "change the colour of {it} to {colour}", "change the colour of {it} to {colour}", "change {it} to {colour}",
            "paint {it} {colour}", "turn {it} {colour}", "colour {it} {colour}", "please make {it} {colour}", "make {it} {colour}, please", "can you make {it} {colour}?",
            "could you make {it} {colour}?", "could you change {it} to {colour}?", "{it} should be {colour}", "{it} should become {colour}", "the colour of {it} should be {colour}",
            "set the colour of {it} to {colour}", "turn the colour of {it} to {colour}", "switch {it} to {colour}", "let {it} be {colour}", "let {it} become {colour}",
            "use {colour} for {it}", "dye {it} {colour}", "fill {it} with {colour}", "i'd like {it} in {colour}", "can you paint {it} {colour}?",
        ),
        ("recolour {it} in {colour}", "give {it} the colour {colour}", "i want {it} to be {colour}"),
    ),
    "zh": Pool(
        (
            "把{it}的颜色换为{colour}", "请将{it}涂成{colour}", "把{it}涂{colour}", "请把{it}涂上{colour}", "请把{it}刷{colour}", "把{it}变成{colour}", "把{it}~成{colour}", "把{it}染成{colour}", "{it}染成{colour}", "{it}用{colour}会更好", "{it}的颜色要{colour}", "给{it}换个颜色：{colour}", "{it}最好是{colour}的", "{it}涂{colour}", "现在把{it}变成{colour}", "{it}换{colour}", "将{it}~成{colour}", "请把{it}~成{colour}", "把{it}的颜色~成{colour}", "{it}换成{colour}", "把{it}换成{colour}的", "把{it}变成{colour}", "把{it}改成{colour}", "把{it}改成{colour}", "把{it}涂成{colour}", "将{it}变为{colour}", "请把{it}改为{colour}", "让{it}变成{colour}",
            "能把{it}变成{colour}吗？", "{it}改成{colour}", "把{it}的颜色改成{colour}", "把{it}的颜色变成{colour}", "将{it}的颜色改为{colour}", "请把{it}涂成{colour}", "{it}要{colour}的",
            "我想让{it}变成{colour}", "帮我把{it}改成{colour}", "可以把{it}改成{colour}吗？", "把{it}弄成{colour}",
        ),
        ("把{it}的颜色换成{colour}", "请将{it}染成{colour}"),
    ),
}  # fmt: skip

_RESIZE = (
    {
        "en": Pool(
            (
                "grow {it} a bit", "can you grow {it}?", "could you grow {it} a little?", "grow {it} to the large size", "scale {it} up a bit", "scale {it} up to large", "can you scale {it} up a little?", "make {it} bigger", "~ {it} to a large size", "scale {it} to large", "scale up {it}", "grow {it} a little", "upsize {it}", "{it} bigger, please", "{it} needs to be bigger", "could {it} be bigger?", "increase {it} in size", "raise the size of {it}", "a bigger size for {it}, please", "magnify {it}", "make {it} grow", "let {it} grow a bit", "blow {it} up", "size {it} up", "scale {it} to a bigger size", "~ {it} so that it is bigger", "make {it} bigger", "make {it} bigger", "make {it} large", "make {it} larger", "make {it} larger", "enlarge {it}", "make {it} big",
                "{it} should be bigger", "{it} should be larger", "{it} should be large", "please make {it} bigger", "make {it} bigger, please", "please enlarge {it}",
                "can you make {it} bigger?", "could you make {it} larger?", "can you enlarge {it}?", "increase the size of {it}", "make {it} a bit bigger", "draw {it} bigger",
                "turn {it} into a large one", "change the size of {it} to large", "set the size of {it} to large", "i'd like {it} bigger", "i want {it} bigger", "let {it} be larger",
                "expand {it}",
            ),
            ("scale {it} up", "grow {it}"),
        ),
        "zh": Pool(
            (
                "将{it}调大一点", "将{it}调得大一些", "把{it}调大", "使{it}更大一点", "使{it}变得更大", "把{it}变大", "把{it}~大", "调大{it}", "把{it}调大一点", "{it}再大一点", "使{it}大一些", "{it}能变大一点吗？", "把{it}的大小改成大的", "扩大{it}", "{it}画大些", "将{it}~大", "把{it}~大一点", "使{it}变大", "把{it}~得更大", "让{it}更大", "把{it}变大", "把{it}放大", "把{it}放大", "让{it}变大", "请把{it}变大一点", "放大{it}", "{it}大一点", "把{it}变大一些", "把{it}放大一点", "请放大{it}", "把{it}画大一点",
                "把{it}改成大的", "能把{it}变大吗？", "可以把{it}放大吗？", "我想让{it}大一点", "帮我把{it}放大", "将{it}放大", "{it}要大一些",
            ),
            ("将{it}调大", "使{it}更大"),
        ),
    },
    {
        "en": Pool(
            (
                "reduce {it} a bit", "reduce {it} a little", "reduce {it} somewhat", "can you reduce {it} a bit?", "could you reduce {it}?", "{it} should be reduced", "reduce {it}'s size", "reduce {it} to a small one", "reduce {it} to the small size", "i want to reduce {it}", "let us reduce {it} a little", "scale {it} down a bit", "scale {it} down to small", "can you scale {it} down a little?", "reduce {it} by one size", "reduce {it}, so that it is small", "it would be nice to reduce {it}", "~ {it} to a small size", "make {it} shrink", "scale {it} to small", "scale down {it}", "reduce the size of {it} a bit", "downsize {it}", "{it} smaller, please", "{it} needs to be smaller", "could {it} be smaller?", "decrease {it} in size", "lower the size of {it}", "a smaller size for {it}, please", "please reduce {it} a little", "let {it} shrink a bit", "size {it} down", "scale {it} to a smaller size", "~ {it} so that it is smaller", "reduce {it} in size", "make {it} smaller", "make {it} smaller", "make {it} smaller", "make {it} small", "make {it} small", "shrink {it}", "shrink {it}", "make {it} little", "make {it} tiny",
                "{it} should be smaller", "{it} should be small", "please make {it} smaller", "make {it} smaller, please", "please shrink {it}", "can you make {it} smaller?",
                "could you make {it} smaller?", "can you shrink {it}?", "decrease the size of {it}", "reduce the size of {it}", "make {it} a bit smaller", "draw {it} smaller",
                "turn {it} into a small one", "change the size of {it} to small", "set the size of {it} to small", "i'd like {it} smaller", "i want {it} smaller", "let {it} be smaller",
            ),
            ("scale {it} down", "reduce {it}"),
        ),
        "zh": Pool(
            (
                "将{it}调小一点", "将{it}调得小一些", "把{it}调小", "使{it}更小一点", "使{it}变得更小", "把{it}~小", "将{it}~小", "调小{it}", "把{it}调小一点", "{it}再小些", "使{it}小一些", "{it}能变小一点吗？", "把{it}的大小改成小的", "{it}画小些", "把{it}~小一点", "使{it}变小", "把{it}~得更小", "让{it}更小", "把{it}变小", "把{it}变小", "把{it}缩小", "把{it}缩小", "让{it}变小", "请把{it}变小一点", "缩小{it}", "{it}小一点", "把{it}变小一些", "把{it}缩小一点", "请缩小{it}", "把{it}画小一点",
                "把{it}改成小的", "能把{it}变小吗？", "可以把{it}缩小吗？", "我想让{it}小一点", "帮我把{it}缩小", "将{it}缩小", "{it}要小一些",
            ),
            ("将{it}调小", "使{it}更小"),
        ),
    },
)  # fmt: skip

_REMOVE = {
    "en": Pool(
        (
            "remove {it}", "~ {it} away", "wipe {it} away", "wipe {it} off the picture", "drop {it}", "cut {it} out", "i want {it} removed", "no {it}, please", "now remove {it}", "do without {it}", "strike {it}", "i don't want {it}", "i do not need {it} any more", "~ {it} out of the picture", "{it} is not needed", "no more {it}", "remove {it}", "remove {it}", "delete {it}", "delete {it}", "erase {it}", "take {it} away", "please remove {it}", "remove {it}, please", "get rid of {it}",
            "can you remove {it}?", "could you remove {it}?", "can you delete {it}?", "could you erase {it}?", "please delete {it}", "take away {it}", "take {it} out", "leave {it} out",
            "rub out {it}", "clear {it} away", "remove {it} from the picture", "delete {it} from the image", "{it} should go", "{it} should disappear",
            "make {it} disappear", "i'd like {it} gone", "eliminate {it}",
        ),
        ("wipe out {it}", "i do not want {it} any more"),
    ),
    "zh": Pool(
        (
            "去掉{it}", "把{it}~掉", "请把{it}~掉", "把{it}拿掉", "把{it}清除", "清掉{it}", "拿走{it}", "{it}拿走", "{it}去掉", "{it}就不要了", "{it}不需要了", "现在去掉{it}", "{it}~掉", "把{it}清掉", "把{it}取走", "将{it}~掉", "去掉{it}", "删除{it}", "删除{it}", "把{it}去掉", "把{it}删掉", "移除{it}", "请删除{it}", "擦掉{it}", "不要{it}", "删掉{it}", "请去掉{it}", "把{it}删除", "把{it}擦掉", "把{it}移除",
            "能去掉{it}吗？", "可以把{it}删掉吗？", "帮我删掉{it}", "让{it}消失", "从图里去掉{it}",
        ),
        ("请把{it}拿走", "清除{it}"),
    ),
}  # fmt: skip

# All of these must say that something is added: "draw a star" without more asks for another picture.
_ADD = {
    "en": Pool(
        (
            "place {one} in there", "place {one} in it too", "place {one} within it", "place {one} in it as well", "add {one} in it", "have {one} in it", "also put {one} in it", "can you place {one} in it?", "now place {one} in it too", "insert another thing: {one}", "please insert {one} as well", "can you insert {one}?", "could you insert {one} too?", "one more thing: {one}", "place {one} there", "please place {one} in the image", "insert {one} in the image", "place {one} here", "insert {one} here", "insert {one} too", "place {one} on it", "place one more thing: {one}", "insert {one} now", "place {one} inside", "then insert {one}", "next, place {one}", "put {one} in it", "bring in {one}", "add {one}", "insert {one} into the picture", "place {one} into the picture", "place {one} there too", "please insert {one} too", "insert {one} there", "now add {one}", "now insert {one} as well", "i want to have {one} in it too", "drop {one} in", "put in {one}", "also place {one}", "also insert {one}", "{one} in addition, please", "one more: {one}", "give it {one} as well", "extend it with {one}", "~ {one} into the picture as well", "~ in {one} too", "place {one} in the picture as well", "add {one}", "add {one}", "put {one} in the picture", "draw {one} too", "please add {one}", "add {one}, please", "also draw {one}", "add {one} as well",
            "can you add {one}?", "could you add {one}?", "add {one} to the picture", "add {one} to the image", "draw {one} as well", "also add {one}", "include {one}",
            "{one} should be added", "i'd like {one} too", "there should also be {one}", "i want {one} as well",
        ),
        ("place {one} in it", "insert {one}"),
    ),
    "zh": Pool(
        (
            "补上一样：{one}", "再补上{one}", "图里补上{one}", "请补上{one}吧", "请再放入{one}", "请再放上{one}", "加上{one}", "再~{one}", "图里补{one}", "补充{one}", "也画上{one}", "另外加{one}", "现在加上{one}", "放上{one}", "再放上{one}", "多加{one}", "再补{one}进去", "请再加上{one}", "图里再放{one}", "再插入{one}", "再放{one}进去", "往图里~{one}", "加上{one}", "添加{one}", "添加{one}", "再加{one}", "加{one}", "请添加{one}", "增加{one}", "能加上{one}吗？", "再加上{one}", "请加上{one}", "再添{one}", "图里再加{one}",
            "帮我加{one}", "可以再加{one}吗？", "还要加{one}", "再添加{one}", "往图里加{one}",
        ),
        ("补上{one}", "请再放{one}"),
    ),
}  # fmt: skip

_ADD_AT = {
    "en": Pool(
        (
            "please place {one} {place} too", "can you place {one} {place}?", "could you insert {one} {place}?", "please insert {one} {place} as well", "then insert {one} {place}", "{place}, insert {one}", "{place}, place {one}", "then place {one} {place}", "place a new shape: {one} {place}", "next, insert {one} {place}", "place {one} down {place}", "add {one} {place}", "insert {one} into the picture {place}", "place {one} {place} too", "can you place {one} {place} as well?", "now place {one} {place}", "also place {one} {place}", "{place}, place {one} too", "insert {one} {place} as well", "also insert {one} {place}", "drop {one} {place}", "position {one} {place}", "set {one} {place}", "have {one} {place} too", "now add {one} {place}", "{place} there should be {one} too", "~ {one} {place} too", "also ~ {one} {place}", "have {one} placed {place} as well", "~ in {one} {place}", "add {one} {place}", "add {one} {place}", "put {one} {place}", "put {one} {place}", "draw {one} {place} too", "please add {one} {place}",
            "add {one} {place}, please", "{place}, add {one}", "also put {one} {place}", "can you add {one} {place}?", "could you add {one} {place}?", "can you put {one} {place}?",
            "draw {one} {place} as well", "also draw {one} {place}", "also add {one} {place}", "include {one} {place}", "i'd like {one} {place} too", "there should also be {one} {place}",
            "add {one} to the picture {place}", "please put {one} {place}",
        ),
        ("place {one} {place}", "insert {one} {place}"),
    ),
    "zh": Pool(
        (
            "在{place}再补上{one}", "{place}补上{one}", "请在{place}再放{one}", "请在{place}放上{one}", "在{place}加上{one}", "在{place}~上{one}", "{place}补{one}", "在{place}补充{one}", "在{place}放上{one}", "{place}再放上{one}", "{place}放{one}", "请往{place}放{one}", "在{place}插入{one}", "现在在{place}加上{one}", "{place}也画上{one}", "请在{place}补{one}", "{place}多加{one}", "在{place}再~{one}", "在{place}再放{one}", "往{place}~{one}", "在{place}加上{one}", "在{place}添加{one}", "在{place}添加{one}", "在{place}再画{one}", "在{place}加{one}", "请在{place}添加{one}", "{place}加上{one}",
            "能在{place}加上{one}吗？", "{place}再加{one}", "在{place}再加{one}", "请在{place}加上{one}", "往{place}加{one}", "在{place}增加{one}", "帮我在{place}加{one}",
            "可以在{place}加{one}吗？", "{place}还要{one}",
        ),
        ("在{place}补上{one}", "请在{place}放{one}"),
    ),
}  # fmt: skip

_ADD_BESIDE_EN = (
    "could you place {one} {side} {it}?", "please place {one} {side} {it} too", "place {one} right there {side} {it}", "{side} {it}, place {one}", "i want {one} placed {side} {it}", "place {one} just {side} {it}", "place {one} directly {side} {it}", "then place {one} {side} {it}", "add {one} {side} {it}", "also ~ {one} {side} {it}", "place {one} {side} {it} too", "can you place {one} {side} {it}?", "now place {one} {side} {it}", "also place {one} {side} {it}", "insert {one} {side} {it}", "drop {one} {side} {it}", "position {one} {side} {it}", "now add {one} {side} {it}", "~ {one} {side} {it} too", "have {one} placed {side} {it}", "insert {one} just {side} {it}", "add {one} {side} {it}", "put {one} {side} {it}", "put {one} {side} {it}", "draw {one} {side} {it} too", "draw {one} {side} {it} as well",
    "also draw {one} {side} {it}", "also put {one} {side} {it}", "please add {one} {side} {it}", "add {one} {side} {it}, please", "can you add {one} {side} {it}?",
    "could you put {one} {side} {it}?", "{side} {it}, add {one}", "include {one} {side} {it}", "i'd like {one} {side} {it} too", "there should also be {one} {side} {it}",
)  # fmt: skip
_ADD_BESIDE_ZH = (
    "在{it}的{side}补上{one}", "在{it}{side}再补上{one}", "{it}{side}补上{one}", "在{it}{side}补{one}", "在{it}{side}加上{one}", "在{it}{side}~上{one}", "在{it}{side}补充{one}", "在{it}的{side}放上{one}", "在{it}的{side}补{one}", "请在{it}的{side}放{one}", "在{it}{side}插入{one}", "现在在{it}{side}加上{one}", "{it}{side}放{one}", "在{it}的{side}再~{one}", "{it}{side}补{one}", "在{it}{side}加上{one}", "在{it}{side}添加{one}", "在{it}的{side}再画{one}", "在{it}的{side}加{one}", "在{it}的{side}加上{one}", "在{it}的{side}添加{one}",
    "{it}{side}加上{one}", "{it}的{side}再加{one}", "请在{it}{side}添加{one}", "请在{it}的{side}加{one}", "能在{it}{side}加上{one}吗？", "可以在{it}的{side}加{one}吗？", "帮我在{it}{side}加{one}",
)  # fmt: skip

_ADD_NEXT = {
    "above": {
        "en": Pool(sided(_ADD_BESIDE_EN, "above", "above", "over", "on top of"), ("place {one} above {it}",)),
        "zh": Pool(sided(_ADD_BESIDE_ZH, "上方", "上面", "上边"), ("在{it}上方补上{one}",)),
    },
    "below": {
        "en": Pool(sided(_ADD_BESIDE_EN, "below", "below", "under", "underneath", "beneath"), ("place {one} below {it}",)),
        "zh": Pool(sided(_ADD_BESIDE_ZH, "下方", "下面", "下边"), ("在{it}下方补上{one}",)),
    },
    "left": {
        "en": Pool(sided(_ADD_BESIDE_EN, "left of", "to the left of", "to the left of", "on the left of"), ("place {one} left of {it}",)),
        "zh": Pool(sided(_ADD_BESIDE_ZH, "左边", "左边", "左侧"), ("在{it}左边补上{one}",)),
    },
    "right": {
        "en": Pool(sided(_ADD_BESIDE_EN, "right of", "to the right of", "to the right of", "on the right of"), ("place {one} right of {it}",)),
        "zh": Pool(sided(_ADD_BESIDE_ZH, "右边", "右边", "右侧"), ("在{it}右边补上{one}",)),
    },
}

_MOVE = {
    "en": Pool(
        (
            "move {it} to the {place}", "~ {it} to the {place}", "bring {it} over to the {place}", "pull {it} to the {place}", "drag {it} over to the {place}", "push {it} to the {place}", "{it} to the {place}, please", "now move {it} to the {place}", "get {it} to the {place}", "{it} belongs in the {place}", "~ {it} to the {place}", "~ {it} over to the {place}", "~ {it} into the {place}", "please ~ {it} to the {place}", "can you ~ {it} to the {place}?", "move {it} to the {place}", "move {it} to the {place}", "put {it} in the {place}", "put {it} in the {place}", "shift {it} to the {place}",
            "please move {it} to the {place}", "move {it} to the {place}, please", "can you move {it} to the {place}?", "could you move {it} to the {place}?",
            "can you put {it} in the {place}?", "move {it} over to the {place}", "slide {it} to the {place}", "send {it} to the {place}", "take {it} to the {place}",
            "place {it} in the {place}", "relocate {it} to the {place}", "set {it} in the {place}", "{it} should be in the {place}", "{it} should go to the {place}",
            "i'd like {it} in the {place}", "i want {it} in the {place}", "let {it} move to the {place}",
        ),
        ("bring {it} to the {place}", "drag {it} to the {place}"),
    ),
    "zh": Pool(
        (
            "把{it}移到{place}", "把{it}~到{place}", "把{it}拖到{place}", "{it}挪到{place}", "将{it}挪到{place}", "把{it}推到{place}", "现在把{it}移到{place}", "{it}放在{place}", "把{it}拉到{place}", "把{it}~到{place}", "将{it}~到{place}", "请把{it}~到{place}", "{it}~到{place}", "能把{it}~到{place}吗？", "把{it}移到{place}", "把{it}移动到{place}", "将{it}移到{place}", "把{it}放到{place}", "请把{it}移到{place}", "{it}移到{place}", "把{it}放在{place}", "将{it}移动到{place}",
            "请把{it}放到{place}", "{it}放到{place}", "能把{it}移到{place}吗？", "可以把{it}放到{place}吗？", "帮我把{it}移到{place}", "让{it}到{place}去", "把{it}搬到{place}", "{it}应该在{place}",
        ),
        ("把{it}挪到{place}", "请将{it}拖到{place}"),
    ),
}  # fmt: skip

# "to the left" alone is left out, because it may also mean the left edge.
_STEP_EN = (
    "move {it} {side}", "~ {it} {side}", "push {it} a step {side}", "push {it} one step {side}", "bring {it} {side} by one", "get {it} {side} a bit", "now move {it} {side}", "pull {it} {side}", "~ {it} one step {side}", "~ {it} {side} by one", "~ {it} a little {side}", "move {it} {side}", "move {it} {side}", "shift {it} {side}", "shift {it} {side}", "move {it} one step {side}", "move {it} one step {side}", "move {it} a step {side}",
    "move {it} one place {side}", "move {it} one cell {side}", "move {it} a bit {side}", "shift {it} one step {side}", "slide {it} {side}", "nudge {it} {side}", "please move {it} {side}",
    "move {it} {side}, please", "move {it} {side} a bit", "move {it} {side} by one", "can you move {it} {side}?", "could you move {it} one step {side}?", "{it} should go one step {side}",
    "take {it} one step {side}",
)  # fmt: skip
_ONE_STEP_EN = ("move {it} one step to the {side}", "move {it} one place to the {side}", "shift {it} a bit to the {side}", "could you move {it} one step to the {side}?")
_STEP_ZH = (
    "把{it}往{side}移", "把{it}往{side}~", "将{it}往{side}挪一格", "把{it}向{side}挪", "{it}往{side}挪一点", "把{it}往{side}推", "现在把{it}往{side}移", "把{it}往{side}~一格", "将{it}向{side}~一格", "{it}往{side}~", "把{it}往{side}移", "把{it}向{side}移一格", "把{it}向{side}移一格", "{it}{side}移一格", "把{it}向{side}移", "把{it}往{side}移一格", "把{it}{side}移一格", "把{it}{side}移",
    "将{it}向{side}移动一格", "请把{it}往{side}移一点", "请把{it}向{side}移一格", "让{it}往{side}移一格", "能把{it}往{side}移吗？", "帮我把{it}往{side}移一格", "{it}往{side}移一点", "把{it}往{side}移动一步",
)  # fmt: skip

_MOVE_STEP = {
    "above": {"en": Pool(sided(_STEP_EN, "up", "up", "upwards"), ("push {it} up",)), "zh": Pool(sided(_STEP_ZH, "上"), ("把{it}往上挪",))},
    "below": {"en": Pool(sided(_STEP_EN, "down", "down", "downwards"), ("push {it} down",)), "zh": Pool(sided(_STEP_ZH, "下"), ("把{it}往下挪",))},
    "left": {"en": Pool(sided(_STEP_EN + _ONE_STEP_EN, "left"), ("push {it} left",)), "zh": Pool(sided(_STEP_ZH, "左"), ("把{it}往左挪",))},
    "right": {"en": Pool(sided(_STEP_EN + _ONE_STEP_EN, "right"), ("push {it} right",)), "zh": Pool(sided(_STEP_ZH, "右"), ("把{it}往右挪",))},
}

_REPLACE = {
    "en": Pool(
        (
            "replace {it} with {one}", "~ {it} with {one}", "swap {it} with {one}", "swap out {it} for {one}", "exchange {it} with {one}", "now exchange {it} with {one}", "now turn {it} into {one}", "{one} in place of {it}, please", "where {it} is, draw {one}", "make {one} out of {it}", "have {one} where {it} is", "~ {it} for {one}", "~ {it} into {one}", "~ {it} and draw {one} there", "trade {it} for {one}", "please ~ {it} for {one}", "replace {it} with {one}", "replace {it} with {one}", "turn {it} into {one}", "turn {it} into {one}", "change {it} into {one}",
            "change {it} to {one}", "make {it} {one}", "please replace {it} with {one}", "replace {it} with {one}, please", "can you turn {it} into {one}?",
            "can you replace {it} with {one}?", "could you change {it} into {one}?", "transform {it} into {one}", "convert {it} into {one}", "{it} should be {one}",
            "{it} should become {one}", "let {it} become {one}", "put {one} in place of {it}", "draw {one} instead of {it}", "instead of {it}, draw {one}",
            "i want {one} instead of {it}", "i'd rather have {one} than {it}", "substitute {one} for {it}",
        ),
        ("swap {it} for {one}", "exchange {it} for {one}"),
    ),
    "zh": Pool(
        (
            "把{it}换成{one}", "把{it}~成{one}", "用{one}来替换{it}", "用{one}取代{it}", "将{it}更换成{one}", "把{it}更换为{one}", "{it}换{one}", "现在把{it}换成{one}", "{it}那里画{one}", "{it}那儿换成{one}", "将{it}~成{one}", "用{one}~{it}", "用{one}换掉{it}", "把{it}~为{one}", "用{one}顶替{it}", "把{it}换成{one}", "把{it}变成{one}", "把{it}变成{one}", "将{it}替换为{one}", "用{one}代替{it}", "请把{it}换成{one}", "{it}换成{one}", "把{it}改成{one}", "将{it}换成{one}",
            "把{it}替换成{one}", "让{it}变成{one}", "能把{it}换成{one}吗？", "可以把{it}变成{one}吗？", "帮我把{it}换成{one}", "请把{it}变成{one}", "{it}改成{one}", "不要{it}，换成{one}",
        ),
        ("把{it}更换成{one}", "请用{one}替换{it}"),
    ),
}  # fmt: skip

_BACKGROUND = {
    "en": Pool(
        (
            "have {colour} behind everything", "put {colour} behind it all", "{colour} behind everything, please", "draw {colour} behind everything", "everything on {colour}", "all on {colour}, please", "put it all on {colour}", "make the background {colour}", "~ the background to {colour}", "set the background colour to {colour}", "set a {colour} background", "give the picture a {colour} background", "let the picture have a {colour} background", "the background in {colour}, please", "now make the background {colour}", "a {colour} background instead", "all of it on a {colour} background", "i want the background to be {colour}", "the background should be a {colour} one", "put {colour} behind everything", "~ the background {colour}", "give everything a {colour} background", "the background is to be {colour}", "a {colour} background would be better", "make the background {colour}", "make the background {colour}", "change the background to {colour}", "change the background to {colour}",
            "use a {colour} background", "put it on a {colour} background", "put everything on a {colour} background", "turn the background {colour}", "please make the background {colour}",
            "make the background {colour}, please", "{colour} background, please", "change the background colour to {colour}", "can you make the background {colour}?",
            "could you change the background to {colour}?", "paint the background {colour}", "colour the background {colour}", "switch to a {colour} background",
            "switch the background to {colour}", "replace the background with a {colour} one", "i'd like a {colour} background", "i want a {colour} background",
            "let the background be {colour}", "make it a {colour} background", "the background should become {colour}",
        ),
        ("set the background to {colour}", "give it a {colour} background", "the background should be {colour}"),
    ),
    "zh": Pool(
        (
            "请把背景设置成{colour}", "设置{colour}的背景吧", "请设置背景为{colour}", "让背景成{colour}", "让背景变为{colour}", "把背景变成{colour}", "把背景~成{colour}", "把背景设置成{colour}", "设置背景为{colour}", "背景设成{colour}", "背景最好是{colour}的", "背景是{colour}就好了", "让背景是{colour}的", "现在把背景变成{colour}", "背景{colour}更好", "背景~成{colour}", "把背景设为{colour}", "让背景变成{colour}", "~成{colour}的背景", "把背景变成{colour}", "把背景改成{colour}", "把背景改成{colour}", "背景换成{colour}", "将背景改为{colour}", "请把背景变为{colour}", "用{colour}背景", "背景改成{colour}",
            "把背景换成{colour}", "把背景颜色改成{colour}", "背景颜色改为{colour}", "把背景涂成{colour}", "换成{colour}背景", "改用{colour}的背景", "能把背景换成{colour}吗？", "可以把背景改成{colour}吗？",
            "我想要{colour}的背景", "帮我把背景改成{colour}", "背景要{colour}的",
        ),
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
