"""A question that the reader answers before a figure is shown."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Prediction:
    """What the reader is asked to guess. The picture stays hidden until a guess is made or skipped; what comes out is
    told when the reader asks for it, beside the guess."""

    question: str
    """What is asked, in plain text."""
    outcome: str
    """What comes out, and why, in a few sentences."""
    options: tuple[str, ...] = ()
    """The answers to choose from; without any, a number is asked for."""
    unit: str = ""
    """Stands behind that number: "layers"."""

    def __post_init__(self) -> None:
        for name in ("question", "outcome"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name).strip():
                raise ValueError(f"{name} must be a sentence, got {getattr(self, name)!r}")
        if len(self.options) == 1 or len(set(self.options)) < len(self.options):
            raise ValueError(f"options must be none, or two or more that differ, got {self.options!r}")
