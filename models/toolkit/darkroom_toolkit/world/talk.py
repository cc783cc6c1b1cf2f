"""Talk around pictures: requests beyond the shapes world, small talk, and whole conversations.

The model decides for itself whether an answer is a picture or words. It learns that from what is here: drawing prompts and edits
are answered with pictures, questions with words, and whatever lies outside the world with one honest sentence.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from .edits import EditSample, sample_edit
from .prompts import sample_prompt
from .questions import sample_question
from .scene import Scene
from .words import Pool, Voice, check_request


@dataclass(frozen=True, slots=True)
class Turn:
    """What the user says, and the reply: ('image', scene) or ('text', words)."""

    user: str
    reply: tuple[str, Scene | str]

    @property
    def scene(self) -> Scene | None:
        """The scene of an image reply."""
        return self.reply[1] if isinstance(self.reply[1], Scene) else None

    @property
    def text(self) -> str | None:
        """The words of a text reply."""
        return self.reply[1] if isinstance(self.reply[1], str) else None


#: What the model says instead of guessing, by language: to a request for a picture, to too many objects, to any other question.
REFUSALS = {
    "en": {
        "picture": "I can only draw simple shapes: circles, squares, triangles, stars, hearts, diamonds, rings and crosses.",
        "too_many": "I can draw at most four shapes in one picture.",
        "question": "I only know simple shapes, so I cannot answer that.",
    },
    "zh": {
        "picture": "我只会画简单的图形：圆形、正方形、三角形、星星、爱心、菱形、圆环和十字。",
        "too_many": "我一张图最多只能画四个图形。",
        "question": "我只认识简单的图形，回答不了这个问题。",
    },
}


def sample_refusal(rng: random.Random, language: str, split: str = "train") -> tuple[str, str]:
    """A prompt beyond the world, and the sentence that says so. Test prompts speak of things that train prompts never name."""
    check_request(language, split)
    voice = Voice(rng, language, unseen=split == "test")
    kind = rng.random()
    answers = REFUSALS[language]
    if kind < 0.55:
        return voice.say(_DRAW, thing=voice.pick(_THINGS)), answers["picture"]
    if kind < 0.7:
        return voice.say(_TOO_MANY, number=voice.pick(_MANY), things=voice.pick(_KINDS)), answers["too_many"]
    a, b = str(rng.randint(2, 99)), str(rng.randint(2, 99))
    return voice.say(_QUESTIONS, a=a, b=b), answers["question"]


def sample_smalltalk(rng: random.Random, language: str, split: str = "train") -> tuple[str, str]:
    """A greeting, thanks or a question about the model itself, and a short reply."""
    check_request(language, split)
    voice = Voice(rng, language, unseen=split == "test")
    pool, answer = voice.choose(_SMALLTALK[language])
    return voice.finish(voice.pick({language: pool})), answer


def sample_conversation(rng: random.Random, language: str, split: str, max_turns: int = 4, max_objects: int = 4) -> list[Turn]:
    """Two to `max_turns` turns: a picture is drawn, then edited, asked about, or another one is drawn; some talk in between.

    Edits and questions speak of the latest picture.
    """
    check_request(language, split)
    turns: list[Turn] = []
    if rng.random() < 0.12:
        turns.append(_words(rng, language, split))
    prompt = sample_prompt(rng, language, split, max_objects)
    scene = prompt.scene
    turns.append(Turn(prompt.text, ("image", scene)))
    length = max(len(turns), rng.randint(2, max_turns))
    while len(turns) < length:
        what = rng.random()
        if what < 0.46:
            edit = _edit(rng, scene, language, split)
            scene = edit.target_scene
            turns.append(Turn(edit.instruction, ("image", scene)))
        elif what < 0.88:
            question = sample_question(rng, scene, language, split, "caption" if rng.random() < 0.55 else None)
            turns.append(Turn(question.question, ("text", question.answer)))
        elif what < 0.94:
            prompt = sample_prompt(rng, language, split, max_objects)
            scene = prompt.scene
            turns.append(Turn(prompt.text, ("image", scene)))
        else:
            turns.append(_words(rng, language, split))
    return turns


def _edit(rng: random.Random, scene: Scene, language: str, split: str) -> EditSample:
    """An object that is added sounds most like a new picture, so it is what a conversation must hear most often."""
    try:
        return sample_edit(rng, scene, language, split, "add" if rng.random() < 0.25 else None)
    except ValueError:  # no place is free
        return sample_edit(rng, scene, language, split)


def _words(rng: random.Random, language: str, split: str) -> Turn:
    said, answer = (sample_smalltalk if rng.random() < 0.6 else sample_refusal)(rng, language, split)
    return Turn(said, ("text", answer))


# --- words beyond the world -----------------------------------------------------------------------------------------------------

_DRAW = {
    "en": Pool(
        (
            "{thing}", "{thing}", "draw {thing}", "draw {thing}", "draw {thing}", "please draw {thing}", "paint {thing}", "a picture of {thing}", "a photo of {thing}", "an image of {thing}",
            "a drawing of {thing}", "draw a picture of {thing}", "draw an image of {thing}", "create an image of {thing}", "generate {thing}", "generate a picture of {thing}", "make {thing}",
            "show me {thing}", "let me see {thing}", "give me {thing}", "create {thing}", "can you draw {thing}?", "could you draw {thing}?", "can you make {thing}?",
            "can you show me {thing}?", "draw me {thing}", "paint me {thing}", "i want a picture of {thing}", "i want {thing}", "i would like {thing}", "i'd like {thing}",
            "i'd like a picture of {thing}", "i need {thing}", "draw {thing}, please",
        ),
        ("could you please paint {thing}?", "render {thing}", "a photograph of {thing}"),
    ),
    "zh": Pool(
        (
            "{thing}", "{thing}", "画{thing}", "画{thing}", "请画{thing}", "画出{thing}", "一张{thing}的照片", "一张{thing}的图片", "生成{thing}", "请生成{thing}", "帮我画{thing}", "请帮我画{thing}",
            "给我画{thing}", "帮我生成{thing}", "绘制{thing}", "画一下{thing}", "能画{thing}吗？", "可以画{thing}吗？", "你能画{thing}吗？", "能不能画{thing}？", "我想要{thing}", "我要{thing}", "给我{thing}",
        ),
        ("请帮我绘制{thing}", "麻烦画{thing}"),
    ),
}  # fmt: skip

_THINGS = {
    "en": Pool(
        (
            "a ~", "a ~", "a ~ ~er", "my ~", "the ~", "a ~ and a ~", "two ~s", "the old ~", "a ~ in a ~", "a big ~", "a red ~", "a green ~", "three small ~s", "a ~ with its ~", "a bowl of ~", "a bag of apples", "a surfboard", "a sled", "a pair of gloves", "two teachers and their class", "a nurse with her patients", "a box of cherries", "an engineer and her machine", "a snowboard", "a keyboard", "a cupboard", "two gardeners and their tools", "three painters with their brushes", "two pilots and their plane", "a surfer on a wave", "a scooter", "a kite", "a drum", "a trumpet", "a clock", "a candle", "a bottle", "a pen", "a key", "a hat", "a shirt", "a window", "a door", "a bed", "a sofa", "a phone", "a camera", "a truck", "a rocket", "a tent", "a bench", "a fountain", "a desert", "a waterfall", "a cow", "a sheep", "a duck", "an owl", "a whale", "a snake", "a turtle", "a bee", "an ant", "a monkey", "a queen", "two doctors and their bags", "a football", "a teapot with four cups", "a violet scarf", "a wooden spoon", "a snowy hill", "a pirate with a parrot", "three men in a boat", "a doll", "a bakery", "a zigzag", "a semicircle", "a rectangle", "a rhomboid", "a nonagon", "a cat", "a black cat", "a dog", "a small dog", "a red car", "a car", "a blue bicycle", "a horse", "a bird", "a fish", "a tree", "a green tree", "a house",
            "a red house", "a flower", "a yellow flower", "a person", "a man", "a woman", "a child", "a face", "a robot", "a dragon", "a castle", "a mountain", "a beach",
            "a sunset", "the sea", "a forest", "a city", "a street", "a train", "a plane", "a boat", "a ship", "a book", "a chair", "a table", "a lamp", "a cup",
            "an apple", "a banana", "a cake", "a pizza", "the moon", "the sun", "a cloud", "the earth", "a planet", "a rainbow", "snow", "a cat on a chair",
            "a dog in the park", "two cats", "three dogs", "a tiger", "a lion", "an elephant", "a bear", "a rabbit", "a frog", "a spider", "a butterfly",
            "a hexagon", "a red hexagon", "a pentagon", "an oval", "a blue ellipse", "a spiral", "an arrow", "a line", "a cube", "a sphere", "a pyramid", "a cylinder",
            "the letter a", "the number seven", "the word hello", "a smiling face", "a logo", "a map", "my family", "a landscape", "a portrait", "a cartoon",
        ),
        (
            "a wolf", "a fox", "a penguin", "a motorbike", "a bus", "a rose", "a bridge", "a guitar", "a laptop", "a river", "a green octagon", "a trapezoid", "a cone",
            "a wizard", "an astronaut", "a bowl of soup", "a snowman",
        ),
    ),
    "zh": Pool(
        (
            "一个~", "一只~", "一把~", "一座~", "两个~", "我的~", "一只红色的~", "一朵~", "~和~", "一个风筝", "一面鼓", "一个钟", "一支蜡烛", "一个瓶子", "一支笔", "一把钥匙", "一顶帽子", "一件衬衫", "一扇窗户", "一扇门", "一张床", "一部手机", "一台相机", "一辆卡车", "一枚火箭", "一顶帐篷", "一张长椅", "喷泉", "沙漠", "瀑布", "一头牛", "一只羊", "一只鸭子", "猫头鹰", "鲸鱼", "一条蛇", "乌龟", "蜜蜂", "猴子", "女王", "医生和他的包", "足球", "茶壶和四个杯子", "围巾", "木勺", "下雪的山坡", "海盗和鹦鹉", "船上的三个人", "一个洋娃娃", "面包店", "一条折线", "一个半圆", "一个长方形", "一个九边形", "风里的一面旗", "一块面包", "一块手表", "一只猫", "一只黑猫", "一只狗", "一辆红色的汽车", "一辆汽车", "一辆自行车", "一匹马", "一只鸟", "一条鱼", "一棵树", "一座房子", "一朵花", "一朵红色的花", "一个人",
            "一个女孩", "一个孩子", "一张脸", "一个机器人", "一条龙", "一座城堡", "一座山", "海边", "日落", "大海", "森林", "城市", "火车", "飞机", "一艘船", "一本书",
            "一把椅子", "一张桌子", "一个杯子", "一个苹果", "一根香蕉", "一个蛋糕", "月亮", "太阳", "一朵云", "地球", "彩虹", "雪", "两只猫", "三只狗", "老虎", "狮子",
            "大象", "熊猫", "兔子", "青蛙", "蝴蝶", "一个六边形", "一个红色的六边形", "一个五边形", "一个椭圆", "一条螺旋线", "一个箭头", "一条线", "一个立方体", "一个球体",
            "字母A", "数字七", "笑脸", "一张地图", "我的家人", "风景", "肖像", "卡通人物",
        ),
        ("一只狼", "一只狐狸", "企鹅", "公交车", "一朵玫瑰", "一座桥", "一把吉他", "一台电脑", "一条河", "一个八边形", "一个梯形", "一个圆锥", "宇航员", "雪人"),
    ),
}  # fmt: skip

_TOO_MANY = {
    "en": Pool(("{number} {things}", "draw {number} {things}", "please draw {number} {things}", "paint {number} {things}", "a picture of {number} {things}", "can you draw {number} {things}?", "i want {number} {things}", "i need {number} {things}", "give me {number} {things}", "could i have {number} {things}?", "make {number} {things}", "i would like {number} {things}"), ("render {number} {things}",)),
    "zh": Pool(("{number}个{things}", "画{number}个{things}", "请画{number}个{things}", "生成{number}个{things}", "帮我画{number}个{things}", "我要{number}个{things}", "我想要{number}个{things}", "给我{number}个{things}", "能画{number}个{things}吗？", "来{number}个{things}"), ("请帮我绘制{number}个{things}",)),
}
_MANY = {
    "en": Pool(("five", "six", "seven", "eight", "nine", "ten", "5", "6", "8", "10", "twelve", "thirteen", "sixteen", "twenty", "forty", "sixty", "ninety", "a hundred"), ("eleven", "7", "fifty")),
    "zh": Pool(("五", "六", "七", "八", "九", "十", "5", "6", "8", "10", "十二", "十三", "十六", "二十", "四十", "六十", "九十", "一百"), ("十一", "7", "五十")),
}
_KINDS = {
    "en": Pool(("circles", "squares", "triangles", "stars", "hearts", "red stars", "blue circles", "small squares", "green hearts", "diamonds", "rings", "crosses", "small red rings")),
    "zh": Pool(("圆形", "正方形", "三角形", "星星", "爱心", "红色的星星", "蓝色的圆形", "小正方形", "绿色的爱心", "菱形", "圆环", "十字", "红色的小圆环")),
}  # fmt: skip

_QUESTIONS = {
    "en": Pool(
        (
            "what is the cube root of {a}?", "what is the square of {a}?", "what is the root of {a}?", "what is half of {a}?", "is {a} a prime number?", "what is the freezing point of wine?", "what is the height of a giraffe?", "who painted the ceiling?", "when did the war end?", "can cats swim?", "give me a recipe for soup", "spell a long word", "book a flight for me", "what is {a} plus {b}?", "what is {a} times {b}?", "how much is {a} + {b}?", "{a} * {b} = ?", "what is the weather like?", "will it rain tomorrow?",
            "what time is it?", "who is the president?", "what is the capital of france?", "tell me a joke", "write a poem", "write me a story", "translate this text",
            "how are pictures made?", "what is the meaning of life?", "who won the game?", "how old are you?", "what is love?", "can you write code?", "write a python program",
            "explain gravity", "how far is the moon?", "what should i eat today?", "what is in the news?", "sing a song", "what day is it today?", "how do i cook rice?",
        ),
        ("what is {a} minus {b}?", "who wrote hamlet?", "is it cold outside?", "how tall is mount everest?", "summarise this article"),
    ),
    "zh": Pool(
        (
            "{a}的平方是多少？", "{a}的立方根是多少？", "{a}的一半是多少？", "酒的冰点是多少？", "谁画的天花板？", "战争什么时候结束的？", "猫会游泳吗？", "告诉我做汤的方法", "{a}加{b}等于多少？", "{a}乘以{b}是多少？", "{a} + {b} = ?", "今天天气怎么样？", "明天会下雨吗？", "现在几点？", "法国的首都是哪里？", "讲个笑话", "写一首诗",
            "给我讲个故事", "翻译这段话", "人生的意义是什么？", "谁赢了比赛？", "你多大了？", "你会写代码吗？", "写一个程序", "什么是重力？", "月亮有多远？", "今天吃什么？",
            "有什么新闻？", "唱首歌", "今天星期几？", "怎么做饭？",
        ),
        ("{a}减{b}等于多少？", "外面冷吗？", "珠穆朗玛峰有多高？", "总结这篇文章"),
    ),
}  # fmt: skip

_SMALLTALK = {
    "en": (
        (Pool(("hello", "hi", "hey", "good morning", "hello there", "good evening", "hi there"), ("good day", "greetings")), "Hello! Ask me to draw some shapes."),
        (Pool(("who are you?", "what are you?", "what is your name?", "tell me about yourself"), ("please introduce yourself",)), "I am a small model that draws and understands simple shapes."),
        (Pool(("thanks", "thank you", "thank you very much", "great, thanks", "nice, thank you"), ("many thanks", "cheers")), "You are welcome!"),
        (
            Pool(("what can you draw?", "what can you do?", "help", "what do you know?", "which shapes can you draw?", "how can you help me?"), ("what are you able to draw?",)),
            "I draw circles, squares, triangles, stars, hearts, diamonds, rings and crosses, change them and answer questions about them.",
        ),
        (Pool(("bye", "goodbye", "see you", "good night"), ("so long",)), "Goodbye!"),
        (Pool(("which colours do you know?", "what colours can you use?", "which colours are there?"), ("name your colours",)), "Red, orange, yellow, green, blue, purple, pink, brown, black and white."),
        (Pool(("how are you?", "how are you doing?"), ("how is it going?",)), "I am well, thank you."),
    ),
    "zh": (
        (Pool(("你好", "您好", "嗨", "早上好", "晚上好", "你好啊"), ("大家好", "哈喽")), "你好！让我画些图形吧。"),
        (Pool(("你是谁？", "你是什么？", "你叫什么名字？", "介绍一下你自己"), ("请做个自我介绍",)), "我是一个小模型，会画也会看简单的图形。"),
        (Pool(("谢谢", "谢谢你", "非常感谢", "太好了，谢谢"), ("多谢", "感谢")), "不客气！"),
        (
            Pool(("你会画什么？", "你能做什么？", "帮助", "你会什么？", "你能画哪些图形？", "你可以画什么？"), ("你都能画些什么？",)),
            "我会画圆形、正方形、三角形、星星、爱心、菱形、圆环和十字，还能修改它们，回答关于它们的问题。",
        ),
        (Pool(("再见", "拜拜", "回头见", "晚安"), ("下次见",)), "再见！"),
        (Pool(("你认识哪些颜色？", "你能用什么颜色？", "有哪些颜色？"), ("说说你的颜色",)), "红色、橙色、黄色、绿色、蓝色、紫色、粉色、棕色、黑色和白色。"),
        (Pool(("你好吗？", "你怎么样？"), ("最近好吗？",)), "我很好，谢谢。"),
    ),
}  # fmt: skip
