"""The smallest vision encoder in Python: a picture becomes the mean colours of its quarters."""

import numpy as np
from darkroom_plugin import Field, Options, VisionEncoder, define_plugin
from space import SPACE, embed


class EncoderOptions(Options):
    step_ms: float = Field(default=0, ge=0, alias="stepMs")
    """Milliseconds that each picture takes, for tests of waiting and aborting."""


class Encoder(VisionEncoder):
    space = SPACE

    def __init__(self, options, host):
        self.step_s = options.step_ms / 1000

    def encode(self, requests, call):
        answers = []
        for request in requests:
            call.sleep(self.step_s)
            pixels = request.image.pixels
            # A picture one pixel wide or high has its quarters overlap.
            half_height, half_width = -(-pixels.shape[0] // 2), -(-pixels.shape[1] // 2)
            halves = (pixels[:half_height], pixels[-half_height:])
            quarters = [part for half in halves for part in (half[:, :half_width], half[:, -half_width:])]
            answers.append(embed(np.stack([quarter.mean(axis=(0, 1)) / 255 for quarter in quarters])))
        return answers


plugin = define_plugin(
    kind="vision-encoder", name="minimal-encoder", version="1.0.0", options=EncoderOptions, create=Encoder
)
