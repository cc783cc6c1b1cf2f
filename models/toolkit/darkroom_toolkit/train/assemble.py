"""From checkpoints to the bundle of nexus-nano."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import torch

from ..bundle.export import ExportReport, export_bundle
from ..bundle.manifest import BundleMeta, DecoderMeta
from ..bundle.onnx_file import WeightFormat
from ..bundle.parts import build_parts
from ..bundle.preview import PreviewFactors, fit_preview_factors
from ..world.draw import PICTURE_PIXELS, draw_batch
from .common import load_average
from .language import load_parts
from .preview import preview_decoder
from .pictures import TOWER_PIXELS
from .pool import Pool

#: What stays float16: where coarse weights would show in pixels and embeddings. The rest is int8; in the language model that changes
#: neither words nor predicted embeddings (edits exact: 55 % of 144 with float32, 55 % with int8).
FINE_GRAPHS = ("vision", "visionHead", "adapter", "merger", "vaeDecoder", "previewDecoder")
COARSE_GRAPHS = (
    "embed", "language", "languageHead", "generationModulation", "generationDenoiser", "editingModulation", "editingDenoiser",
)  # fmt: skip

#: One is enough for the picture, more are worth watching; see docs/nexus-nano.md.
STEPS = 8
MIN_SIDE = MAX_SIDE = PICTURE_PIXELS


def preview_factors(runs: Path) -> PreviewFactors:
    """Linear latent-to-RGB factors, fitted on 64 pictures of the generation decoder's pool."""
    pool = Pool.load(runs / "pool-drawing.pt")
    return fit_preview_factors(pool.latents[:64].float(), draw_batch(pool.codes[:64]).float() / 127.5 - 1)


def nano_meta(runs: Path, revision: str) -> BundleMeta:
    """Identity, words and limits of nexus-nano."""
    decoder = DecoderMeta(
        width=PICTURE_PIXELS, height=PICTURE_PIXELS, num_inference_steps=STEPS, preview=preview_factors(runs),
        min_side=MIN_SIDE, max_side=MAX_SIDE, max_steps=100,
    )  # fmt: skip
    return BundleMeta(
        id="nexus-nano", name="Nexus nano (shapes world)", licence="Apache-2.0", repository="darkroom/models/nexus-nano", revision=revision,
        embedding_space="nexus-nano", generation=decoder, editing=decoder, reference_grid=(1, 18, 18),
        max_new_tokens=320, repetition_penalty=1.0, context_length=2048,
        reference_filter="bicubic", min_pixels=TOWER_PIXELS**2, max_pixels=TOWER_PIXELS**2, first_max_pixels=TOWER_PIXELS**2,
    )  # fmt: skip


def assemble(runs: Path, out: Path, revision: str, weight_format: WeightFormat | Literal["mixed"] = "mixed") -> ExportReport:
    """Write the bundle from the averaged weights of every stage in `runs`; `mixed` is what is shipped."""
    config, _, _, _ = load_parts(runs)
    stages = {"vision": ("tower", "tower"), "language": ("language", "language"), "adapter": ("generation", "adapter"),
              "generation_denoiser": ("generation", "denoiser"), "vae": ("autoencoder", "vae"), "merger": ("editing", "merger"),
              "editing_denoiser": ("editing", "denoiser")}  # fmt: skip
    state = {part: torch.load(runs / f"{stage}.pt", map_location="cpu", weights_only=True)["averages"][name] for part, (stage, name) in stages.items()}
    preview = load_average(runs / "preview.pt", preview_decoder(config), "preview") if (runs / "preview.pt").exists() else None
    parts = build_parts(config, state, latent_statistics=torch.load(runs / "latents.pt", weights_only=True), preview=preview)
    formats: dict[str, WeightFormat] = {}
    if weight_format == "mixed":
        fine = [graph for graph in FINE_GRAPHS if preview is not None or graph != "previewDecoder"]
        formats = dict.fromkeys(fine, "float16") | dict.fromkeys(COARSE_GRAPHS, "int8")
        weight_format = "int8"
    return export_bundle(parts, nano_meta(runs, revision), runs / "tokenizer", out, weight_format=weight_format, graph_formats=formats, progress=True)
