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
| there | whether any object fits, or an object has a colour, half of the time yes | `yes`, `no` |
| relation | what is left of, right of, above or below an object | `a small red circle`, `nothing` |
| at | what is at a place | `a small red circle`, `nothing` |
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from .prompts import RELATIONS, STEPS
from .scene import CELL_COUNT, COLOURS, GRID, SHAPES, SIZES, Scene, SceneObject, has_held_out
from .words import Description, Pool, Voice, check_request, grammar_of, refer, sided

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


_WEIGHTS = (1.5, 1, 1.5, 1, 1.5, 3.5, 5, 2.5, 4, 1.5)
_ATTEMPTS = 60

Asked = tuple[str, str]


# --- templates ----------------------------------------------------------------------------------------------------------------

_DEFAULT = {"en": "Please give a brief description of the image.", "zh": "请简要描述这张图片。"}

_CAPTION = {
    "en": Pool(
        (
            "what can be seen in it?", "what can be seen in the drawing?", "what can be seen in the image now?", "and what can be seen in the picture?", "what shapes can be seen in the image?", "give me a short description of the image.", "give me a short description of it.", "a short description of this picture, please.", "give a short description of this picture.", "write me a short description of this picture.", "what does the image contain now?", "what does the drawing contain?", "which shapes does this image contain?", "what does this image have in it?", "list what this image contains.", "what can be seen in this picture?", "what can one see in the image?", "what is visible?", "what is visible in the picture?", "which things does the image contain?", "what does the image contain?", "say what the picture contains.", "a brief description of this picture, please.", "give me a short summary of this image.", "describe this picture in a few words.", "what is in it now?", "what does the picture look like now?", "what do we have now?", "what is there now?", "what can be made out in the image?", "what's visible here?", "what objects does the picture contain?", "what shapes are in the image?", "which shapes can be seen?", "write a short description.", "what is in the picture?", "what can be found in the picture?", "what can be seen?", "what can you see here?", "what can we see in this image?", "what does this picture contain?", "what does this image show?", "a short description, please.", "give me a brief description of this image.", "describe this picture briefly.", "which things can you see?", "what objects can you see?", "say what is in this image.", "summarise the picture.", "give me a description of the picture.", "what does the picture contain?", "what can be seen here?", "please give me a short description.", "what is in the picture?", "what is in the image?", "what's in the picture?", "what's in the image?", "what's in this picture?",
            "what do you see?", "what can you see?", "what do you see in the picture?", "what can you see in this image?", "tell me what you see.",
            "describe the picture.", "describe this image.", "please describe the image.", "describe what you see.", "describe it.", "briefly describe the picture.",
            "can you describe the picture?", "could you describe this image?", "how would you describe this picture?", "what does the picture show?",
            "what does this show?", "what is this?", "what's this?", "caption this image.", "tell me about the picture.", "what is shown here?", "what's shown in the picture?",
            "what did you draw?", "what have you drawn?", "what is drawn here?", "what is there in the picture?", "what's going on in this picture?", "what is depicted here?",
        ),
        ("what can be seen in the image?", "give me a short description of this picture.", "what does this image contain?"),
    ),
    "zh": Pool(
        (
            "请说明图片。", "请说明一下图片的内容。", "请说明这幅图的内容。", "图片的内容，请说明一下。", "这幅图展示了哪些东西？", "这张图片展示了什么？", "这幅图里展示了什么？", "图展示了什么？", "这里能看到哪些东西？", "图里能看到哪些东西？", "能看到的东西有哪些？", "能看到些什么？", "现在能看到哪些图形？", "画面里能看到什么东西？", "请说明图片里有什么。", "说明图里的内容。", "这幅图展示的是什么？", "这幅画展示了什么？", "图片展示了什么？", "画面展示了什么？", "图中展示了哪些图形？", "这幅图显示了什么？", "能看见哪些东西？", "可以看到哪些图形？", "能看到哪些图形？", "看得到哪些东西？", "你看到哪些东西？", "能看到什么？", "里面有哪些东西？", "里面有什么？", "请说明画面的内容。", "请介绍图片的内容。", "介绍一下这张图。", "这幅图的内容是什么？", "请讲讲图片的内容。", "请描述图片的内容。", "描述图片内容。", "现在图里有什么？", "现在能看到什么？", "现在画面里有哪些东西？", "这里有哪些东西？", "用一句话描述图片。", "图里有什么？", "说明一下图里有什么。", "图里有哪些东西？", "图里有哪些图形？", "你能看到哪些图形？", "画面中有哪些东西？", "画面里有什么？", "看到了哪些东西？", "请说明这张图。", "说明一下图片的内容。", "图片的内容有哪些？", "这幅图里有什么？", "这幅图画了什么？", "可以看到什么？", "请说说图片的内容。", "这张图展示了什么？", "能看到什么东西？", "图片的内容是什么？", "图里有什么？", "图片里有什么？", "这张图里有什么？", "图中有什么？", "你看到了什么？", "描述这张图片。", "请描述这张图。", "这是什么？",
            "这张图画了什么？", "说说这张图。", "图上有什么？", "你画了什么？", "图片里是什么？", "图上画的是什么？", "你能看到什么？", "这张图里都有什么？", "描述一下这张图。",
            "描述一下图片。", "图里画了什么？", "你能描述这张图吗？", "告诉我图里有什么。", "简单描述一下这张图。", "图里都画了些什么？",
        ),
        ("请说明图片的内容。", "这幅图展示了什么？", "能看到哪些东西？"),
    ),
}  # fmt: skip

