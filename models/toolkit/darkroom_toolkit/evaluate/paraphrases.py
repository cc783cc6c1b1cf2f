"""Sentences that no template produced, written by hand, as people might say them to the model; each with what is right.

They use the words of the shapes world in other orders and other company than training does: what is measured is whether the model
has learned the language or the templates. A scene is written as one line: objects as `[small] colour shape @ place`, separated by
commas, then perhaps `| background`.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..world.language import EditSample, PromptSample, QuestionSample
from ..world.scene import BACKGROUNDS, CELLS, COLOURS, LARGE, SHAPES, SMALL, Scene, SceneObject


def scene_of(line: str) -> Scene:
    """A scene from its line; raises ValueError for a word that it does not know."""
    body, _, background = (part.strip() for part in line.partition("|"))
    objects = []
    for item in filter(None, (part.strip() for part in body.split(","))):
        what, _, place = (part.strip() for part in item.partition("@"))
        *size, colour, shape = what.split()
        if size not in ([], ["small"]):
            raise ValueError(f"an object is `[small] colour shape @ place`, got {item!r}")
        objects.append(SceneObject(SHAPES.index(shape), COLOURS.index(colour), SMALL if size else LARGE, CELLS.index(place)))
    return Scene.of(BACKGROUNDS.index(background) if background else 0, objects)


def prompts() -> list[PromptSample]:
    """Requests for pictures; every object's attributes and place count."""
    return [PromptSample(text, scene_of(line), language, "free") for language, text, line in _PROMPTS]


def questions() -> list[tuple[str, Scene, QuestionSample]]:
    """(language, what is seen, question)."""
    return [(language, scene_of(line), QuestionSample(text, answer, "paraphrase")) for language, line, text, answer in _QUESTIONS]


def edits() -> list[tuple[str, Scene, EditSample]]:
    """(language, what is edited, instruction)."""
    return [(language, scene_of(source), EditSample(text, scene_of(target), "paraphrase")) for language, source, text, target in _EDITS]


