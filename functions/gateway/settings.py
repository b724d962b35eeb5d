"""What the functions read from their environment, each variable only where it is used."""

from collections.abc import Mapping


class MissingVariableError(Exception):
    """A variable that the template should have set."""


class Environment:
    """Typed access to the variables of a function."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def text(self, name: str) -> str:
        """A variable that must be there.

        Raises:
            MissingVariableError: it is not, or it is empty.
        """
        value = self._variables.get(name, "")
        if not value:
            raise MissingVariableError(f"{name}: should be set by the template")
        return value

    def integer(self, name: str) -> int:
        """A whole number that must be there.

        Raises:
            MissingVariableError: it is absent or something else.
        """
        text = self.text(name)
        if not text.isdecimal():
            raise MissingVariableError(f"{name}: should be a whole number")
        return int(text)