_DESCRIBE = {
    "en": Pool(
        (
            "describe every object with its place.", "go through every object with its place.", "say where each object is.", "give all positions.", "what are the objects and their positions?", "describe every object with its place.", "list all objects and where they are.", "describe the picture in detail.",
            "describe the image in detail.", "give a detailed description of the picture.", "describe the scene in detail.", "name each object and its position.",
            "name all shapes and their places.", "list every object with its position.", "list all the shapes and where they are.", "what is where?", "what's where?",
            "tell me what is where.", "list everything in the picture with its place.", "which objects are there, and where?", "which shapes are there, and where are they?",
            "what is in the picture, and where is it?", "where is everything?", "where are all the objects?", "where is each object?", "describe every shape and its location.",
        ),
        ("go through all objects and say where each one is.", "give every object's position."),
    ),
    "zh": Pool(
        (
            "描述每个物体和它的位置。", "说明每个图形和它的位置。", "给出所有图形的位置。", "逐个描述图形和位置。", "描述每个物体和它的位置。", "列出所有图形和位置。", "详细描述这张图片。", "请详细描述图片。", "详细说说这张图。", "每个图形在哪里？",
            "图里每个图形分别在哪里？", "每个物体在什么位置？", "有哪些图形，分别在哪里？", "都有什么图形，在什么位置？", "图里有什么，分别在哪儿？", "说出所有图形的位置。",
            "描述所有图形以及它们的位置。", "把每个图形和它的位置都说出来。", "列出每个图形在哪里。", "详细介绍一下图片内容。",
        ),
        ("逐个说明图形及其位置。", "请给出每个图形的位置。"),
    ),
}  # fmt: skip

_GRID = {
    "en": Pool(
        (
            "list all nine places.", "tell me what the nine places hold.", "say what is in all nine places.", "list all nine places.", "what is in each of the nine places?", "what's in each of the nine cells?", "read the grid place by place.",
            "go through the nine places.", "go through the grid cell by cell.", "describe all nine places.", "describe the grid.", "read the whole grid.",
            "read out the nine places.", "list the nine cells one by one.", "name what is in each of the nine places.", "list the contents of all nine places.",
            "what does the grid look like?", "can you list all nine places?", "what is in the nine cells of the grid?",
        ),
        ("tell me what each of the nine places holds.",),
    ),
    "zh": Pool(
        (
            "列出九个位置。", "说说九个位置。", "九个位置上各有什么？", "列出九个位置。", "九个位置分别有什么？", "逐格读出这张图。", "按九宫格说明。", "按格子描述这张图。", "九宫格里各有什么？", "描述九个格子。",
            "把九个格子都说一遍。", "每个格子里有什么？", "一格一格地描述这张图。", "从左上到右下逐格说明。", "九个格子里分别是什么？", "列出九宫格的内容。",
        ),
        ("说说九个位置上各是什么。",),
    ),
}  # fmt: skip

