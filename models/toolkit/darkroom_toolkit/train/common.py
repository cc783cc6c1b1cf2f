"""What every training stage shares: a time budget, a schedule over it, averaged weights, checkpoints and a log line.

A stage is given minutes rather than steps, because machines differ and a schedule should end when the time does: progress is the
share of the budget that is used, kept in the checkpoint, so that a stage resumes where it was stopped.
"""

from __future__ import annotations

import copy
import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import nn

CHECKPOINT_SECONDS = 120
LOG_SECONDS = 30
#: A longer gap between two steps means that the process was suspended; it costs no more than this.
LONGEST_STEP_SECONDS = 60


def learning_rate(progress: float, peak: float, warmup: float = 0.02, final: float = 0.03) -> float:
    """Linear warm-up over the first `warmup` of the budget, then a cosine down to `final` of the peak."""
    if progress < warmup:
        return peak * max(progress / warmup, 0.01)
    done = min((progress - warmup) / (1 - warmup), 1.0)
    return peak * (final + (1 - final) * 0.5 * (1 + math.cos(math.pi * done)))


@dataclass
class Stage:
    """One training run of one set of modules, resumable from `folder/name.pt`.

    Use: `stage.restore()`, then `while stage.running(): loss = …; stage.update(loss, {'name': value})`.
    """

    name: str
    modules: dict[str, nn.Module]
    folder: Path
    minutes: float
    peak_rate: float
    weight_decay: float = 0.02
    average_decay: float = 0.999
    clip: float = 1.0
    #: Whether the matrices and convolutions inside the blocks are trained by Muon rather than AdamW.
    muon: bool = False
    #: Beginning of the names (`module.tensor`) of what is trained; everything else is frozen.
    only: str = ""
    step: int = 0
    elapsed: float = 0.0
    averages: dict[str, nn.Module] = field(default_factory=dict)
    #: Copies in bfloat16 that run forward and backward; the float32 modules are the optimiser's.
    working: dict[str, nn.Module] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        matrices, decayed, plain = [], [], []
        for part, module in self.modules.items():
            for name, parameter in module.named_parameters():
                parameter.requires_grad_(parameter.requires_grad and f"{part}.{name}".startswith(self.only))
                if not parameter.requires_grad:
                    continue
                inner = self.muon and parameter.ndim >= 2 and (".layers." in name or "block" in name)
                (matrices if inner else decayed if parameter.ndim >= 2 else plain).append(parameter)
        if not (matrices or decayed or plain):
            raise ValueError(f"nothing in stage {self.name} is called {self.only}…; its modules are {', '.join(self.modules)}")
        groups = [{"params": decayed, "weight_decay": self.weight_decay}, {"params": plain, "weight_decay": 0.0}]
        self.optimisers: list[torch.optim.Optimizer] = [
            torch.optim.AdamW(groups, lr=self.peak_rate, betas=(0.9, 0.98), eps=1e-8, fused=True)
        ]
        # Muon knows matrices only: a convolution is shown to it as [outputs, inputs x taps], on the same memory.
        self._matrices = [(parameter, nn.Parameter(parameter.data.view(len(parameter), -1))) for parameter in matrices]
        if matrices:  # its updates scaled to the size of AdamW's, so that one learning rate serves both
            self.optimisers.append(
                torch.optim.Muon([matrix for _, matrix in self._matrices], lr=self.peak_rate, weight_decay=self.weight_decay, adjust_lr_fn="match_rms_adamw")
            )
        self.averages = {name: copy.deepcopy(module).requires_grad_(False) for name, module in self.modules.items()}
        # Convolutions are half again as fast with channels last; nothing else has four axes.
        self.working = {
            name: _channels_last(copy.deepcopy(module).to(torch.bfloat16)) for name, module in self.modules.items()
        }
        self._tick = self._logged = self._saved = time.monotonic()
        self._sums: dict[str, float] = {}
        self._counts: dict[str, int] = {}

    @property
    def path(self) -> Path:
        return self.folder / f"{self.name}.pt"

    @property
    def progress(self) -> float:
        """Used share of the budget, 0 to 1."""
        return min(self.elapsed / (60 * self.minutes), 1.0)

    @property
    def spent(self) -> str:
        """What is used of the budget, for people."""
        return f"{self.elapsed / 60:.1f} of {self.minutes:g} min"

    def restore(self) -> None:
        """Go on from the last checkpoint where there is one."""
        if not self.path.exists():
            return
        state = torch.load(self.path, map_location="cpu", weights_only=True)
        for name, module in self.modules.items():
            module.load_state_dict(state["modules"][name])
            self.averages[name].load_state_dict(state["averages"][name])
        if state["optimisers"]:  # none where the weights were read back from a bundle
            for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
                optimiser.load_state_dict(saved)
        self._refresh_working()
        self.step, self.elapsed = state["step"], state["elapsed"]
        print(f"{self.name}: resumed at step {self.step}, {self.spent}", flush=True)

    def running(self) -> bool:
        """Whether the budget is not used up; writes the last checkpoint when it is."""
        if self.progress < 1.0:
            return True
        self.save()
        return False

    def update(self, loss: torch.Tensor, report: dict[str, float]) -> None:
        """One optimiser step on `loss`, computed with the `working` copies; `report` is averaged into the log line."""
        loss.backward()
        if all(copies.grad is None for _, copies in self._pairs()):
            raise ValueError(f"stage {self.name}: the loss does not depend on the working copies; compute it with them")
        for ours, copies in self._pairs():
            # In the layout of `ours`: the fused AdamW reads both as they lie in memory, and would mix up the taps of a channels-last gradient.
            ours.grad = None if copies.grad is None else torch.empty_like(ours).copy_(copies.grad)
            copies.grad = None
        for parameter, matrix in self._matrices:
            matrix.grad = None if parameter.grad is None else parameter.grad.reshape_as(matrix)
        groups = [group for optimiser in self.optimisers for group in optimiser.param_groups]
        nn.utils.clip_grad_norm_([p for group in groups for p in group["params"]], self.clip)
        for group in groups:
            group["lr"] = learning_rate(self.progress, self.peak_rate)
        for optimiser in self.optimisers:
            optimiser.step()
        self._refresh_working()
        self.step += 1
        decay = min(self.average_decay, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for name, module in self.modules.items():
                ours = [p for p in module.parameters() if p.requires_grad]
                theirs = [a for p, a in zip(module.parameters(), self.averages[name].parameters(), strict=True) if p.requires_grad]
                if ours:
                    torch._foreach_lerp_(theirs, ours, 1 - decay)
        for key, value in report.items():
            self._sums[key] = self._sums.get(key, 0.0) + float(value)
            self._counts[key] = self._counts.get(key, 0) + 1
        self._clock()

    def _pairs(self) -> Iterator[tuple[nn.Parameter, nn.Parameter]]:
        for name, module in self.modules.items():
            yield from zip(module.parameters(), self.working[name].parameters(), strict=True)

    @torch.no_grad()
    def _refresh_working(self) -> None:
        for ours, copies in self._pairs():
            copies.copy_(ours)

    def _clock(self) -> None:
        now = time.monotonic()
        self.elapsed += min(now - self._tick, LONGEST_STEP_SECONDS)
        self._tick = now
        if now - self._logged > LOG_SECONDS:
            means = "  ".join(f"{key} {self._sums[key] / self._counts[key]:.4f}" for key in sorted(self._sums))
            print(f"{self.name}: step {self.step}  {self.spent}  {means}", flush=True)
            self._sums, self._counts, self._logged = {}, {}, now
        if now - self._saved > CHECKPOINT_SECONDS:
            self.save()

    def save(self) -> None:
        """Write the checkpoint; never leaves a half-written one."""
        state = {
            "modules": {name: module.state_dict() for name, module in self.modules.items()},
            "averages": {name: module.state_dict() for name, module in self.averages.items()},
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "step": self.step,
            "elapsed": self.elapsed,
        }
        temporary = self.path.with_suffix(".tmp")
        torch.save(state, temporary)
        os.replace(temporary, self.path)
        self._saved = self._tick = time.monotonic()


def _channels_last(module: nn.Module) -> nn.Module:
    for parameter in module.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return module


def load_average(path: Path, module: nn.Module, name: str) -> nn.Module:
    """`module` with the averaged weights of a stage's checkpoint, frozen, in evaluation mode.

    Raises ValueError where the checkpoint holds random weights in its place (`restore` writes such, of what no bundle holds).
    """
    state = torch.load(path, map_location="cpu", weights_only=True)
    if name in state.get("untrained", ()):
        stage = path.stem
        raise ValueError(f"the {name} in {path} is not trained yet: darkroom-toolkit train {stage} --only {name} --minutes 3 --runs {path.parent}")
    module.load_state_dict(state["averages"][name])
    return module.requires_grad_(False).eval()
