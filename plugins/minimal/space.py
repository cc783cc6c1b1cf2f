"""The embedding space of the minimal plugins, the same as in space.ts.

A picture is four tokens, one for each quarter: its mean colour, 0 to 1, in the first three of eight numbers.
"""

import numpy as np
from darkroom_plugin import EmbeddingSpace, ImageEmbeddings

SPACE = EmbeddingSpace(id="minimal", dimension=8, image_tokens=4)


def embed(colours):
    """colours: float32 [4, 3], top left, top right, bottom left, bottom right"""
    embeddings = np.zeros((SPACE.image_tokens, SPACE.dimension), np.float32)
    embeddings[:, :3] = colours
    # A patch for each half of a quarter: 4 x 4 patches, merged 2 x 2.
    return ImageEmbeddings(SPACE.id, embeddings, grid_thw=(1, 4, 4))


def colours_of(image):
    """float32 [4, 3]; the inverse of `embed`"""
    return image.embeddings[:4, :3]