_COLOUR = {
    "en": Pool(
        (
            "what colour is {it}?", "say the colour of {it}.", "the colour of {it}?", "{it}: what colour?", "of what colour is {it}?", "please tell me the colour {it} has.", "what is {it}'s colour?", "{it} is of which colour?", "in what colour is {it}?", "in which colour did you draw {it}?", "and what is the colour of {it}?", "{it} has which colour?", "what colour is {it}?", "what colour is {it}?", "what is the colour of {it}?", "what's the colour of {it}?", "which colour does {it} have?",
            "what colour does {it} have?", "what colour is {it} in the picture?", "in this picture, what colour is {it}?", "can you tell me what colour {it} is?",
            "tell me what colour {it} is.", "say what colour {it} is.", "name the colour of {it}.", "do you know the colour of {it}?", "i'd like to know the colour of {it}.",
            "what colour did you give {it}?", "what colour did you paint {it}?", "which colour is used for {it}?", "how is {it} coloured?", "what colour would you say {it} is?",
            "what colour is {it}, please?",
        ),
        ("tell me the colour of {it}.", "in which colour is {it}?"),
    ),
    "zh": Pool(
        (
            "{it}是什么颜色？", "{it}用了哪种颜色？", "{it}是哪种颜色的？", "{it}的颜色？", "请说出{it}是什么颜色。", "{it}属于哪种颜色？", "那{it}是什么颜色？", "{it}呈什么颜色？", "说说{it}的颜色。", "{it}是哪个颜色？", "{it}是什么颜色？", "{it}是什么颜色的？", "{it}的颜色是什么？", "{it}什么颜色？", "{it}是啥颜色？", "{it}颜色是什么？", "图里{it}是什么颜色？",
            "请问{it}是什么颜色？", "告诉我{it}是什么颜色。", "你知道{it}是什么颜色吗？", "{it}用的是什么颜色？", "{it}涂的是什么颜色？", "请告诉我{it}的颜色。", "{it}到底是什么颜色？",
        ),
        ("请问{it}是哪种颜色？", "说出{it}的颜色。"),
    ),
}  # fmt: skip

_BACKGROUND = {
    "en": Pool(
        (
            "what colour is behind it all?", "what colour lies behind the objects?", "the background has which colour?", "what is the colour behind everything?", "which colour do you see behind the objects?", "what colour is the background?", "what colour is the background?", "what is the background?", "what's the background?", "which background does the picture have?",
            "what background does this image have?", "what kind of background does the picture have?", "what is the colour of the background?", "what's the colour of the background?",
            "what is the background colour?", "what's the background colour?", "which colour does the background have?", "what colour does the background have?",
            "what colour is the background of the picture?", "in this picture, what colour is the background?", "tell me what colour the background is.", "how is the background coloured?",
            "which background colour is used?",
        ),
        ("tell me the colour of the background.",),
    ),
    "zh": Pool(
        (
            "背景是什么颜色？", "背景是什么颜色？", "背景是什么颜色的？", "背景的颜色是什么？", "背景颜色是什么？", "背景什么颜色？", "背景色是什么？", "图片背景是什么颜色？",
            "这张图的背景是什么颜色？", "背景用的是什么颜色？", "用了什么颜色的背景？", "图的底色是什么？", "告诉我背景的颜色。", "请问背景是什么颜色？",
        ),
        ("请问背景是哪种颜色？",),
    ),
}  # fmt: skip

