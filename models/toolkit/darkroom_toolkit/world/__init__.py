"""The shapes world: scenes, their pictures, sentences about them, and an independent reader of pictures."""
