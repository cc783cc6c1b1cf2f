"""Writes a tiny FLUX pipeline and a tiny Stable Diffusion pipeline with random weights: python tiny_pipelines.py FOLDER

Every part is the true class of diffusers or transformers, with sizes of a few dozen. Nothing is downloaded.
"""

import json
import sys
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    FlowMatchEulerDiscreteScheduler,
    FluxKontextPipeline,
    FluxPipeline,
    FluxTransformer2DModel,
    PNDMScheduler,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer, T5Config, T5EncoderModel, T5TokenizerFast

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def clip_tokenizer(folder: Path) -> CLIPTokenizer:
    """A token for each letter."""
    folder.mkdir(parents=True, exist_ok=True)
    words = [*LETTERS, *(f"{letter}</w>" for letter in LETTERS), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({word: index for index, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=77)


def t5_tokenizer() -> T5TokenizerFast:
    words = {word: index for index, word in enumerate(["<pad>", "</s>", "<unk>", *LETTERS])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    return T5TokenizerFast(tokenizer_object=tokenizer, extra_ids=0, model_max_length=512)


def clip_text_model(tokenizer: CLIPTokenizer) -> CLIPTextModel:
    end = tokenizer.eos_token_id
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=37,
        num_attention_heads=4,
        num_hidden_layers=2,
        bos_token_id=end - 1,
        eos_token_id=end,
        pad_token_id=end,
    )
    return CLIPTextModel(config)


def autoencoder(latent_channels: int, **settings) -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=(16, 32),
        down_block_types=["DownEncoderBlock2D"] * 2,
        up_block_types=["UpDecoderBlock2D"] * 2,
        latent_channels=latent_channels,
        norm_num_groups=8,
        sample_size=32,
        **settings,
    )


def flux(folder: Path, kind=FluxPipeline) -> None:
    torch.manual_seed(0)
    clip, t5 = clip_tokenizer(folder / "scratch"), t5_tokenizer()
    transformer = FluxTransformer2DModel(
        patch_size=1,
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=32,
        pooled_projection_dim=32,
        axes_dims_rope=[4, 4, 8],
        guidance_embeds=True,
    )
    t5_config = T5Config(
        vocab_size=len(t5), d_model=32, d_ff=37, d_kv=8, num_heads=4, num_layers=2, pad_token_id=0, eos_token_id=1
    )
    parts = dict(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        text_encoder=clip_text_model(clip),
        tokenizer=clip,
        text_encoder_2=T5EncoderModel(t5_config),
        tokenizer_2=t5,
        transformer=transformer,
        vae=autoencoder(4, shift_factor=0.06, scaling_factor=1.5, use_quant_conv=False, use_post_quant_conv=False),
    )
    kind(**parts).save_pretrained(folder)


def stable_diffusion(folder: Path, scheduler) -> None:
    torch.manual_seed(0)
    clip = clip_tokenizer(folder / "scratch")
    unet = UNet2DConditionModel(
        block_out_channels=(16, 32),
        layers_per_block=1,
        sample_size=32,
        in_channels=4,
        out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=32,
        attention_head_dim=4,
        norm_num_groups=8,
    )
    StableDiffusionPipeline(
        vae=autoencoder(4),
        text_encoder=clip_text_model(clip),
        tokenizer=clip,
        unet=unet,
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    betas = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
    flux(target / "flux")
    # Looks at the picture that it edits beside the one that it draws.
    flux(target / "kontext", FluxKontextPipeline)
    stable_diffusion(target / "stable-diffusion", PNDMScheduler(skip_prk_steps=True, steps_offset=1, **betas))
    # A scheduler whose x0 a test can compare with the picture at the end.
    stable_diffusion(target / "ddim", DDIMScheduler(clip_sample=False, set_alpha_to_one=True, steps_offset=0, **betas))