_SHAPE = {
    "en": Pool(
        (
            "{it} is of which shape?", "which of the shapes is {it}?", "what shape is {it}?", "say the shape of {it}.", "of what shape is {it}?", "the shape of {it}?", "{it}: which shape?", "what is {it}'s shape?", "please tell me which shape {it} has.", "give me the shape of {it}.", "what shape is {it}?", "what shape is {it}?", "which shape does {it} have?", "what shape does {it} have?", "what is the shape of {it}?",
            "what's the shape of {it}?", "which shape is {it}?", "what kind of shape is {it}?", "what sort of shape is {it}?", "what type of shape is {it}?", "what form does {it} have?",
            "what figure is {it}?", "what geometric shape is {it}?", "how is {it} shaped?", "name the shape of {it}.", "tell me what shape {it} is.", "can you tell me what shape {it} is?",
            "in this picture, what shape is {it}?", "what shape did you draw for {it}?", "what shape is {it}, please?",
        ),
        ("tell me the shape of {it}.",),
    ),
    "zh": Pool(
        (
            "{it}是什么形状？", "{it}属于哪种形状？", "{it}是哪种形状的？", "{it}的形状？", "那{it}是什么形状？", "请说出{it}是什么形状。", "请说出{it}的形状。", "{it}是什么形状？", "{it}是什么形状的？", "{it}的形状是什么？", "{it}是什么图形？", "{it}形状是什么？", "{it}是什么样的形状？", "{it}是怎样的形状？",
            "{it}是啥形状？", "{it}是个什么图形？", "{it}画的是什么形状？", "{it}属于哪一种图形？", "请问{it}是什么图形？", "告诉我{it}是什么形状。", "你知道{it}是什么形状吗？",
        ),
        ("请问{it}是哪种形状？",),
    ),
}  # fmt: skip

_SIZE = {
    "en": Pool(
        (
            "how big is {it}?", "say the size of {it}.", "{it}: large or small?", "the size of {it}?", "of what size is {it}?", "tell me the size of {it}.", "what about the size of {it}?", "{it}, is it large or small?", "how big is {it}?", "what size is {it}?", "is {it} large or small?", "is {it} small or large?", "is {it} big or small?", "is {it} small or big?",
            "how large is {it}?", "which size is {it}?", "what size does {it} have?", "which size does {it} have?", "what size is {it}, large or small?", "would you call {it} large or small?",
            "is {it} drawn large or small?", "how big does {it} look?", "tell me how big {it} is.", "can you tell me how large {it} is?", "in this picture, how big is {it}?",
            "do you know what size {it} is?",
        ),
        ("what is the size of {it}?",),
    ),
    "zh": Pool(
        (
            "{it}是大还是小？", "{it}画得大不大？", "{it}算大吗？", "{it}小不小？", "那{it}大吗，还是小？", "请问{it}有多大？", "{it}的大小？", "{it}是大的吗，还是小的？", "{it}是大还是小？", "{it}有多大？", "{it}是大的还是小的？", "{it}的大小是什么？", "{it}多大？", "{it}大还是小？", "{it}画得大还是小？", "{it}是小的还是大的？",
            "{it}的大小怎么样？", "{it}是什么大小？", "{it}的尺寸是大还是小？", "告诉我{it}有多大。", "请问{it}是大的还是小的？",
        ),
        ("请问{it}大不大？",),
    ),
}  # fmt: skip

