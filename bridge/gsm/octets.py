"""A cursor over received octets that never reads past their end."""

from bridge.gsm.errors import PduError


class Octets:
    """Octets taken from the front one field after the other."""

    __slots__ = ("_data", "_position")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def __len__(self) -> int:
        return len(self._data) - self._position

    def take(self, count: int, field: str) -> bytes:
        """The next ``count`` octets.

        Raises:
            PduError: fewer are left; the message names the field.
        """
        if count > len(self):
            raise PduError(f"PDU ends within {field}")
        taken = self._data[self._position : self._position + count]
        self._position += count
        return taken

    def octet(self, field: str) -> int:
        """The next octet as a number.

        Raises:
            PduError: none is left.
        """
        return self.take(1, field)[0]
