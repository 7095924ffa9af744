"""Shoppers of a virtual clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from heimta.model.journey import Journey
from heimta.store.connect import Client
from tests.journeys.shopper import Shopper

Hire = Callable[..., Awaitable[Shopper]]


@pytest.fixture
async def hire(redis: Client) -> Hire:
    async def hired(*journeys: Journey) -> Shopper:
        shopper = Shopper(redis, *journeys)
        assert await shopper.owner.take_over()
        return shopper

    return hired