_COUNT = {
    "en": Pool(
        (
            "what is the total number of {them}?", "what is the count of {them}?", "what's the number of {them} in the picture?", "say what the number of {them} is.", "how many {them} can be found here?", "how many {them} can one see?", "how many {them} can be seen here?", "how many {them} may be seen?", "how many {them} are there?", "what number of {them} is there?", "how many {them} have you drawn?", "the number of {them}?", "tell me the number of {them}.", "how many {them} are to be seen?", "{them}: how many?", "give the number of {them}.", "how many {them} are visible?", "how many {them} can be found?", "how many {them} are there?", "how many {them} are there?", "how many {them} do you see?", "how many {them} are in the picture?",
            "how many {them} can you see?", "how many {them} are there in the picture?", "how many {them} are in this image?", "how many {them} does the picture show?",
            "how many {them} does the picture have?", "how many {them} did you draw?", "how many {them} are here?", "how many {them} are there in total?", "how many {them}?",
            "count the {them}.", "count all {them}.", "count the {them} in the picture.", "can you count the {them}?", "tell me how many {them} there are.",
            "do you know how many {them} there are?", "in this picture, how many {them} are there?",
        ),
        ("what is the number of {them}?", "how many {them} can be seen?"),
    ),
    "zh": Pool(
        (
            "{them}的数量有多少？", "图里{them}的数量是多少？", "{them}的数量？", "{them}的数量是几？", "说出{them}的数量。", "这里能看到几个{them}？", "能看到多少个{them}？", "图里能看到几个{them}？", "你能看到几个{them}？", "能看见几个{them}？", "有几个{them}？", "{them}的个数是多少？", "{them}的总数是多少？", "图里能看到多少个{them}？", "可以看到几个{them}？", "{them}的数目是几？", "那有几个{them}？", "能找到几个{them}？", "看到几个{them}？", "有几个{them}？", "有多少个{them}？", "图里有几个{them}？", "一共有几个{them}？", "数一数{them}。", "图里有多少个{them}？", "图中一共有多少个{them}？",
            "这里有几个{them}？", "总共有几个{them}？", "{them}有几个？", "{them}有多少个？", "{them}一共有几个？", "图片里的{them}有几个？", "请数一下{them}。", "数数有几个{them}。",
            "你画了几个{them}？", "告诉我有几个{them}。",
        ),
        ("{them}的数量是多少？", "能看到几个{them}？"),
    ),
}  # fmt: skip

_WHERE = {
    "en": Pool(
        (
            "tell me where you see {it}.", "tell me where {it} can be found.", "can you tell me where {it} is?", "at which place do you see {it}?", "at which place in the picture is {it}?", "at what place is {it}?", "in which place do you see {it}?", "at which position is {it}?", "{it}, in which place is it?", "and {it}: at which spot is it?", "where is {it}?", "say where {it} is.", "in what place is {it}?", "at what place do you see {it}?", "please tell me where to find {it}.", "{it}: where is it?", "the position of {it}?", "which place has {it}?", "at what position is {it}?", "at which spot is {it}?", "and where is {it}?", "where is {it}?", "where is {it}?", "where's {it}?", "in which place is {it}?", "where can i find {it}?", "what is the position of {it}?",
            "what's the position of {it}?", "what is the location of {it}?", "what's the location of {it}?", "where is {it} located?", "where is {it} in the picture?",
            "where in the picture is {it}?", "in which part of the picture is {it}?", "where do you see {it}?", "where can you see {it}?", "where did you put {it}?",
            "where did you draw {it}?", "which position is {it} in?", "whereabouts is {it}?", "in this picture, where is {it}?",
        ),
        ("tell me where {it} is.", "at which place is {it}?"),
    ),
    "zh": Pool(
        (
            "请问{it}位于什么地方？", "请问{it}位于哪个位置？", "请告诉我{it}位于哪里。", "{it}位于哪儿？", "请问{it}在图里的哪里？", "请问{it}在哪儿？", "请问{it}处在哪里？", "在哪里可以看到{it}？", "在哪儿能看到{it}？", "{it}在哪里？", "{it}位于什么地方？", "请问{it}在什么位置？", "{it}处于哪个位置？", "{it}位于图的哪里？", "请说出{it}在哪里。", "那{it}在哪里？", "{it}位于哪个位置？", "{it}在哪里？", "{it}在哪儿？", "{it}在哪？", "{it}在什么位置？", "{it}的位置是哪里？", "{it}在什么地方？", "{it}在哪个位置？", "{it}的位置在哪？",
            "{it}在图里的什么位置？", "{it}在图片的哪个位置？", "{it}处在什么位置？", "{it}画在哪里？", "{it}放在哪儿？", "在哪里能看到{it}？", "告诉我{it}在哪里。", "请问{it}在哪里？",
        ),
        ("请问{it}位于哪里？",),
    ),
}  # fmt: skip

