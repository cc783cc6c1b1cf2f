"""Convert the published Nexus-Gen V2 into a bundle: `darkroom-toolkit convert CHECKPOINT --flux FLUX --out BUNDLE`.

`files` reads safetensors and PyTorch archives without running pickles, `published` knows which tensor is where and checks all of
them, `text_encoders` computes the constants, `run` writes the bundle; `synthetic` writes small checkpoints of the same layout.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

PRECISIONS = ("fp32", "fp16", "int8", "int4")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", type=Path, help="folder of the published model: four shards and their index, both decoders, config, tokenizer")
    parser.add_argument("--flux", type=Path, required=True, help="folder of FLUX.1-dev: ae.safetensors, text_encoder, text_encoder_2 (its transformer is not needed)")
    parser.add_argument("--out", type=Path, required=True, help="folder of the bundle; a run that was interrupted goes on in it")
    parser.add_argument("--precision", choices=PRECISIONS, default="fp16", help="how weights are stored and run (default: fp16)")
    parser.add_argument("--graph", action="append", default=[], metavar="NAME=PRECISION", help="another precision for one graph, for example language=int8; may be given several times")
    parser.add_argument("--block", type=int, choices=(16, 32, 64, 128, 256), default=32, help="inputs that share a scale in int8 and int4 (default: 32)")
    parser.add_argument("--file-bytes", type=int, default=2 * 10**9, help="size at which a graph's weights go on in another file (default: 2000000000)")
    parser.add_argument("--without-editing", action="store_true", help="leave the editing decoder out; edit_decoder.bin is then not needed")
    parser.add_argument("--without-negative", action="store_true", help="leave T5's rows out: no classifier-free guidance; text_encoder_2 is then not needed")
    parser.add_argument("--sizes", type=Path, help="JSON file with the sizes of a model that is not the published one")
    parser.add_argument("--revision", default="main", help="what the manifest says about which revision was fetched (default: main)")
    parser.add_argument("--dry-run", action="store_true", help="check every name and shape and print what the bundle will take; writes nothing")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads, for T5 (default: 1)")


def main(arguments: argparse.Namespace) -> None:
    """Check the files, and convert them unless it is a dry run."""
    import torch

    from ..nexus import NexusConfig
    from .published import open_published
    from .run import Settings, convert, plan, table

    torch.set_num_threads(arguments.threads)
    config = NexusConfig.nexus_gen_v2() if arguments.sizes is None else NexusConfig.from_dict(json.loads(arguments.sizes.read_text(encoding="utf-8")))
    settings = Settings(arguments.precision, _per_graph(arguments.graph), arguments.block, arguments.file_bytes)
    published = open_published(
        arguments.checkpoint,
        arguments.flux,
        config,
        revision=arguments.revision,
        editing=not arguments.without_editing,
        negative=not arguments.without_negative,
    )
    if arguments.dry_run:
        print(table(plan(published, settings)))
        return
    done = convert(published, arguments.out, settings, progress=True)
    print(f"{len(done.written)} graphs written, {len(done.skipped)} were there; {done.bytes / 1e9:.2f} GB in {done.folder}")


def _per_graph(given: list[str]) -> tuple[tuple[str, str], ...]:
    """`language=int8` and so on; an unknown name or precision is found later, where the graphs are known."""
    pairs = [item.partition("=") for item in given]
    wrong = [name for name, equals, _ in pairs if not equals]
    if wrong:
        raise ValueError(f"--graph {wrong[0]}: wanted NAME=PRECISION, for example language=int8")
    return tuple((name, precision) for name, _, precision in pairs)
