"""Converts, trains, exports and measures the model bundles that Darkroom serves."""