_THERE = {
    "en": Pool(
        (
            "is there {one}?", "does the picture contain {one}?", "does the image have {one}?", "does this picture contain {one}?", "is {one} to be found here?", "can {one} be seen?", "{one}: is there one?", "is there {one} to be seen?", "is {one} to be found?", "is {one} there?", "is there {one}?", "is there {one}?", "can you see {one}?", "does the picture show {one}?", "is there {one} in the picture?", "do you see {one}?",
            "is there {one} here?", "do you see {one} in the picture?", "can you find {one}?", "does the image show {one}?", "does the picture have {one}?", "has the picture got {one}?",
            "can {one} be found in the picture?", "is {one} in the picture?", "is {one} shown?", "is {one} visible?", "did you draw {one}?", "have you drawn {one}?",
            "in this picture, is there {one}?",
        ),
        ("does the image contain {one}?", "is {one} to be seen?"),
    ),
    "zh": Pool(
        (
            "有{one}吗？", "图里是否有{one}？", "是否有{one}？", "图里是不是有{one}？", "画面中有{one}吗？", "这幅图里有没有{one}？", "图中有没有{one}？", "是否能看到{one}？", "有{one}吗？", "图里有{one}吗？", "有没有{one}？", "有没有{one}？", "能看到{one}吗？", "这张图里有{one}吗？", "图上有{one}吗？", "图片里有{one}吗？", "图里有没有{one}？",
            "这张图里有没有{one}？", "你看到{one}了吗？", "能找到{one}吗？", "有{one}没有？", "是不是有{one}？", "这里有{one}吗？", "你画了{one}吗？", "能不能看到{one}？",
        ),
        ("图中是否有{one}？",),
    ),
}  # fmt: skip

_ANY = {
    "en": Pool(("are there any {them}?", "are there {them} in the picture?", "do you see any {them}?", "can you see any {them}?", "any {them} here?", "any {them} in the picture?", "does the picture have any {them}?", "did you draw any {them}?", "are there {them}?")),
    "zh": Pool(("有没有任何{them}？", "图里有没有什么{them}？", "有什么{them}吗？", "能看到任何{them}吗？")),
}

_IS = {
    "en": Pool(("is {it} {colour} in this picture?", "is the colour of {it} {colour}?", "would you say that {it} is {colour}?", "{it}: is it {colour}?", "did you paint {it} {colour}?", "{it} is {colour}, right?", "is it true that {it} is {colour}?")),
    "zh": Pool(("{it}是{colour}的吗？", "{it}是不是{colour}的？", "{it}的颜色是{colour}吗？", "你把{it}画成{colour}了吗？")),
}  # fmt: skip

# "nothing" must stay a fitting answer to each of these.
_BESIDE_EN = (
    "what shape lies {side} {it}?", "say what lies {side} {it}.", "what object lies {side} {it}?", "and what lies {side} {it}?", "what lies there {side} {it}?", "what stands {side} {it}?", "what is {side} {it}?", "which shape lies {side} {it}?", "what lies {side} {it} in the picture?", "which thing lies {side} {it}?", "what is to be seen {side} {it}?", "tell me what lies {side} {it}.", "what can be found {side} {it}?", "what is {side} {it}?", "what's {side} {it}?", "what do you see {side} {it}?", "what can you see {side} {it}?", "which object is {side} {it}?",
    "which shape is {side} {it}?", "what object is {side} {it}?", "what figure is {side} {it}?", "what is there {side} {it}?", "what thing is {side} {it}?", "what did you draw {side} {it}?",
    "what is placed {side} {it}?", "{side} {it}, what is there?", "tell me what you see {side} {it}.", "can you tell me what is {side} {it}?",
    "is there anything {side} {it}, and what?",
)  # fmt: skip
_BESIDE_ZH = (
    "位于{it}{side}的是哪个图形？", "位于{it}的{side}的是什么图形？", "位于{it}{side}的是什么东西？", "{it}的{side}是哪个？", "{it}的{side}会是什么？", "说说{it}的{side}是什么。", "{it}的{side}，是什么？", "{it}的{side}是什么？", "位于{it}{side}的图形是什么？", "位于{it}{side}的东西是什么？", "在{it}{side}的是什么？", "{it}的{side}是什么东西？", "{it}{side}的那个是什么？", "{it}的{side}能看到什么？", "{it}的{side}是什么？", "{it}{side}有什么？", "{it}{side}有什么？", "什么在{it}的{side}？", "{it}{side}是什么？", "{it}的{side}有什么？", "{it}的{side}有什么东西？",
    "{it}的{side}是什么图形？", "{it}的{side}是哪个图形？", "哪个图形在{it}的{side}？", "{it}的{side}画了什么？", "你在{it}的{side}看到了什么？", "{it}{side}的图形是什么？", "请问{it}的{side}是什么？",
)  # fmt: skip

