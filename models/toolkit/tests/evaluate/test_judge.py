"""What counts as right, on pictures that the toolkit draws itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from darkroom_toolkit.evaluate.cases import Case, Turn, cases
from darkroom_toolkit.evaluate.judge import Outcome, Reply, judge, named_objects
from darkroom_toolkit.evaluate.paraphrases import scene_of
from darkroom_toolkit.world.draw import draw
from darkroom_toolkit.world.language import EditSample, PromptSample, QuestionSample, caption
from darkroom_toolkit.world.scene import Scene

CIRCLE, GREEN = scene_of("red circle @ center"), scene_of("green circle @ center")
BOTH = scene_of("green circle @ center, blue star @ middle right")
TALK = Case(
    "conversation-0", "conversation", "conversation", "en", 1,
    (
        Turn("draw a red circle", PromptSample("draw a red circle", CIRCLE, "en", "colors")),
        Turn("make it green", EditSample("make it green", GREEN, "recolour")),
        Turn("add a star on the right", EditSample("add a star on the right", BOTH, "add")),
        Turn("what is in the picture?", QuestionSample("what is in the picture?", caption(BOTH, "en"), "caption")),
    ),
)  # fmt: skip


def picture(scene: Scene) -> Reply:
    return Reply("Here is the image: ", draw(scene))


def words(text: str) -> Reply:
    return Reply(text, None)


def marks(*replies: Reply, error: str | None = None) -> dict[str, bool]:
    return {mark.row: mark.right for mark in judge(TALK, Outcome(replies, error)).marks}


def test_a_conversation_is_right_when_every_turn_is() -> None:
    turns = marks(picture(CIRCLE), picture(GREEN), picture(BOTH), words(caption(BOTH, "en")))
    assert turns == {"draw": True, "recolour": True, "add": True, "ask": True, "whole": True}


def test_a_turn_is_held_to_the_picture_that_was_really_there() -> None:
    square, green, both = (scene_of(line) for line in ("red square @ center", "green square @ center", "green square @ center, blue star @ middle right"))
    assert marks(picture(square), picture(green), picture(both), words(caption(both, "en"))) == {"draw": False, "recolour": True, "add": True, "ask": True, "whole": False}
    assert not marks(picture(square), picture(green), picture(both), words(caption(BOTH, "en")))["ask"]


def test_a_lone_object_is_recoloured_wherever_it_is() -> None:
    elsewhere, green = scene_of("red circle @ top left"), scene_of("green circle @ top left")
    assert marks(picture(elsewhere), picture(green), words(""), words(""))["recolour"]
    assert not marks(picture(elsewhere), picture(GREEN), words(""), words(""))["recolour"]


def test_words_where_a_picture_was_wanted_are_wrong_and_the_talk_goes_on() -> None:
    assert marks(picture(CIRCLE), words("red"), picture(scene_of("red circle @ center, blue star @ middle right")), words("")) == {
        "draw": True, "recolour": False, "add": True, "ask": False, "whole": False,
    }  # fmt: skip


def test_an_error_counts_for_the_turns_that_were_not_reached() -> None:
    assert marks(picture(CIRCLE), error="PLUGIN_FAILED: gone") == {"draw": True, "recolour": False, "add": False, "ask": False, "whole": False}
    assert "PLUGIN_FAILED" in judge(TALK, Outcome((), "PLUGIN_FAILED: gone")).marks[0].why


@pytest.mark.parametrize(
    ("reply", "right"),
    [
        (words("I can only draw simple shapes: circles and squares."), True),
        (words("a red circle"), False),
        (words("我只会画简单的图形"), False),
        (picture(CIRCLE), False),
    ],
)
def test_outside_the_world_the_answer_says_what_can_be_drawn(reply: Reply, right: bool) -> None:
    case = next(case for case in cases(1, ("outside",)) if case.language == "en")
    assert judge(case, Outcome((reply,))).right is right


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_round_trip_names_the_objects_of_its_prompt_and_no_others(language: str) -> None:
    prompt = PromptSample("…", scene_of("small red ring @ top left, white cross @ center"), language, "free")
    case = Case("round_trip-0", "round_trip", "round_trip", language, 1, (Turn("…", prompt), Turn("?", None)))

    def right(seen: str, of: Case = case) -> bool:
        return judge(of, Outcome((picture(CIRCLE), words(caption(scene_of(seen), language))))).right

    assert right("small red ring @ bottom right, white cross @ middle left")
    assert not right("red ring @ top left")
    assert not right("red ring @ top left, white cross @ center, blue star @ top right")
    assert not right("blue ring @ top left, white cross @ center")
    only_shapes = replace(case, turns=(Turn("…", replace(prompt, category="two_object")), case.turns[1]))
    assert right("blue ring @ top left, white cross @ center", only_shapes)


def test_the_objects_of_a_caption_are_read_in_both_languages() -> None:
    scene = scene_of("small orange heart @ top left, black diamond @ center | dark")
    wanted = [(item.colour, item.shape) for item in scene.objects]
    assert named_objects(caption(scene, "en"), "en") == named_objects(caption(scene, "zh"), "zh") == wanted