_PROMPTS: Sequence[tuple[str, str, str]] = (
    ("en", "Hi! Could I get a yellow star, please?", "yellow star @ center"),
    ("en", "one purple heart, nothing else", "purple heart @ center"),
    ("en", "I'd love to see three green squares", "green square @ middle left, green square @ center, green square @ middle right"),
    ("en", "Put a small red ring into the top right corner.", "small red ring @ top right"),
    ("en", "A picture with an orange diamond on the left and a black cross on the right", "orange diamond @ middle left, black cross @ middle right"),
    ("en", "Please do two pink hearts for me", "pink heart @ middle left, pink heart @ middle right"),
    ("en", "there's a blue circle in the bottom left corner", "blue circle @ bottom left"),
    ("en", "draw a brown triangle, but make it small", "small brown triangle @ center"),
    ("en", "red circle above blue square", "red circle @ top center, blue square @ bottom center"),
    ("en", "a big green cross on a dark background please", "green cross @ center | dark"),
    ("en", "Draw me four yellow rings!", "yellow ring @ top left, yellow ring @ top right, yellow ring @ bottom left, yellow ring @ bottom right"),
    ("en", "show a red heart and, next to it, a blue star", "red heart @ middle left, blue star @ middle right"),
    ("en", "a purple square below an orange circle", "orange circle @ top center, purple square @ bottom center"),
    ("en", "on light blue: a white star", "white star @ center | light blue"),
    ("en", "Let's have a green triangle in the center and a red ring in the top left", "red ring @ top left, green triangle @ center"),
    ("en", "just a cross", "blue cross @ center"),
    ("en", "a small yellow diamond to the right of a big black circle", "black circle @ middle left, small yellow diamond @ middle right"),
    ("en", "Can I have a pink square, a green heart and an orange star?", "pink square @ middle left, green heart @ center, orange star @ middle right"),
    ("en", "two small blue triangles on a light yellow background", "small blue triangle @ middle left, small blue triangle @ middle right | light yellow"),
    ("en", "The bottom right should hold a red diamond", "red diamond @ bottom right"),
    ("zh", "麻烦给我来一个黄色的星星", "yellow star @ center"),
    ("zh", "只要一个紫色爱心", "purple heart @ center"),
    ("zh", "我想看三个绿色的正方形", "green square @ middle left, green square @ center, green square @ middle right"),
    ("zh", "右上角放一个红色的小圆环", "small red ring @ top right"),
    ("zh", "左边是橙色的菱形，右边是黑色的十字", "orange diamond @ middle left, black cross @ middle right"),
    ("zh", "请给我画两个粉色的爱心吧", "pink heart @ middle left, pink heart @ middle right"),
    ("zh", "左下角要有一个蓝色的圆形", "blue circle @ bottom left"),
    ("zh", "一个棕色的三角形，小一点", "small brown triangle @ center"),
    ("zh", "红色的圆形，下面是蓝色的正方形", "red circle @ top center, blue square @ bottom center"),
    ("zh", "深色背景，一个绿色的大十字", "green cross @ center | dark"),
    ("zh", "四个黄色圆环，谢谢", "yellow ring @ top left, yellow ring @ top right, yellow ring @ bottom left, yellow ring @ bottom right"),
    ("zh", "红色爱心旁边有一个蓝色星星", "red heart @ middle left, blue star @ middle right"),
    ("zh", "橙色圆形的下面画一个紫色的正方形", "orange circle @ top center, purple square @ bottom center"),
    ("zh", "浅蓝色的背景上一个白色的星星", "white star @ center | light blue"),
    ("zh", "中间一个绿色三角形，左上角一个红色圆环", "red ring @ top left, green triangle @ center"),
    ("zh", "就画一个十字", "blue cross @ center"),
    ("zh", "黑色大圆形的右边有一个黄色的小菱形", "black circle @ middle left, small yellow diamond @ middle right"),
    ("zh", "粉色正方形、绿色爱心，再加橙色星星", "pink square @ middle left, green heart @ center, orange star @ middle right"),
    ("zh", "浅黄色背景，两个蓝色的小三角形", "small blue triangle @ middle left, small blue triangle @ middle right | light yellow"),
    ("zh", "右下角是红色的菱形", "red diamond @ bottom right"),
)

_THREE = "red circle @ top left, small blue star @ center, green square @ bottom right"
_TWO = "yellow heart @ middle left, small purple ring @ middle right | light pink"
_ONE = "orange triangle @ top center | light blue"

_QUESTIONS: Sequence[tuple[str, str, str, str]] = (
    ("en", _THREE, "How many things do you see here?", "three"),
    ("en", _THREE, "What colour has the circle?", "red"),
    ("en", _THREE, "And the star, where is it?", "in the center"),
    ("en", _THREE, "is there any green square?", "yes"),
    ("en", _THREE, "Do you see something pink?", "no"),
    ("en", _THREE, "the star - is it small or large?", "small"),
    ("en", _THREE, "What do you find in the bottom right corner?", "a green square"),
    ("en", _TWO, "which colour is behind the shapes?", "light pink"),
    ("en", _TWO, "how many hearts?", "one"),
    ("en", _TWO, "what's the small thing's shape?", "ring"),
    ("en", _TWO, "What is on the right of the heart?", "a small purple ring"),
    ("en", _TWO, "Is the heart yellow?", "yes"),
    ("en", _ONE, "How many shapes are in it?", "one"),
    ("en", _ONE, "what colour is the thing you see?", "orange"),
    ("en", _ONE, "which shape is it?", "triangle"),
    ("en", _ONE, "Where did you put the triangle?", "at the top"),
    ("en", _ONE, "any circles?", "no"),
    ("zh", _THREE, "你能看到多少个图形？", "三个"),
    ("zh", _THREE, "那个圆形是什么颜色的呢？", "红色"),
    ("zh", _THREE, "星星在哪儿呀？", "中间"),
    ("zh", _THREE, "这里有绿色的正方形吗？", "有"),
    ("zh", _THREE, "有粉色的东西吗？", "没有"),
    ("zh", _THREE, "星星是大的还是小的呢？", "小"),
    ("zh", _TWO, "图片的背景是哪种颜色的？", "浅粉色"),
    ("zh", _TWO, "爱心有几个呢？", "一个"),
    ("zh", _TWO, "小的那个是什么形状？", "圆环"),
    ("zh", _ONE, "里面一共有几个图形？", "一个"),
    ("zh", _ONE, "三角形是什么颜色呀？", "橙色"),
    ("zh", _ONE, "这个图形是什么形状的呢？", "三角形"),
)

