"""Recipes: how much of each channel of a rig makes each viseme. Data, replaceable by the user's own file.

No maker of a viseme set publishes such a table for another maker's channels. The shipped ones were made by users of the
rigs, and each says by whom; where a face looks wrong with one, copy its file and change it.

Format of a file (TOML)::

    id = "my_head"
    viseme_map = "oculus_15"          # whose visemes these are
    source = "made by ear"
    licence = "CC0"

    [visemes]
    PP = { mouthClose = 0.9, "mouthPress*" = 0.4 }     # "*" stands for Left and Right
    aa = { jawOpen = 0.7 }

A viseme that is left out moves no channel.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from visalign.errors import ConfigError, ParseError, UnknownSymbol, quoted
from visalign.files.data_files import read_toml
from visalign.visemes.viseme_map import VisemeMap

__all__ = ["ChannelRecipe", "available_recipes", "load_recipe", "read_recipe"]

_HOME_OF_MAP_RECIPES = "oculus_15"
_NO_RECIPES = {"avatar_mouths", "rhubarb_rules"}


@dataclass(frozen=True, slots=True)
class ChannelRecipe:
    """Weights of a rig's channels.

    Parameters
    ----------
    id, source, licence : str
        What it is and where it comes from.
    viseme_map : str
        Id of the map whose visemes these are.
    channels : tuple of str
        In the order of the file.
    weights : dict of dict
        Viseme → channel → weight, 0 to 1.
    """

    id: str
    viseme_map: str
    channels: tuple[str, ...]
    weights: dict[str, dict[str, float]]
    source: str = ""
    licence: str = ""

    def matrix(self, visemes: tuple[str, ...]) -> npt.NDArray[np.float64]:
        """Weight of each channel in each viseme, shape (n_visemes, n_channels).

        Raises
        ------
        UnknownSymbol
            If the recipe names a viseme that is not among `visemes`.
        """
        for name in self.weights:
            if name not in visemes:
                raise UnknownSymbol(name, visemes)
        rows = [[self.weights.get(v, {}).get(c, 0.0) for c in self.channels] for v in visemes]
        return np.asarray(rows, dtype=np.float64).reshape(len(visemes), len(self.channels))


def available_recipes() -> list[str]:
    """Names of the shipped recipes, sorted."""
    folder = importlib.resources.files("visalign.rigs")
    files = {x.name.removesuffix(".toml") for x in folder.iterdir() if x.name.endswith(".toml")} - _NO_RECIPES
    return sorted(files | set(VisemeMap.load(_HOME_OF_MAP_RECIPES).recipes))


def load_recipe(name_or_path: str | PathLike[str]) -> ChannelRecipe:
    """A shipped recipe by its name, or any by the path of its TOML file.

    Raises
    ------
    ConfigError
        If it is neither.
    ParseError
        If the file has faults.

    Examples
    --------
    >>> load_recipe("vrm1").channels
    ('aa', 'ih', 'ou', 'ee', 'oh')
    """
    name = str(name_or_path)
    if name.endswith(".toml"):
        return read_recipe(name_or_path)
    home = VisemeMap.load(_HOME_OF_MAP_RECIPES)
    if name in home.recipes:
        recipe = home.recipes[name]
        return ChannelRecipe(name, home.id, _channels(recipe.weights), recipe.weights, recipe.source)
    if name not in available_recipes():
        raise ConfigError("recipe", name, f"{', '.join(available_recipes())}, or a .toml file")
    with importlib.resources.as_file(importlib.resources.files("visalign.rigs") / f"{name}.toml") as path:
        return read_recipe(path)


def read_recipe(path: str | PathLike[str]) -> ChannelRecipe:
    """The recipe in a TOML file.

    Raises
    ------
    ParseError
        If it can't be read, or a weight is not a number from 0 to 1.
    """
    data = read_toml(path)
    visemes = data.get("visemes")
    if not isinstance(visemes, dict) or not isinstance(data.get("viseme_map"), str):
        raise ParseError(path, None, 'needs viseme_map = "…" and a table [visemes]')
    named = data.get("channels", [])
    if not isinstance(named, list) or not all(isinstance(channel, str) for channel in named):
        raise ParseError(path, None, f"channels = {quoted(named)} must be a list of names")
    weights = {str(viseme): _weights(path, viseme, row) for viseme, row in visemes.items()}
    channels = tuple(named) or _channels(weights)
    facts = {key: str(data.get(key, "")) for key in ("source", "licence")}
    return ChannelRecipe(str(data.get("id", Path(path).stem)), data["viseme_map"], channels, weights, **facts)


def _weights(path: str | PathLike[str], viseme: str, row: Any) -> dict[str, float]:
    if not isinstance(row, Mapping):
        raise ParseError(path, None, f"viseme {quoted(viseme)} must be a table of channels and weights")
    found = dict[str, float]()
    for key, weight in row.items():
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= 1:
            raise ParseError(path, None, f"{viseme}.{key} = {quoted(weight)}: a weight is a number from 0 to 1")
        for side in ("Left", "Right") if key.endswith("*") else ("",):
            found[key.rstrip("*") + side] = float(weight)
    return found


def _channels(weights: Mapping[str, Mapping[str, float]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(channel for row in weights.values() for channel in row))
