"""Write model bundles: tokenizer, ONNX graphs with their weights, constants, and the manifest that describes them."""

from .export import ExportReport, export_bundle
from .manifest import BundleMeta, DecoderMeta
from .parts import NexusParts, StandardisedVae, build_parts
from .preview import PreviewFactors, fit_preview_factors
from .tokenizer import load_tokenizer, special_ids, train_tokenizer

__all__ = [
    "BundleMeta",
    "DecoderMeta",
    "ExportReport",
    "NexusParts",
    "PreviewFactors",
    "StandardisedVae",
    "build_parts",
    "export_bundle",
    "fit_preview_factors",
    "load_tokenizer",
    "special_ids",
    "train_tokenizer",
]