_EDITS: Sequence[tuple[str, str, str, str]] = (
    ("en", _ONE, "I want the triangle green instead", "green triangle @ top center | light blue"),
    ("en", _ONE, "it would look better in red", "red triangle @ top center | light blue"),
    ("en", _ONE, "a dark background would be nicer", "orange triangle @ top center | dark"),
    ("en", _ONE, "please turn this triangle into a star", "orange star @ top center | light blue"),
    ("en", _ONE, "now put a small black circle in the center", "orange triangle @ top center, small black circle @ center | light blue"),
    ("en", _ONE, "smaller please", "small orange triangle @ top center | light blue"),
    ("en", _ONE, "bring the triangle down to the bottom left", "orange triangle @ bottom left | light blue"),
    ("en", _TWO, "get the ring out of the picture", "yellow heart @ middle left | light pink"),
    ("en", _TWO, "the heart should rather be blue", "blue heart @ middle left, small purple ring @ middle right | light pink"),
    ("en", _TWO, "could the ring be larger?", "yellow heart @ middle left, purple ring @ middle right | light pink"),
    ("en", _TWO, "change the yellow one to green", "green heart @ middle left, small purple ring @ middle right | light pink"),
    ("en", _TWO, "everything on white, please", "yellow heart @ middle left, small purple ring @ middle right"),
    ("en", _THREE, "take the circle away", "small blue star @ center, green square @ bottom right"),
    ("en", _THREE, "paint the star yellow please", "red circle @ top left, small yellow star @ center, green square @ bottom right"),
    ("en", _THREE, "I'd rather have a cross than the square", "red circle @ top left, small blue star @ center, green cross @ bottom right"),
    ("zh", _ONE, "三角形换成绿色的吧", "green triangle @ top center | light blue"),
    ("zh", _ONE, "红色会更好看", "red triangle @ top center | light blue"),
    ("zh", _ONE, "背景用深色的吧", "orange triangle @ top center | dark"),
    ("zh", _ONE, "我想把三角形变成星星", "orange star @ top center | light blue"),
    ("zh", _ONE, "中间再来一个黑色的小圆形", "orange triangle @ top center, small black circle @ center | light blue"),
    ("zh", _ONE, "再小一点", "small orange triangle @ top center | light blue"),
    ("zh", _ONE, "三角形挪到左下角去", "orange triangle @ bottom left | light blue"),
    ("zh", _TWO, "圆环不要了吧", "yellow heart @ middle left | light pink"),
    ("zh", _TWO, "爱心改成蓝色的好吗", "blue heart @ middle left, small purple ring @ middle right | light pink"),
    ("zh", _TWO, "圆环能大一点吗", "yellow heart @ middle left, purple ring @ middle right | light pink"),
    ("zh", _TWO, "黄色的那个变成绿色", "green heart @ middle left, small purple ring @ middle right | light pink"),
    ("zh", _TWO, "背景要白色的", "yellow heart @ middle left, small purple ring @ middle right"),
    ("zh", _THREE, "圆形就去掉吧", "small blue star @ center, green square @ bottom right"),
    ("zh", _THREE, "请把星星涂黄", "red circle @ top left, small yellow star @ center, green square @ bottom right"),
    ("zh", _THREE, "正方形的地方画一个绿色的十字", "red circle @ top left, small blue star @ center, green cross @ bottom right"),
)