_RELATION = {
    "left": {
        "en": Pool(sided(_BESIDE_EN, "left of", "to the left of", "to the left of", "on the left of", "on the left side of"), ("what lies to the left of {it}?",)),
        "zh": Pool(sided(_BESIDE_ZH, "左边", "左边", "左面", "左方"), ("{it}的左侧是什么？",)),
    },
    "right": {
        "en": Pool(sided(_BESIDE_EN, "right of", "to the right of", "to the right of", "on the right of", "on the right side of"), ("what lies to the right of {it}?",)),
        "zh": Pool(sided(_BESIDE_ZH, "右边", "右边", "右面", "右方"), ("{it}的右侧是什么？",)),
    },
    "above": {
        "en": Pool(sided(_BESIDE_EN, "above", "above", "over"), ("what lies above {it}?",)),
        "zh": Pool(sided(_BESIDE_ZH, "上面", "上方", "上边"), ("位于{it}上方的是什么？",)),
    },
    "below": {
        "en": Pool(sided(_BESIDE_EN, "below", "below", "under", "beneath", "underneath"), ("what lies below {it}?",)),
        "zh": Pool(sided(_BESIDE_ZH, "下面", "下方", "下边"), ("位于{it}下方的是什么？",)),
    },
}

_AT = {
    "en": Pool(
        (
            "what is {place}?", "what can be seen {place}?", "what do you find {place} of the picture?", "say what can be found {place}.", "what lies {place}?", "tell me what lies {place}.", "say what is {place}.", "what is {place}?", "what is {place}?", "what's {place}?", "what do you see {place}?", "what can you see {place}?", "which object is {place}?",
            "what object is {place}?", "which shape is {place}?", "what figure is {place}?", "what is there {place}?", "is there anything {place}, and what?",
            "what is {place} of the picture?", "what do you see {place} of the image?", "{place}, what do you see?", "what did you draw {place}?", "what have you drawn {place}?",
            "tell me what you see {place}.", "in this picture, what is {place}?",
        ),
        ("tell me what is {place}.", "what can be found {place}?"),
    ),
    "zh": Pool(
        (
            "{place}是什么？", "{place}能看到什么东西？", "请问{place}是什么？", "{place}有些什么？", "说说{place}有什么。", "{place}放的是什么？", "{place}是什么？", "{place}有什么？", "{place}有什么？", "{place}的图形是什么？", "在{place}有什么？", "{place}的是什么？", "在{place}的是什么？",
            "{place}是什么图形？", "{place}有什么图形？", "{place}是哪个图形？", "{place}画了什么？", "你在{place}看到了什么？", "图片{place}有什么？", "什么在{place}？", "哪个图形在{place}？",
        ),
        ("请问{place}有什么东西？",),
    ),
}  # fmt: skip


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


def _is(voice: Voice, scene: Scene, wanted: bool) -> Asked | None:
    """Whether an object has a colour."""
    item = _some(voice, scene)
    said = item and refer(voice, scene, item, leave_out="colour")
    if item is None or said is None:
        return None
    colour = item.colour if wanted else (item.colour + 1 + int(voice.rng.random() * (len(COLOURS) - 1))) % len(COLOURS)
    return voice.say(_IS, it=voice.grammar.definite(voice, said), colour=voice.grammar.colour(voice, colour)), voice.grammar.is_so[wanted]


def _there(voice: Voice, scene: Scene) -> Asked | None:
    wanted = voice.chance(0.5)
    if not voice.unseen and voice.chance(0.15):
        return _is(voice, scene, wanted)
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
            if not voice.unseen and said.cell is None and voice.chance(0.25):
                return voice.say(_ANY, them=voice.grammar.noun(voice, said, plural=True)), answer
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
