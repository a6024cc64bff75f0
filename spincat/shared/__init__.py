"""Helpers that know no physics, for all other folders.

Refusals of arguments (`checks`) and the memory they are measured against (`memory`), the cache of
public functions (`caching`), parameters declared as types (`declarations`), what solvers raise
(`errors`), exponentials as Newton series (`leja`), names of types (`types`), rows shared out among
processes (`parallel`) or a Dask cluster (`cluster`), files (`files`), optional packages (`extras`),
what is taken from the user's environment (`environment`), where a result comes from (`provenance`)
and which modules it depends on (`reach`), and the table at the end of a chapter (`verdicts`).
They may import nothing of the package but each other.
"""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from spincat.shared import (
        caching,
        checks,
        cluster,
        declarations,
        environment,
        errors,
        extras,
        files,
        leja,
        memory,
        parallel,
        provenance,
        reach,
        types,
        verdicts,
    )

__all__ = [
    "caching",
    "checks",
    "cluster",
    "declarations",
    "environment",
    "errors",
    "extras",
    "files",
    "leja",
    "memory",
    "parallel",
    "provenance",
    "reach",
    "types",
    "verdicts",
]
__getattr__, __dir__, _ = lazy_loader.attach(__name__, __all__)
