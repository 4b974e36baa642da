"""What a scenario of the escapes is."""
from dataclasses import dataclass, field
from typing import Callable

from .attempt import Attempt


@dataclass(frozen=True)
class Scenario:
    """An attack, what it presupposes, and how one knows that the table bites."""

    name: str
    title: str
    # The published attack that it follows.
    after: str
    # Prepares the host and adds a check, or answers why this cannot be proved on this host.
    prepare: Callable[[Attempt], str | None]
    # What the container is given beyond the profile: capabilities, without_namespaces, folder.
    grant: dict = field(default_factory=dict)
    # Shows the check to be able to fail: answers whether it did. None: runc or crun must fall to it.
    control: Callable[[Attempt], bool] | None = None
    control_text: str = "a container of runc or crun falls to it"
    # Whether it has a container to itself.
    alone: bool = False
    # Whether a runtime may refuse to make such a container; with others that says that something else is wrong.
    may_refuse: bool = False
    quick: bool = False
    # The attack of the hostile guest kernel, for those with the guest's kernel lost; their control looks at the same attempt
    # where it is about files.
    guest: str = ""

    @property
    def group(self) -> tuple:
        """Scenarios of one group attack from the same container."""
        if self.alone:
            return (self.name,)
        return tuple(sorted((key, tuple(value)) for key, value in self.grant.items()))
