"""Sizes of every part of a Nexus-Gen model, from the published 20 B one down to the embedded `nexus-nano`.

Nothing else in this package holds a size: a module is built from one of these frozen classes alone. `to_dict` and
`from_dict` are exact inverses and survive JSON, so a checkpoint can carry its own configuration.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar

Config = TypeVar("Config", bound="_Config")


class _Config:
    """Dictionary form shared by all parts."""

    def to_dict(self) -> dict[str, Any]:
        """The fields as plain values that JSON can hold (tuples become lists)."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls: type[Config], values: dict[str, Any]) -> Config:
        """Inverse of `to_dict`. Raises ValueError for an unknown field and TypeError for a missing one."""
        known = {field.name for field in fields(cls)}  # type: ignore[arg-type]
        unknown = sorted(set(values) - known)
        if unknown:
            raise ValueError(f"{cls.__name__}: unknown field(s) {', '.join(unknown)}; known are {', '.join(sorted(known))}")
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


@dataclass(frozen=True)
class VisionConfig(_Config):
    """Vision tower (Qwen2.5-VL): pixels -> one embedding per unit, a unit being merge_size x merge_size patches."""

    patch_size: int
    merge_size: int
    hidden: int
    depth: int
    heads: int
    mlp: int
    window: int  # side of an attention window in pixels
    full_attention_blocks: tuple[int, ...]  # 0-based; every other block attends inside windows
    out_hidden: int  # width of the shared embedding space
    temporal_patch_size: int = 2
    channels: int = 3
    rope_theta: float = 10_000.0
    rms_eps: float = 1e-6
    output_norm: bool = False  # LayerNorm without parameters on the output; the published tower has none

    def __post_init__(self) -> None:
        _require(self.hidden % self.heads == 0, f"vision: hidden {self.hidden} is not a multiple of heads {self.heads}")
        _require(self.head_dim % 4 == 0, f"vision: head dim {self.head_dim} must be a multiple of 4 (2-D rotary)")
        _require(
            self.window % self.unit == 0,
            f"vision: window {self.window} px is not a multiple of patch x merge = {self.unit} px",
        )
        _require(
            all(0 <= block < self.depth for block in self.full_attention_blocks),
            f"vision: full_attention_blocks {self.full_attention_blocks} outside 0..{self.depth - 1}",
        )

    @property
    def head_dim(self) -> int:
        return self.hidden // self.heads

    @property
    def unit(self) -> int:
        """Side in pixels of one unit, and the factor that picture sides are rounded to."""
        return self.patch_size * self.merge_size

    @property
    def window_units(self) -> int:
        """Side of a window in units."""
        return self.window // self.unit

    @property
    def window_patches(self) -> int:
        """Patches in a whole window."""
        return (self.window // self.patch_size) ** 2

    @property
    def merge_area(self) -> int:
        """Patches in one unit."""
        return self.merge_size**2

    @property
    def patch_dim(self) -> int:
        """Length of one flattened patch row, all temporal frames included."""
        return self.channels * self.temporal_patch_size * self.patch_size**2


@dataclass(frozen=True)
class LanguageConfig(_Config):
    """Autoregressive model: Qwen2.5 decoder with M-RoPE, a token head, an image head and learned image inputs.

    `hidden` is also the width of the shared embedding space: picture rows enter the decoder as they are.
    """

    layers: int
    hidden: int
    mlp: int
    heads: int
    kv_heads: int
    head_dim: int
    vocab: int
    rope_theta: float
    mrope_section: tuple[int, ...]  # frequencies that follow time, row, column, time again …; sum = head_dim / 2
    rms_eps: float = 1e-6
    image_tokens: int = 81
    tie_embeddings: bool = False

    def __post_init__(self) -> None:
        _check_attention("language", self.heads, self.kv_heads, self.head_dim, self.mrope_section)


@dataclass(frozen=True)
class AdapterConfig(_Config):
    """Generation adapter: image embeddings -> denoiser context, row by row."""

    embedding: int
    context_dim: int
    eps: float = 1e-5


@dataclass(frozen=True)
class MergerConfig(_Config):
    """Editing merger: target and reference embeddings -> denoiser context, one bidirectional layer and a projector."""

    embedding: int
    mlp: int
    heads: int
    kv_heads: int
    head_dim: int
    rope_theta: float
    mrope_section: tuple[int, ...]
    projector_hidden: int
    context_dim: int
    base_grid: int = 72  # patch positions of any grid are stretched to this many rows and columns
    rms_eps: float = 1e-6

    def __post_init__(self) -> None:
        _check_attention("merger", self.heads, self.kv_heads, self.head_dim, self.mrope_section)


@dataclass(frozen=True)
class DenoiserConfig(_Config):
    """FLUX denoiser. `in_channels` counts packed channels: latent channels x 4."""

    double_blocks: int
    single_blocks: int
    width: int
    heads: int
    head_dim: int
    in_channels: int
    context_dim: int
    pooled_dim: int
    rope_axes: tuple[int, ...]
    mlp_ratio: int = 4
    guidance: bool = True
    rope_theta: float = 10_000.0
    timestep_dim: int = 256  # width of the sinusoid behind the time and guidance embedders
    eps: float = 1e-6

    def __post_init__(self) -> None:
        _require(
            self.heads * self.head_dim == self.width,
            f"denoiser: heads {self.heads} x head_dim {self.head_dim} is not width {self.width}",
        )
        _require(
            sum(self.rope_axes) == self.head_dim and all(axis % 2 == 0 for axis in self.rope_axes),
            f"denoiser: rope_axes {self.rope_axes} must be even and sum to head_dim {self.head_dim}",
        )

    @property
    def modulation_dim(self) -> int:
        """Length of a modulation row: 12 vectors per double block, 3 per single block, 2 for the output."""
        return self.width * (12 * self.double_blocks + 3 * self.single_blocks + 2)


@dataclass(frozen=True)
class VaeConfig(_Config):
    """AutoencoderKL in FLUX's layout. Host scale: latents = (encoded - shift) * scaling."""

    latent_channels: int
    block_out_channels: tuple[int, ...]
    layers_per_block: int
    norm_groups: int  # 0: no norms, and ReLU instead of SiLU
    scaling: float
    shift: float
    in_channels: int = 3
    patch: int = 1  # side of the squares of pixels that become channels before the first and after the last convolution
    eps: float = 1e-6

    def __post_init__(self) -> None:
        _require(
            self.norm_groups == 0 or all(width % self.norm_groups == 0 for width in self.block_out_channels),
            f"vae: block_out_channels {self.block_out_channels} must be multiples of norm_groups {self.norm_groups}",
        )

    @property
    def factor(self) -> int:
        """Pixels per latent along one side."""
        return self.patch * 2 ** (len(self.block_out_channels) - 1)


@dataclass(frozen=True)
class NexusConfig:
    """All parts of one model. The embedding and context widths of the parts must agree."""

    vision: VisionConfig
    language: LanguageConfig
    adapter: AdapterConfig
    merger: MergerConfig
    denoiser: DenoiserConfig
    vae: VaeConfig

    def __post_init__(self) -> None:
        embedding = self.vision.out_hidden
        for name, value in [
            ("language.hidden", self.language.hidden),
            ("adapter.embedding", self.adapter.embedding),
            ("merger.embedding", self.merger.embedding),
        ]:
            _require(value == embedding, f"{name} is {value}, but vision.out_hidden is {embedding}")
        for name, value in [
            ("adapter.context_dim", self.adapter.context_dim),
            ("merger.context_dim", self.merger.context_dim),
        ]:
            _require(
                value == self.denoiser.context_dim,
                f"{name} is {value}, but denoiser.context_dim is {self.denoiser.context_dim}",
            )
        _require(
            self.denoiser.in_channels == 4 * self.vae.latent_channels,
            f"denoiser.in_channels is {self.denoiser.in_channels}, wanted 4 x vae.latent_channels = {4 * self.vae.latent_channels}",
        )

    def to_dict(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name).to_dict() for field in fields(self)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> NexusConfig:
        """Inverse of `to_dict`. Raises ValueError or TypeError as the parts do, KeyError for a missing part."""
        return cls(
            vision=VisionConfig.from_dict(values["vision"]),
            language=LanguageConfig.from_dict(values["language"]),
            adapter=AdapterConfig.from_dict(values["adapter"]),
            merger=MergerConfig.from_dict(values["merger"]),
            denoiser=DenoiserConfig.from_dict(values["denoiser"]),
            vae=VaeConfig.from_dict(values["vae"]),
        )

    @classmethod
    def nexus_gen_v2(cls) -> NexusConfig:
        """The published Nexus-Gen V2: Qwen2.5-VL-7B, two FLUX.1-dev denoisers of the same shape, FLUX's VAE."""
        section = (16, 24, 24)
        return cls(
            vision=VisionConfig(
                patch_size=14,
                merge_size=2,
                hidden=1280,
                depth=32,
                heads=16,
                mlp=3420,
                window=112,
                full_attention_blocks=(7, 15, 23, 31),
                out_hidden=3584,
            ),
            language=LanguageConfig(
                layers=28,
                hidden=3584,
                mlp=18_944,
                heads=28,
                kv_heads=4,
                head_dim=128,
                vocab=152_064,
                rope_theta=1_000_000.0,
                mrope_section=section,
            ),
            adapter=AdapterConfig(embedding=3584, context_dim=4096),
            merger=MergerConfig(
                embedding=3584,
                mlp=18_944,
                heads=28,
                kv_heads=4,
                head_dim=128,
                rope_theta=1_000_000.0,
                mrope_section=section,
                projector_hidden=16_384,
                context_dim=4096,
            ),
            denoiser=DenoiserConfig(
                double_blocks=19,
                single_blocks=38,
                width=3072,
                heads=24,
                head_dim=128,
                in_channels=64,
                context_dim=4096,
                pooled_dim=768,
                rope_axes=(16, 56, 56),
            ),
            vae=VaeConfig(
                latent_channels=16,
                block_out_channels=(128, 256, 512, 512),
                layers_per_block=2,
                norm_groups=32,
                scaling=0.3611,
                shift=0.1159,
            ),
        )

    @classmethod
    def nano(cls, vocab: int = 512, vae_scaling: float = 1.0, vae_shift: float = 0.0) -> NexusConfig:
        """The embedded model. It sees pictures at 144 px, 9 x 9 = 81 units (windows of 3 x 3), and draws them at 288 px.

        Rotary bases are small because positions run over 9 places only: with the published 1,000,000 the slow
        half of the frequencies would hardly turn. The language model takes time, row and column in turn, so that each
        has fast frequencies that tell neighbours apart and slow ones that hardly turn over a conversation: a question
        finds what it asks about by content however far behind the picture it stands. `vocab` belongs to the tokenizer,
        the latent scale to the trained VAE.
        """
        return cls(
            vision=VisionConfig(
                patch_size=8,
                merge_size=2,
                hidden=128,
                depth=4,
                heads=4,
                mlp=352,
                window=48,
                full_attention_blocks=(1, 3),
                out_hidden=256,
                rope_theta=100.0,
                output_norm=True,
            ),
            language=LanguageConfig(
                layers=6,
                hidden=256,
                mlp=704,
                heads=8,
                kv_heads=4,
                head_dim=32,
                vocab=vocab,
                rope_theta=1000.0,
                mrope_section=(*[1] * 14, 2),
            ),
            adapter=AdapterConfig(embedding=256, context_dim=256),
            merger=MergerConfig(
                embedding=256,
                mlp=704,
                heads=8,
                kv_heads=4,
                head_dim=32,
                rope_theta=10.0,
                mrope_section=(4, 6, 6),
                projector_hidden=512,
                context_dim=256,
                # Target and reference grid are 9 x 9 units (18 x 18 patches) alike: steps of 2 for both.
                base_grid=18,
            ),
            denoiser=DenoiserConfig(
                double_blocks=1,
                single_blocks=4,
                width=256,
                heads=8,
                head_dim=32,
                in_channels=64,
                context_dim=256,
                pooled_dim=16,
                rope_axes=(4, 14, 14),
                rope_theta=100.0,
            ),
            vae=VaeConfig(
                latent_channels=16,
                block_out_channels=(32, 48, 96, 128),
                layers_per_block=1,
                norm_groups=0,
                scaling=vae_scaling,
                shift=vae_shift,
                patch=2,
            ),
        )


def _check_attention(part: str, heads: int, kv_heads: int, head_dim: int, section: tuple[int, ...]) -> None:
    _require(heads % kv_heads == 0, f"{part}: heads {heads} is not a multiple of kv_heads {kv_heads}")
    _require(
        len(section) > 0 and len(section) % 3 == 0 and 2 * sum(section) == head_dim,
        f"{part}: mrope_section {section} must be three numbers, or a multiple of three, that sum to head_dim / 2 = {head_dim / 2:g}",
    )
