"""Write a graph whose weights are read one after another, in the precision that they also run in.

`onnx_file.compress` stores the weights of a small model smaller and lets the runtime widen them when it loads; a large model has
to stay small in memory too. So here the operators themselves take the stored form:

| precision | matrix products | embedding tables | convolutions |
|---|---|---|---|
| `fp32` | float32 | float32 | float32 |
| `fp16` | float16 weights and operands, rows around them float32 | float16 rows, widened after the look-up | float16, widened on loading |
| `int8` | `MatMulNBits`, 8 bits, one scale per block of inputs; on a CPU of integers, the rows rounded too | int8 rows with one scale each | as in fp16 |
| `int4` | `MatMulNBits`, 4 bits, of float32 | as in int8 | as in fp16 |

Norms, biases, softmax and the residual stream are float32 in all of them, and so are inputs and outputs: to the engine the
precisions look alike. Matrices of fewer than `COMPRESS_FROM` values stay float32.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper
from torch import Tensor, nn

from .onnx_file import COMPRESS_FROM, FLOAT16_MAX, quantise
from .skeleton import DOMAIN, PRODUCT, Skeleton
from .weight_files import WeightFiles

Precision = Literal["fp32", "fp16", "int8", "int4"]
PRECISIONS: tuple[Precision, ...] = ("fp32", "fp16", "int8", "int4")
#: Inputs that share one scale, in int8 and int4. The runtime knows 16, 32, 64, 128 and 256.
BLOCKS = (16, 32, 64, 128, 256)
DEFAULT_BLOCK = 32
#: Values that are read and stored at a time: 8 MiB as float32, whatever the size of the tensor.
PIECE_VALUES = 2 * 2**20
#: `MatMulNBits` lives beside the standard operators.
RUNTIME_DOMAIN = "com.microsoft"
#: By the bits of the weights, what a CPU may round the rows to that they are multiplied with: 4 is int8, 0 nothing. Without leave to do
#: so it widens a whole matrix of 8 bits at every call, which costs one row 80 times the time; 4 bits have a kernel of their own.
ACCURACY_LEVEL = {8: 4, 4: 0}

ReadWeight = Callable[[nn.Parameter], Tensor]


class Use(Enum):
    """What a graph does with a weight, which decides how it can be stored."""

    PRODUCT = "matrix product"
    TABLE = "embedding table"
    KERNEL = "convolution"
    PLAIN = "anything else"


@dataclass(frozen=True)
class Storage:
    """How the weights of one graph are stored."""

    precision: Precision = "fp32"
    block: int = DEFAULT_BLOCK

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision {self.precision!r}; known are {', '.join(PRECISIONS)}")
        if self.block not in BLOCKS:
            raise ValueError(f"block of {self.block} inputs; known are {', '.join(map(str, BLOCKS))}")

    @property
    def bits(self) -> int:
        return 4 if self.precision == "int4" else 8

    def form(self, use: Use, values: int) -> Precision:
        """What is really done with a weight of `values` values."""
        if use is Use.PLAIN or self.precision == "fp32" or values < COMPRESS_FROM:
            return "fp32"
        if use is Use.KERNEL:
            return "fp16"
        return "int8" if use is Use.TABLE and self.precision == "int4" else self.precision

    def byte_count(self, use: Use, shape: tuple[int, ...]) -> int:
        """Bytes of one weight, its scales included."""
        values = int(np.prod(shape))
        rows, columns = shape[0], values // shape[0]
        form = self.form(use, values)
        if form in ("fp32", "fp16"):
            return values * (4 if form == "fp32" else 2)
        if use is Use.TABLE:
            return values + 4 * rows
        blocks = -(-columns // self.block)
        return rows * blocks * (self.block * self.bits // 8 + 4)


def uses_of(skeleton: Skeleton) -> dict[str, Use]:
    """What the graph does with each of its weights, by their names in it."""
    sites = _Sites(skeleton)
    return {name: sites.uses.get(name, Use.PLAIN) for name in skeleton.parameters}


def byte_count(skeleton: Skeleton, storage: Storage) -> int:
    """Bytes of all weights of a graph."""
    uses = uses_of(skeleton)
    return sum(storage.byte_count(uses[name], tuple(parameter.shape)) for name, parameter in skeleton.parameters.items())


def write_weights(
    skeleton: Skeleton,
    read: ReadWeight,
    path: Path,
    storage: Storage,
    *,
    file_bytes: int | None = None,
    advance: Callable[[int], None] | None = None,
) -> list[dict[str, Any]]:
    """Write the graph to `path` and its weights beside it; the skeleton's model is used up.

    Args:
        read: gives the values of a parameter, in its shape and any float type. Slices of the result are what is read, so it may be
            mapped from a file of any size.
        file_bytes, advance: as `WeightFiles`.

    Returns: path, sha256 and size of each file of weights.

    Raises: `ValueError` for values that are not finite, or too large for float16.
    """
    with WeightFiles(path, file_bytes=file_bytes, advance=advance) as files:
        model = _Rewriter(skeleton, read, files, storage).rewritten()
    path.write_bytes(model.SerializeToString(deterministic=True))
    return files.written


def quantise_blocks(rows: np.ndarray, bits: int, block: int) -> tuple[np.ndarray, np.ndarray]:
    """[N, K] to unsigned integers [N, blocks, block * bits / 8], as `MatMulNBits` packs them, and float32 scales [N, blocks].

    A value is (integer - 2^(bits - 1)) * scale. The value of a block that is furthest from zero becomes integer 0 exactly, whatever
    its sign, so all 2^bits integers are of use. The last block of a row is filled with zeros.
    """
    count, width = rows.shape
    blocks = -(-width // block)
    middle = 2 ** (bits - 1)
    padded = np.zeros((count, blocks * block), np.float32)
    padded[:, :width] = rows
    cut = padded.reshape(count, blocks, block)
    furthest = np.take_along_axis(cut, np.abs(cut).argmax(axis=2)[..., None], axis=2)
    scales = (furthest / -middle).astype(np.float32)
    scales[scales == 0] = 1
    integers = np.clip(np.rint(cut / scales) + middle, 0, 2**bits - 1).astype(np.uint8)
    packed = integers if bits == 8 else integers[..., 0::2] | (integers[..., 1::2] << 4)  # the lower half byte comes first
    return packed, scales[..., 0]


class _Sites:
    """Where a graph uses its weights."""

    def __init__(self, skeleton: Skeleton) -> None:
        names = set(skeleton.parameters)
        #: Value -> the weight that it is a rearranged copy of: the tower flattens and turns a kernel to multiply with it. Such nodes
        #: are dropped, since what is stored is arranged already.
        self.views: dict[str, str] = {}
        self.uses: dict[str, Use] = {}
        self._transposed: set[str] = set()
        for node in skeleton.model.graph.node:
            self._look_at(node, names)

    def absorbed(self, node: NodeProto) -> bool:
        return node.output[0] in self.views

    def weight_of(self, node: NodeProto) -> tuple[str, Use]:
        """The weight that a product, a look-up or a convolution is made with; no name and PLAIN for every other node."""
        for value in node.input:
            name = self.views.get(value, value)
            if self.uses.get(name, Use.PLAIN) is not Use.PLAIN:
                return name, self.uses[name]
        return "", Use.PLAIN

    def _look_at(self, node: NodeProto, names: set[str]) -> None:
        if node.domain == DOMAIN:
            # Product(rows, weight), Table(weight, ids)
            self._set(node.input[1], Use.PRODUCT) if node.op_type == PRODUCT else self._set(node.input[0], Use.TABLE)
        elif node.op_type == "Flatten" and node.input[0] in names:
            self.views[node.output[0]] = node.input[0]
        elif node.op_type == "Transpose" and node.input[0] in self.views:
            self.views[node.output[0]] = self.views[node.input[0]]
            self._transposed.add(node.output[0])
        elif node.op_type == "MatMul" and node.input[1] in self._transposed:
            self._set(self.views[node.input[1]], Use.PRODUCT)
        elif node.op_type == "Conv" and node.input[1] in names:
            self._set(node.input[1], Use.KERNEL)
        else:
            surprising = [self.views[name] for name in node.input if name in self.views]
            if surprising:
                raise RuntimeError(f"{node.op_type} takes a rearranged {surprising[0]}; only matrix products are expected to")
            for name in node.input:
                if name in names:
                    self._set(name, Use.PLAIN)

    def _set(self, name: str, use: Use) -> None:
        if self.uses.setdefault(name, use) is not use:
            raise RuntimeError(f"{name} is used as {use.value} and as {self.uses[name].value}")


@dataclass
class _Rewriter:
    """One pass over the nodes, storing each weight where it is first used."""

    skeleton: Skeleton
    read: ReadWeight
    files: WeightFiles
    storage: Storage
    _tensors: list[TensorProto] = field(default_factory=list)
    _nodes: list[NodeProto] = field(default_factory=list)
    _stored: set[str] = field(default_factory=set)

    def rewritten(self) -> onnx.ModelProto:
        model = self.skeleton.model
        sites = _Sites(self.skeleton)
        for node in model.graph.node:
            if sites.absorbed(node):
                continue
            name, use = sites.weight_of(node)
            if use is Use.PLAIN:
                for value in node.input:
                    if value in self.skeleton.parameters:
                        self._store_plain(value)
                self._nodes.append(node)
            elif use is Use.PRODUCT:
                self._product(node, name)
            elif use is Use.TABLE:
                self._table(node, name)
            else:
                self._kernel(node, name)
        ports = [value for value in model.graph.input if value.name not in self.skeleton.parameters]
        domains = [domain for domain in model.opset_import if domain.domain != DOMAIN]
        if any(node.domain == RUNTIME_DOMAIN for node in self._nodes):
            domains.append(helper.make_opsetid(RUNTIME_DOMAIN, 1))
        graph = model.graph
        for target, source in ((graph.node, self._nodes), (graph.input, ports), (graph.initializer, self._tensors), (model.opset_import, domains)):
            kept = [type(item).FromString(item.SerializeToString()) for item in source]
            del target[:]
            target.extend(kept)
        return model

    # One method for each use

    def _product(self, node: NodeProto, name: str) -> None:
        rows = self.read(self.skeleton.parameters[name]).flatten(1)  # [N, K]
        count, width = rows.shape
        form = self.storage.form(Use.PRODUCT, rows.numel())
        x, y = node.input[0], node.output[0]
        if form == "fp32":
            self._store(name, TensorProto.FLOAT, [width, count], _columns(name, rows, np.float32))
            self._nodes.append(helper.make_node("MatMul", [x, name], [y], name=node.name))
        elif form == "fp16":
            self._store(name, TensorProto.FLOAT16, [width, count], _columns(name, rows, np.float16))
            self._add("Cast", [x], f"{x}.half", to=TensorProto.FLOAT16)
            self._nodes.append(helper.make_node("MatMul", [f"{x}.half", name], [f"{y}.half"], name=node.name))
            self._nodes.append(helper.make_node("Cast", [f"{y}.half"], [y], to=TensorProto.FLOAT))
        else:
            self._store_blocks(name, rows)
            shape = {"K": width, "N": count, "bits": self.storage.bits, "block_size": self.storage.block}
            shape["accuracy_level"] = ACCURACY_LEVEL[self.storage.bits]
            inputs = [x, name, f"{name}.scales"]
            self._nodes.append(helper.make_node("MatMulNBits", inputs, [y], name=node.name, domain=RUNTIME_DOMAIN, **shape))

    def _table(self, node: NodeProto, name: str) -> None:
        rows = self.read(self.skeleton.parameters[name])  # [N, K]
        form = self.storage.form(Use.TABLE, rows.numel())
        ids, y = node.input[1], node.output[0]
        if form == "fp32":
            self._store(name, TensorProto.FLOAT, rows.shape, _rows(name, rows, np.float32))
            self._nodes.append(helper.make_node("Gather", [name, ids], [y]))
            return
        if form == "fp16":
            self._store(name, TensorProto.FLOAT16, rows.shape, _rows(name, rows, np.float16))
        else:
            self._store_table(name, rows)
            self._add("Gather", [f"{name}.scales", ids], f"{y}.scales")
        self._add("Gather", [name, ids], f"{y}.stored")
        wide = y if form == "fp16" else f"{y}.wide"
        self._add("Cast", [f"{y}.stored"], wide, to=TensorProto.FLOAT)
        if form != "fp16":
            self._add("Mul", [wide, f"{y}.scales"], y)

    def _kernel(self, node: NodeProto, name: str) -> None:
        kernel = self.read(self.skeleton.parameters[name])
        if self.storage.form(Use.KERNEL, kernel.numel()) == "fp32":
            self._store(name, TensorProto.FLOAT, kernel.shape, _rows(name, kernel, np.float32))
        else:
            self._store(f"{name}.half", TensorProto.FLOAT16, kernel.shape, _rows(name, kernel, np.float16))
            self._add("Cast", [f"{name}.half"], name, to=TensorProto.FLOAT)
        for value in node.input:
            if value != name and value in self.skeleton.parameters:
                self._store_plain(value)
        self._nodes.append(node)

    def _store_plain(self, name: str) -> None:
        values = self.read(self.skeleton.parameters[name])
        self._store(name, TensorProto.FLOAT, values.shape, _rows(name, values, np.float32))

    # Storing

    def _add(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> None:
        """A node, unless it is there already: several products may widen or narrow the same rows."""
        if output not in self._stored:
            self._stored.add(output)
            self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))

    def _store(self, name: str, kind: int, dims: Any, pieces: Iterator[np.ndarray]) -> None:
        if name in self._stored:
            return
        self._stored.add(name)
        tensor = TensorProto(name=name, data_type=kind, dims=list(dims))
        item = helper.tensor_dtype_to_np_dtype(kind).itemsize
        self.files.store(tensor, int(np.prod(dims)) * item, (np.ascontiguousarray(piece).tobytes() for piece in pieces))
        self._tensors.append(tensor)

    def _store_blocks(self, name: str, rows: Tensor) -> None:
        """Packed integers as they come, then the scales that came with them."""
        bits, block = self.storage.bits, self.storage.block
        blocks = -(-rows.shape[1] // block)
        scales: list[np.ndarray] = []

        def packed() -> Iterator[np.ndarray]:
            for piece in _rows(name, rows, np.float32):
                integers, scale = quantise_blocks(piece, bits, block)
                scales.append(scale)
                yield integers

        self._store(name, TensorProto.UINT8, [len(rows), blocks, block * bits // 8], packed())
        self._store(f"{name}.scales", TensorProto.FLOAT, [len(rows), blocks], iter(scales))

    def _store_table(self, name: str, rows: Tensor) -> None:
        """Symmetric int8 rows, then one scale for each."""
        scales: list[np.ndarray] = []

        def integers() -> Iterator[np.ndarray]:
            for piece in _rows(name, rows, np.float32):
                quantised, scale = quantise(piece, axis=0)
                scales.append(scale)
                yield quantised

        self._store(name, TensorProto.INT8, rows.shape, integers())
        self._store(f"{name}.scales", TensorProto.FLOAT, [len(rows), 1], iter(scales))


def _rows(name: str, values: Tensor, kind: type[np.floating[Any]]) -> Iterator[np.ndarray]:
    """The values in order, some first indexes at a time."""
    step = max(1, PIECE_VALUES // max(1, values[0].numel()))
    for start in range(0, len(values), step):
        yield _narrowed(name, values[start : start + step].float().numpy(), kind)


def _columns(name: str, rows: Tensor, kind: type[np.floating[Any]]) -> Iterator[np.ndarray]:
    """[N, K] turned round to [K, N], some columns at a time."""
    step = max(1, PIECE_VALUES // len(rows))
    for start in range(0, rows.shape[1], step):
        yield _narrowed(name, rows[:, start : start + step].T.float().contiguous().numpy(), kind)


def _narrowed(name: str, values: np.ndarray, kind: type[np.floating[Any]]) -> np.ndarray:
    largest = float(np.abs(values).max(initial=0.0))
    if not np.isfinite(largest):
        raise ValueError(f"{name} holds values that are not finite; the file is damaged, fetch it again")
    if kind is np.float16 and largest > FLOAT16_MAX:
        raise ValueError(f"{name} holds {largest:.3g}, but float16 ends at {FLOAT16_MAX:.0f}; store this graph as fp32 or int8")
    return values.astype(kind, copy=False)
