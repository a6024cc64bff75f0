"""What the solvers raise when they do not reach their tolerance."""


class ConvergenceError(RuntimeError):
    """A solver did not converge: what it would return would not be what it promises."""
