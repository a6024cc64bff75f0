"""The cache of public functions, which leaves it to the function to refuse its arguments."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import ParamSpec, Protocol, TypeVar, cast

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


class Cached(Protocol[P, R_co]):
    """A function that remembers its results until they are cleared."""

    __name__: str

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Return the result, remembered or new."""

    def cache_clear(self) -> None:
        """Forget all results."""


def cached(maxsize: int | None = None) -> Callable[[Callable[P, R_co]], Cached[P, R_co]]:
    """Remember up to ``maxsize`` results, as `functools.lru_cache` does for arguments of any type.

    What cannot be a key, such as a list, is handed on to the function, and 4.0 is not taken for 4.
    """

    def decorate(function: Callable[P, R_co]) -> Cached[P, R_co]:
        remembering = lru_cache(maxsize, typed=True)(function)

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R_co:
            try:
                hash((args, *kwargs.values()))
            except TypeError:
                return function(*args, **kwargs)
            return remembering(*args, **kwargs)  # type: ignore[arg-type]

        vars(call)["cache_clear"] = remembering.cache_clear
        return cast("Cached[P, R_co]", call)

    return decorate
