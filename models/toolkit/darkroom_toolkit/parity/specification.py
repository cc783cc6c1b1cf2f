"""What has no library to compare with, against the formulas and printed numbers of the specification of Nexus-Gen V2.

Section numbers are the specification's. Printed numbers are met to half of their last
digit, or to the float32 that they were printed from.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import torch

from ..nexus import AdapterConfig, GenerationAdapter, NexusConfig
from ..nexus.noise import portable_noise
from ..nexus.preprocess import smart_resize, to_pixels
from ..nexus.rope import grid_context_ids, image_block_positions, merger_positions, mrope_positions, mrope_tables, vision_tables
from ..nexus.schedule import euler_step, guided, predicted_clean, sigma_schedule, training_schedule, training_weights
from .piece import Errors, Section, absolute, differing, differing_sequences, relative
from .weights import normal, randomised

SECTION = Section("Schedule, noise and places")

PUBLISHED = NexusConfig.nexus_gen_v2()


@SECTION.piece("Noise levels, 1 to 100 steps", "formula (5.4) in exact fractions", "absolute", 1e-15)
def noise_levels() -> Errors:
    least = Fraction(3, 1002)  # 0.003 / 1.002
    for steps in range(1, 101):
        spaced = [1 + (least - 1) * Fraction(index, max(steps - 1, 1)) for index in range(steps)]
        yield absolute(sigma_schedule(steps), [float(3 * s / (1 + 2 * s)) for s in spaced] + [0.0])


@SECTION.piece("Noise levels, 4 and 8 steps", "printed numbers (5.4), of float32", "absolute", 1e-7)
def printed_noise_levels() -> Errors:
    yield absolute(sigma_schedule(4), [1, 0.8576924, 0.6021506, 0.0089286, 0])
    yield absolute(sigma_schedule(8), [1, 0.9475425, 0.8827877, 0.8008373, 0.6937931, 0.5480456, 0.3379722, 0.0089286, 0])


@SECTION.piece("Noise levels, 50 steps", "printed numbers (5.4)", "absolute", 5e-7)
def fifty_noise_levels() -> Errors:
    sigmas = sigma_schedule(50)
    yield absolute(sigmas[:4], [1, 0.993124, 0.986057, 0.978790])
    yield absolute(sigmas[47:], [0.120533, 0.066900, 0.008929, 0])
    yield float((sigmas[:-1] > 0.5).sum() != 37)


@SECTION.piece("Euler steps with the true velocity end at the clean latents", "formula (5.4, 8.4, 10)", "absolute", 1e-12)
def straight_lines() -> Errors:
    rng = np.random.default_rng(0)
    for steps in (1, 4, 50):
        clean, noise = rng.normal(size=(2, 4, 8, 8))
        latents, velocity, sigmas = noise, noise - clean, sigma_schedule(steps)
        for sigma, following in zip(sigmas[:-1], sigmas[1:], strict=True):
            yield absolute(latents, (1 - sigma) * clean + sigma * noise)
            yield absolute(predicted_clean(latents, velocity, sigma), clean)
            latents = euler_step(latents, velocity, sigma, following)
        yield absolute(latents, clean)


@SECTION.piece("Classifier-free guidance", "formula (5.1)", "absolute", 1e-14)
def guidance() -> Errors:
    positive, negative = np.random.default_rng(0).normal(size=(2, 4, 8))
    for scale in (0.0, 1.0, 3.0):
        yield absolute(guided(positive, negative, scale), scale * positive + (1 - scale) * negative)


@SECTION.piece("Noise", "torch, `randn` on the CPU", "absolute", 6e-7, "float32")
def noise() -> Errors:
    for seed in (0, 42, 52, 123_456, 2**32 - 1):
        for count in (16, 17, 31, 4 * 36 * 36, 16 * 64 * 64):
            yield absolute(portable_noise(seed, count), torch.randn(count, generator=torch.Generator().manual_seed(seed)))


@SECTION.piece("Noise of seed 42", "printed numbers (5.5)", "absolute", 6e-7, "float32")
def printed_noise() -> Errors:
    yield absolute(portable_noise(42, 65_536)[:4], [1.9269153, 1.4872841, 0.9007172, -2.1055210])


@SECTION.piece("`smart_resize`", "test vectors (3.1)", "values")
def sizes() -> Errors:
    for asked, wanted, units in (
        ((512, 512), (504, 504), 324),
        ((1024, 1024), (504, 504), 324),
        ((768, 1024), (420, 588), 315),
        ((1080, 1920), (364, 672), 312),
        ((2000, 500), (1008, 252), 324),
        ((70, 70), (56, 56), 4),
        ((42, 300), (56, 308), 22),
        ((20, 20), (56, 56), 4),
    ):
        height, width = smart_resize(*asked)
        yield float((height, width) != wanted) + float(height * width // 28**2 != units)


@SECTION.piece("Windows of the vision tower", "table (2.3)", "values")
def windows() -> Errors:
    wide = [64, 64, 64, 64, 32]
    row = [64, 64, 64, 64, 64, 16]
    for grid, lengths in (
        ((1, 18, 18), [64, 64, 16, 64, 64, 16, 16, 16, 4]),
        ((1, 36, 36), [*wide, *wide, *wide, *wide, 32, 32, 32, 32, 16]),
        ((1, 30, 42), [*row, *row, *row, 48, 48, 48, 48, 48, 12]),
        ((1, 16, 16), [64, 64, 64, 64]),
    ):
        yield differing_sequences(vision_tables([grid], PUBLISHED.vision).window_lengths, lengths)
    first = [0, 1, 2, 3, 9, 10, 11, 12, 18, 19, 20, 21, 27, 28, 29, 30, 4, 5]
    yield differing(vision_tables([(1, 18, 18)], PUBLISHED.vision).order[:18], first)


@SECTION.piece("M-RoPE positions", "worked examples (4.3)", "values")
def positions() -> Errors:
    found = mrope_positions([0] * 4 + [1] * 6 + [0] * 3, [(1, 4, 6)], image_token=1)
    yield float(found.delta != -3) + differing(
        found.positions,
        [
            [0, 1, 2, 3, 4, 4, 4, 4, 4, 4, 7, 8, 9],
            [0, 1, 2, 3, 4, 4, 4, 5, 5, 5, 7, 8, 9],
            [0, 1, 2, 3, 4, 5, 6, 4, 5, 6, 7, 8, 9],
        ],
    )
    edit = mrope_positions([0] * 15 + [1] * 324 + [0] * 20, [(1, 36, 36)], image_token=1)
    yield float(edit.delta != -306) + differing(edit.positions[:, 339], [33, 33, 33])
    yield differing(edit.positions[:, 15], [15, 15, 15]) + differing(edit.positions[:, 338], [15, 32, 32])


@SECTION.piece("M-RoPE tables at the published size, positions below 4096", "formula (4.2)", "absolute", 6e-8, "float32")
def tables() -> Errors:
    language = PUBLISHED.language
    places = torch.randint(4096, (3, 500), generator=torch.Generator().manual_seed(0))
    cos, sin = mrope_tables(places, language)
    for dimension in range(language.head_dim):
        m = dimension % 64
        axis = 0 if m < 16 else 1 if m < 40 else 2
        angles = places[axis].double().numpy() * 1_000_000.0 ** (-2 * m / 128)
        yield max(absolute(cos[:, dimension], np.cos(angles)), absolute(sin[:, dimension], np.sin(angles)))


@SECTION.piece("Positions of the image block", "formula (2.5)", "values")
def block_positions() -> Errors:
    for start in (0, 16, 400):
        wanted = [[start] * 3] + [[start + 1, start + 1 + k // 9, start + 1 + k % 9] for k in range(81)]
        yield differing(image_block_positions(start, 9, 9), np.array(wanted).T)


@SECTION.piece("Places of the editing context in the denoiser, rounded to bfloat16", "printed numbers (6.2)", "absolute", 1e-12)
def context_places() -> Errors:
    for rows, target, second_step in (
        (32, [0, 3.5625, 7.125, 10.6875, 14.25, 17.75, 21.375, 24.875, 28.5], 1.78125),
        (64, [0, 7.125, 14.25, 21.375, 28.5, 35.5, 42.75, 49.75, 57], 3.5625),
    ):
        ids = grid_context_ids(9, 9, rows, rows, plane=0, bfloat16=True).reshape(9, 9, 3)
        yield absolute(ids[:, 0, 1], target) + absolute(ids[0, :, 2], target)
        reference = grid_context_ids(18, 18, rows, rows, plane=1, bfloat16=True).reshape(18, 18, 3)
        yield absolute(reference[1, 1], [1, second_step, second_step])


@SECTION.piece("Places in the editing merger", "formula (6.1)", "absolute", 1e-12)
def merger_places() -> Errors:
    target, reference = merger_positions([(1, 18, 18), (1, 36, 36)], 72).split((81, 324), dim=1)
    for places, side, step in ((target, 9, 4), (reference, 18, 2)):
        wanted = [[0, step * (k // side), step * (k % side)] for k in range(side * side)]
        yield absolute(places, np.array(wanted).T)


@SECTION.piece("Loss weights of the decoders' training", "printed numbers (8.4)", "absolute", 6e-3)
def loss_weights() -> Errors:
    # Two digits are printed, of the nearest of a thousand entries.
    for timestep, weight in ((1000, 0), (900, 0.54), (750, 1.26), (500, 1.79), (250, 1.26), (9, 0.05)):
        nearest = np.abs(1000 * training_schedule() - timestep).argmin()
        yield absolute(training_weights()[nearest], weight)


@SECTION.piece("Decoded picture to pixels: clipped, truncated", "formula (5.6)", "values")
def pixels() -> Errors:
    decoded = np.linspace(-1.5, 1.5, 3 * 40 * 50, dtype=np.float32).reshape(3, 40, 50)
    wanted = np.floor(np.clip(decoded / 2 + 0.5, 0, 1) * 255)
    yield differing(to_pixels(decoded), wanted.transpose(1, 2, 0))


@SECTION.module("Generation adapter", "formula (5.1)", float64=1e-12, float32=1e-5)
def adapter(dtype: torch.dtype) -> Errors:
    adapter = randomised(GenerationAdapter(AdapterConfig(embedding=48, context_dim=40))).to(dtype)
    weight = {name: value.double().numpy() for name, value in adapter.state_dict().items()}

    def normed(rows: np.ndarray, layer: int) -> np.ndarray:
        centred = rows - rows.mean(-1, keepdims=True)
        deviation = np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
        return centred / deviation * weight[f"{layer}.weight"] + weight[f"{layer}.bias"]

    rows = normal(2, 81, 48, dtype=dtype)
    hidden = np.maximum(normed(rows.double().numpy() @ weight["0.weight"].T + weight["0.bias"], 1), 0)
    yield relative(adapter(rows), normed(hidden @ weight["3.weight"].T + weight["3.bias"], 4))
