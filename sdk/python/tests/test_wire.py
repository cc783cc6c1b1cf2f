import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from darkroom_plugin import (
    DecoderDefaults,
    DecoderLimits,
    DecoderReads,
    DecoderSupport,
    Drawing,
    DrawingOffer,
    EmbeddingSpace,
    GatewayError,
    ImageDecoder,
    ImageEmbeddings,
    RgbImage,
    Sampling,
    Step,
)
from darkroom_plugin.wire import plugin_pb2 as pb
from darkroom_plugin.wire.answers import capabilities_to_wire, decode_event_to_wire, generate_event_to_wire
from darkroom_plugin.wire.requests import decode_request_from_wire, generate_request_from_wire, wishes_from_wire
from darkroom_plugin.wire.values import embeddings_from_wire, embeddings_to_wire, image_from_wire

PACKAGE = Path(__file__).parent.parent


def test_the_generated_classes_are_those_of_the_contract(tmp_path):
    subprocess.run([sys.executable, PACKAGE / "scripts/wire.py", tmp_path], check=True)
    generated = sorted((tmp_path / "darkroom_plugin/wire").iterdir())
    assert len(generated) == 3
    for file in generated:
        assert (PACKAGE / "darkroom_plugin/wire" / file.name).read_text() == file.read_text(), "run scripts/wire.py"


def test_pictures_come_as_read_only_views():
    image = image_from_wire(pb.RgbImage(width=2, height=1, data=bytes(range(6))))
    assert image.pixels.shape == (1, 2, 3)
    assert image.pixels[0, 1].tolist() == [3, 4, 5]
    assert not image.pixels.flags.owndata and not image.pixels.flags.writeable


def test_a_picture_with_too_few_bytes_is_refused():
    with pytest.raises(GatewayError, match="needs 6 bytes of RGB, at least 3; 5 came") as caught:
        image_from_wire(pb.RgbImage(width=2, height=1, data=bytes(5)))
    assert caught.value.code == "SHAPE_MISMATCH"


def test_embeddings_survive_the_way_there_and_back():
    before = ImageEmbeddings("s", np.arange(6, dtype=np.float64).reshape(3, 2), (1, 2, 6))
    after = embeddings_from_wire(embeddings_to_wire(before))
    assert after.embeddings.dtype == np.float32
    assert after.embeddings.tolist() == before.embeddings.tolist()
    assert (after.space, after.grid_thw) == ("s", (1, 2, 6))


@pytest.mark.parametrize(("dims", "grid"), [([6], [1, 2, 3]), ([3, 2], [1, 2])])
def test_embeddings_of_another_shape_are_refused(dims, grid):
    tensor = pb.Tensor(dims=dims, data=bytes(24))
    with pytest.raises(GatewayError, match=r"Embeddings are \[tokens, dimension\] with a grid"):
        embeddings_from_wire(pb.ImageEmbeddings(space="s", embeddings=tensor, grid_thw=grid))


@pytest.mark.parametrize("pixels", [np.zeros((2, 2), np.uint8), np.zeros((2, 2, 3)), np.zeros((0, 2, 3), np.uint8)])
def test_a_picture_is_uint8_with_three_channels(pixels):
    with pytest.raises(GatewayError, match="A picture is uint8"):
        RgbImage(pixels)


def test_sampling_that_is_absent_is_the_plugins_choice():
    request = pb.GenerateRequest(task=pb.LANGUAGE_TASK_REPLY, sampling=pb.SamplingOptions(temperature=0, stop=["x"]))
    assert generate_request_from_wire(request).sampling == Sampling(temperature=0, stop=("x",))


def test_a_model_that_asks_for_pictures_is_offered_a_decoder():
    request = pb.GenerateRequest(task=pb.LANGUAGE_TASK_REPLY, drawing=pb.DrawingOffer(edits=True))
    assert generate_request_from_wire(request).drawing == DrawingOffer(edits=True)
    assert generate_request_from_wire(pb.GenerateRequest(task=pb.LANGUAGE_TASK_REPLY)).drawing is None
    asked = generate_event_to_wire(1, Drawing("a circle", edits=True))
    assert (asked.index, asked.drawing.prompt, asked.drawing.edits) == (1, "a circle", True)


def test_a_request_without_a_condition_is_refused():
    with pytest.raises(GatewayError, match="lacks its field condition"):
        decode_request_from_wire(pb.DecodeRequest())


def test_wishes_hold_for_every_nth_step():
    wishes = wishes_from_wire(pb.PreviewWishes(every_steps=[2, 3], max_size=64, view=pb.PREVIEW_VIEW_NOISY))
    assert [step for step in range(1, 8) if wishes.after(step)] == [2, 3, 4, 6]
    assert (wishes.after(2).max_size, wishes.after(2).view) == (64, "noisy")
    with pytest.raises(GatewayError, match="every 1 step or more"):
        wishes_from_wire(pb.PreviewWishes(every_steps=[0]))


def test_a_step_without_a_preview_says_so():
    assert not decode_event_to_wire(Step(1, 0.5)).step.HasField("preview")


class Decoder(ImageDecoder):
    reads = DecoderReads(condition=EmbeddingSpace("s", 8, 4), reference="pixels")
    supports = DecoderSupport(edit=True, preview="latent")
    limits = DecoderLimits(16, 16, 64, 64, 16, 9)
    defaults = DecoderDefaults(32, 32, 4)

    def decode(self, request, call):
        yield


def test_a_decoder_declares_what_it_reads():
    declared = capabilities_to_wire(Decoder())["image_decoder"]
    assert declared.WhichOneof("condition") == "condition_space"
    assert declared.WhichOneof("reference") == "reference_pixels"
    assert (declared.supports.preview, declared.supports.batch) == (pb.PREVIEW_KIND_LATENT, 1)
    assert (declared.limits.max_steps, declared.defaults.true_cfg_scale) == (9, 1)


def test_a_plugin_that_declares_nothing_is_told_what_is_missing():
    class Bare(ImageDecoder):
        def decode(self, request, call):
            yield

    with pytest.raises(GatewayError, match="Bare does not declare what its kind has to: .*supports") as caught:
        capabilities_to_wire(Bare())
    assert caught.value.code == "PLUGIN_INVALID"
