"""Questions: one right answer each, short, canonical and balanced."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from darkroom_toolkit.world.language import LANGUAGES, QUESTION_TYPES, caption, sample_question
from darkroom_toolkit.world.questions import QuestionSample
from darkroom_toolkit.world.scene import COLOURS, LARGE, SHAPES, Scene, SceneObject, random_scene

#: red circle top left, small blue star center, green star bottom right, on dark
SCENE = Scene(5, (SceneObject(0, 0, 0, 0), SceneObject(3, 4, 1, 4), SceneObject(3, 3, 0, 8)))


def asked(type: str, language: str = "en", scene: Scene = SCENE, split: str = "train", count: int = 300) -> list[QuestionSample]:
    rng = random.Random(0)
    return [sample_question(rng, scene, language, split, type) for _ in range(count)]


def answers_to(type: str, words: str, language: str = "en") -> set[str]:
    """All answers to questions of a type that contain the words."""
    found = {sample.answer for sample in asked(type, language, count=1500) if words in sample.question.lower()}
    assert found, f"no question of type {type} says {words!r}"
    return found


def test_a_caption_names_every_object_in_reading_order_and_the_background() -> None:
    assert caption(SCENE, "en") == (
        "A red circle in the top left, a small blue star in the center and a green star in the bottom right, on a dark background."
    )
    assert caption(SCENE, "zh") == "左上角有一个红色的圆形，中间有一个蓝色的小星星，右下角有一个绿色的星星，深色背景。"


def test_a_caption_leaves_a_white_background_unsaid() -> None:
    assert caption(Scene(0, SCENE.objects[:1]), "en") == "A red circle in the top left."
    assert caption(Scene(0, ()), "en") == "An empty picture."


@pytest.mark.parametrize(
    ("language", "question"), [("en", "Please give a brief description of the image."), ("zh", "请简要描述这张图片。")]
)
def test_the_models_default_question_is_among_the_captions(language: str, question: str) -> None:
    assert question in {sample.question for sample in asked("caption", language)}


@pytest.mark.parametrize(("language", "question"), [("en", "what is in the picture?"), ("zh", "图里有什么？")])
def test_the_usual_question_is_among_the_captions(language: str, question: str) -> None:
    assert question in {sample.question.lower() for sample in asked("caption", language)}


def test_dense_descriptions_give_every_object_its_place_or_all_nine_places() -> None:
    assert {sample.answer for sample in asked("describe")} == {
        caption(SCENE, "en"),
        "top left: red circle; top: nothing; top right: nothing; left: nothing; center: small blue star; right: nothing; "
        "bottom left: nothing; bottom: nothing; bottom right: green star",
    }


def test_attributes_are_asked_of_objects_that_the_words_fit_alone() -> None:
    assert answers_to("colour", "the circle") == {"red"}
    assert answers_to("colour", "small star") == {"blue"}
    assert answers_to("colour", "background") == {"dark"}
    assert answers_to("shape", "red") == {"circle"}
    assert answers_to("size", "the blue star") == {"small"}
    assert answers_to("where", "the green star") == {"in the bottom right"}
    assert answers_to("where", "圆形", "zh") == {"左上角"}
    assert not [sample for sample in asked("colour") if "of the star?" in sample.question]  # there are two stars


def test_counts_count_what_is_named() -> None:
    assert answers_to("count", "stars") >= {"two"}
    assert {sample.answer for sample in asked("count") if sample.question.lower() == "how many objects are there?"} == {"three"}


def test_whether_an_object_has_a_colour_is_answered_by_its_colour() -> None:
    rng, scene = random.Random(4), Scene.of(0, [SceneObject(SHAPES.index("heart"), COLOURS.index("yellow"), LARGE, 4)])
    asked = [sample_question(rng, scene, "zh", "train", "there") for _ in range(600)]
    said = {(question.question.find("黄") >= 0, question.answer) for question in asked if question.answer in ("是", "不是")}
    assert said == {(True, "是"), (False, "不是")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_is_there_is_yes_half_of_the_time(language: str) -> None:
    rng = random.Random(3)
    answers = Counter(sample_question(rng, random_scene(rng), language, "train", "there").answer for _ in range(2000))
    yes = {"en": {"yes"}, "zh": {"有", "是"}}[language]
    assert set(answers) == {"en": {"yes", "no"}, "zh": {"有", "没有", "是", "不是"}}[language]
    assert 900 < sum(answers[word] for word in yes) < 1100


def test_relations_answer_with_the_one_object_further_on_or_nothing() -> None:
    assert answers_to("relation", "above the blue star") == {"a red circle"}
    assert answers_to("relation", "left of the circle") == {"nothing"}
    assert not [sample for sample in asked("relation") if "right of the circle" in sample.question]  # there are two


def test_what_is_at_a_place_is_the_object_there_or_nothing() -> None:
    assert answers_to("at", "in the top left corner") == {"a red circle"}
    assert answers_to("at", "at the bottom center") == {"nothing"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_question_of_the_same_picture_always_has_the_same_answer(language: str) -> None:
    rng = random.Random(2)
    for _ in range(60):
        scene, answers = random_scene(rng, 0, 4), {}
        for _ in range(150):
            sample = sample_question(rng, scene, language, "train")
            assert answers.setdefault(sample.question, sample.answer) == sample.answer, (sample.question, str(scene))


def test_all_types_are_asked_and_an_empty_picture_can_still_be_asked_about() -> None:
    rng = random.Random(0)
    assert {sample_question(rng, SCENE, "en", "train").type for _ in range(500)} == set(QUESTION_TYPES)
    assert all(sample_question(rng, Scene(0, ()), "zh", "train").type in QUESTION_TYPES for _ in range(100))


def test_test_questions_of_familiar_pictures_use_templates_that_training_never_uses() -> None:
    rng = random.Random(0)
    scene = random_scene(rng, 2, 2, "train")
    known = {sample_question(rng, scene, "en", "train").question.lower().rstrip("?.") for _ in range(20_000)}
    assert not [q for _ in range(500) if (q := sample_question(rng, scene, "en", "test").question.lower().rstrip("?.")) in known]


def test_a_question_that_the_picture_does_not_allow_is_refused() -> None:
    with pytest.raises(ValueError, match="no unambiguous question of type 'shape' in a picture of nothing"):
        sample_question(random.Random(0), Scene(0, ()), "en", "train", "shape")
    twins = Scene(0, (SceneObject(0, 0, 0, 0), SceneObject(0, 0, 0, 8)))
    with pytest.raises(ValueError, match="no unambiguous question of type 'where'"):
        sample_question(random.Random(0), twins, "en", "train", "where")
    with pytest.raises(ValueError, match="type must be one of"):
        sample_question(random.Random(0), SCENE, "en", "train", "taste")
