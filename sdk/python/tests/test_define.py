import threading

import pytest
from darkroom_plugin import Call, DecodeRequest, DecoderLimits, DecoderReads, DecoderSupport, Field, GatewayError, Mask
from darkroom_plugin import Options, define_plugin
from darkroom_plugin.checks import check_decode_request
from darkroom_plugin.errors import Aborted, coded, hides_details
import numpy as np


class SomeOptions(Options):
    grey: int = Field(default=128, ge=0, le=255)


definition = define_plugin(kind="image-decoder", name="p", version="1", options=SomeOptions, create=lambda *_: None)


def test_options_have_their_defaults():
    assert definition.read_options({}).grey == 128


@pytest.mark.parametrize(
    ("options", "message"),
    [({"grey": 300}, "grey: "), ({"gray": 1}, "gray: Extra inputs"), ("words", "options: "), (None, "options: ")],
)
def test_options_that_do_not_hold_are_named(options, message):
    with pytest.raises(GatewayError, match=f"The options of plugin p do not hold: {message}") as caught:
        definition.read_options(options)
    assert caught.value.code == "CONFIG_INVALID"


def test_a_kind_that_is_none_is_a_mistake():
    with pytest.raises(TypeError, match="vision-encoder, language-model, image-decoder; painter came"):
        define_plugin(kind="painter", name="p", version="1", create=lambda *_: None)


def test_an_error_without_a_code_tells_only_its_class():
    code, message = coded(ValueError("a prompt"))
    assert code == "PLUGIN_FAILED" and "ValueError" in message and "a prompt" not in message
    assert hides_details(ValueError()) and not hides_details(GatewayError("BAD_INPUT", "x"))


def test_an_abort_ends_waiting_and_is_told_to_listeners_once():
    call, told = Call(), []
    call.on_abort(lambda: told.append(1))
    threading.Timer(0.02, call._abort).start()
    with pytest.raises(Aborted):
        call.sleep(3600)
    call._abort()
    call.on_abort(lambda: told.append(2))
    assert told == [1, 2]


def test_a_listener_that_has_stopped_is_not_told():
    call, told = Call(), []
    stop_listening = call.on_abort(lambda: told.append(1))
    stop_listening()
    call._abort()
    assert told == []


class Declared:
    reads = DecoderReads(condition="text", reference="pixels")
    supports = DecoderSupport(edit=True, mask=True)
    limits = DecoderLimits(16, 16, 64, 64, 16, 9)


def request(**changes):
    plain = {"condition": "x", "width": 32, "height": 32, "num_inference_steps": 4, "guidance_scale": 1}
    return DecodeRequest(**{**plain, "true_cfg_scale": 1, "negative_prompt": "", "seed": 1, **changes})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"width": 80}, "SIZE_OUT_OF_LIMITS"),
        ({"height": 24}, "SIZE_OUT_OF_LIMITS"),
        ({"num_inference_steps": 10}, "STEPS_OUT_OF_LIMITS"),
        ({"num_inference_steps": 0}, "STEPS_OUT_OF_LIMITS"),
        ({"true_cfg_scale": 2}, "CAPABILITY_MISSING"),
        ({"mask": Mask(np.zeros((32, 32), np.uint8))}, "BAD_INPUT"),
    ],
)
def test_requests_beyond_what_was_declared_are_refused(changes, code):
    with pytest.raises(GatewayError, match="^Plugin p ") as caught:
        check_decode_request(request(**changes), Declared, "p")
    assert caught.value.code == code


def test_requests_within_what_was_declared_pass():
    check_decode_request(request(), Declared, "p")
