"""Sigma schedule, Euler step and training weights (specification 5.4, 8.4, 10)."""

from __future__ import annotations

import numpy as np
import pytest

from darkroom_toolkit.nexus.schedule import (
    euler_step,
    guided,
    predicted_clean,
    sigma_schedule,
    training_schedule,
    training_weights,
)


def test_a_schedule_falls_from_one_to_zero() -> None:
    for steps in (1, 2, 7):
        sigmas = sigma_schedule(steps)
        assert len(sigmas) == steps + 1
        assert sigmas[0] == 1 and sigmas[-1] == 0
        assert (np.diff(sigmas) < 0).all()


def test_no_steps_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1, got 0"):
        sigma_schedule(0)


def test_the_true_velocity_leads_to_the_clean_latents_in_any_number_of_steps() -> None:
    rng = np.random.default_rng(0)
    clean, noise = rng.normal(size=(2, 3, 4))
    latents, velocity = noise, noise - clean
    sigmas = sigma_schedule(5)
    for sigma, following in zip(sigmas, sigmas[1:]):
        np.testing.assert_allclose(predicted_clean(latents, velocity, sigma), clean, atol=1e-12)
        latents = euler_step(latents, velocity, sigma, following)
    np.testing.assert_allclose(latents, clean, atol=1e-12)


def test_guidance_of_one_is_the_positive_branch() -> None:
    positive, negative = np.array([1.0, 2.0]), np.array([-1.0, 5.0])
    np.testing.assert_array_equal(guided(positive, negative, 1.0), positive)
    np.testing.assert_array_equal(guided(positive, negative, 3.0), negative + 3 * (positive - negative))


def test_training_draws_three_quarters_of_its_sigmas_above_a_half() -> None:
    assert (training_schedule() > 0.5).mean() == pytest.approx(0.75, abs=0.005)


def test_training_weights_have_mean_one() -> None:
    assert training_weights().mean() == pytest.approx(1)
