"""The page of the experiment in `prefilled`: a table, a plot, the command."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from ..world.language import GENEVAL_CATEGORIES
from .prefilled import BATCH, Outcome

NAMES = {
    "prefilled": "prefilled",
    "forced": "plain, true embeddings before",
    "plain": "plain, own embeddings before",
}
COLOURS = {"prefilled": "#2a6fdb", "forced": "#9aa0a6", "plain": "#d9480f"}


def write_page(outcomes: Sequence[Outcome], page: Path, command: str) -> None:
    """Write `page` and, beside it in `images`, its plot."""
    picture = page.parent / "images" / f"{page.stem}.png"
    picture.parent.mkdir(parents=True, exist_ok=True)
    _plot(outcomes, picture)
    first = outcomes[0]
    seeds = len({outcome.seed for outcome in outcomes})
    page.write_text(
        f"""# Prefilled against plain autoregression

How should a language model write the embeddings of a picture? *Plain*: one after the other, each behind the ones it wrote before.
*Prefilled*, as Nexus-Gen does: the rows of the picture hold learned embeddings, the same for every picture, and one pass writes all of
them. The paper's reason is that a plain model is trained behind true embeddings and runs behind its own, so that errors add up.

This is the comparison at the size of nexus-nano. Two language models ({seeds} seeds each) start from the same random weights and see the same
prompts in the same order, {first.steps} steps of {BATCH} prompts; a step is one pass forward and one back over the same rows for both. Each is then asked for pictures of {first.cases}
held-out prompts of each of GenEval's six categories, half of them Chinese. A prompt counts as met when the scene that the tower's
readout finds in the embeddings, drawn without fault, passes the checker that `evaluate` uses; no image decoder takes part.

{table(outcomes)}

Shares and distances are means over seeds, ± the standard deviation between seeds. Distance is 1 − cosine similarity to the true embedding.

![Distance by position](images/{picture.name})

*Distance from the true embedding by position in the picture; lines are means over seeds, bands the range.*

{findings(outcomes)}

Both models are young: {first.steps * BATCH:,} prompts are a small part of what the shipped model has seen ([nexus-nano.md](nexus-nano.md)), and what is learned last,
where two objects stand to each other, is low for both. The comparison says which way learns faster, not what either reaches in the end.

Made by

```
cd models/toolkit
darkroom-toolkit restore ../nexus-nano                        # the tower of the shipped bundle
darkroom-toolkit train tower --only readout --minutes 3       # what reads scenes from embeddings; no bundle holds it
{command}
```

A run that is stopped goes on where it was.
""",
        encoding="utf-8",
    )


def table(outcomes: Sequence[Outcome]) -> str:
    """Markdown: a line for each way of writing."""
    lines = [
        f"| | {' | '.join(category.replace('_', ' ') for category in GENEVAL_CATEGORIES)} | all | distance | first 9 rows | last 9 rows |",
        "|---" * (len(GENEVAL_CATEGORIES) + 5) + "|",
    ]
    for mode in _modes(outcomes):
        own = [outcome for outcome in outcomes if outcome.mode == mode]
        shares = np.array([[outcome.right[category] for category in GENEVAL_CATEGORIES] for outcome in own])
        distances = np.array([outcome.distance for outcome in own])
        cells = [_share(column) for column in (*shares.T, shares.mean(axis=1))]
        cells += [f"{part.mean():.3f} ± {part.mean(axis=1).std():.3f}" for part in (distances, distances[:, :9], distances[:, -9:])]
        lines.append(f"| {NAMES[mode]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def findings(outcomes: Sequence[Outcome]) -> str:
    """What the numbers say, whatever they say."""
    overall = {mode: np.mean([list(o.right.values()) for o in outcomes if o.mode == mode]) for mode in _modes(outcomes)}
    late = {mode: _late_over_early([o for o in outcomes if o.mode == mode]) for mode in _modes(outcomes)}
    ahead = "prefilled" if overall["prefilled"] > overall["plain"] else "plain"
    behind = "plain" if ahead == "prefilled" else "prefilled"
    agrees = "as the paper says" if ahead == "prefilled" else "against what the paper says"
    return (
        f"At inference {ahead} autoregression meets {overall[ahead]:.1%} of prompts and {behind} {overall[behind]:.1%}, {agrees}. "
        f"Behind true embeddings the plain model would meet {overall['forced']:.1%}: the difference of {overall['forced'] - overall['plain']:.1%} to its own "
        f"is what running behind its own errors costs. From the first nine embeddings to the last nine, the distance changes by a factor of "
        f"{late['prefilled']:.2f} for prefilled and {late['plain']:.2f} for plain. One pass against 81 is the other difference: see *image block* in [benchmarks.md](benchmarks.md)."
    )


def _late_over_early(outcomes: Sequence[Outcome]) -> float:
    distances = np.array([outcome.distance for outcome in outcomes])
    return float(distances[:, -9:].mean() / distances[:, :9].mean())


def _modes(outcomes: Sequence[Outcome]) -> list[str]:
    return [mode for mode in NAMES if any(outcome.mode == mode for outcome in outcomes)]


def _share(values: np.ndarray) -> str:
    return f"{values.mean():.1%} ± {100 * values.std():.1f}"


def _plot(outcomes: Sequence[Outcome], path: Path) -> None:
    figure, axes = plt.subplots(figsize=(8, 4), dpi=120)
    for mode in _modes(outcomes):
        distances = np.array([outcome.distance for outcome in outcomes if outcome.mode == mode])
        positions = np.arange(1, distances.shape[1] + 1)
        axes.plot(positions, distances.mean(axis=0), color=COLOURS[mode], label=NAMES[mode], linewidth=1.6)
        axes.fill_between(positions, distances.min(axis=0), distances.max(axis=0), color=COLOURS[mode], alpha=0.15, linewidth=0)
    axes.set_xlabel("position of the embedding in the picture")
    axes.set_ylabel("1 − cosine similarity")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.25)
    axes.legend(frameon=False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)
