"""What the operator's command line asks for; the only way to change settings and bridges."""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from gateway.domain import configuration
from gateway.domain.configuration import BRIDGE_NAME, BRIDGE_NAME_WANTED, ConfigurationError
from gateway.domain.notification import make_secret
from gateway.domain.passwords import hash_password
from gateway.usecases.ports import Bridges, ConflictError, Messages, Settings

_SECRET_BYTES: Final = 32
_SALT_BYTES: Final = 16


class AdminError(Exception):
    """The command cannot be carried out; one line for each problem."""

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems = list(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Administration:
    """The commands."""

    settings: Settings
    bridges: Bridges
    messages: Messages
    random_bytes: Callable[[int], bytes]
    now: Callable[[], float]

    def run(self, command: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out a command.

        Raises:
            AdminError: with every problem found.
        """
        match command:
            case "apply":
                return self._apply(arguments.get("settings"), dry_run=bool(arguments.get("dry_run")))
            case "hash_password":
                salt = self.random_bytes(_SALT_BYTES)
                return {"password_hash": hash_password(str(arguments.get("password", "")), salt=salt)}
            case "add_bridge":
                return self._add_bridge(str(arguments.get("bridge", "")))
            case _:
                raise AdminError(f"there is no command {command!r}")

    def _apply(self, settings: Any, *, dry_run: bool) -> dict[str, Any]:
        """Check settings, show what they change, and make them the current generation."""
        if not isinstance(settings, Mapping):
            raise AdminError("settings: should be a table")
        try:
            parsed = configuration.parse(settings)
        except ConfigurationError as error:
            raise AdminError(*error.problems) from None
        generation, current = self.settings.current()
        changes = list(_differences(current, settings, ""))
        result: dict[str, Any] = {"generation": generation, "changes": changes, "secrets": {}}
        if dry_run:
            return result
        if changes:
            result["generation"] = f"{int(generation or '0') + 1:06d}"
            try:
                self.settings.replace(expected=generation, generation=result["generation"], content=settings)
            except ConflictError:
                problem = "someone else applied settings at the same time: look and apply again"
                raise AdminError(problem) from None
        # Without changes too: an earlier apply may have been stopped before it made the secrets.
        secrets = {}
        for extension in parsed.extensions:
            if self.settings.secret(extension) is None:
                secrets[str(extension)] = make_secret(self.random_bytes(_SECRET_BYTES))
                self.settings.keep_secret(extension, secrets[str(extension)])
        return {**result, "secrets": secrets}

    def _add_bridge(self, bridge_id: str) -> dict[str, Any]:
        """Add a bridge; its token is in the answer and nowhere else."""
        if not BRIDGE_NAME.match(bridge_id):
            raise AdminError(f"bridge: should be {BRIDGE_NAME_WANTED}")
        secret = urlsafe_b64encode(self.random_bytes(_SECRET_BYTES)).decode().rstrip("=")
        try:
            self.bridges.add(bridge_id, {"token_hash": hash_secret(secret), "created": round(self.now(), 3)})
        except ConflictError:
            raise AdminError(f"bridge: there is a bridge {bridge_id!r} already") from None
        return {"bridge": bridge_id, "token": f"{bridge_id}.{secret}"}


def hash_secret(secret: str) -> str:
    """What is stored of a token. Its 256 random bits need no slow hash."""
    return sha256(secret.encode()).hexdigest()


def _differences(old: Any, new: Any, where: str) -> list[str]:
    if old == new:
        return []
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return [
            line
            for key in sorted({*old, *new})
            for line in _differences(old.get(key), new.get(key), f"{where}.{key}" if where else key)
        ]
    if _named(old) or _named(new):
        by_name = {_name(item): item for item in old or []}, {_name(item): item for item in new or []}
        return _differences(*by_name, where)
    if where.endswith("password_hash"):
        return [f"{where}: changed"]
    return [f"{where}: {_show(old)} → {_show(new)}"]


def _named(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, Mapping) and ("name" in item or "number" in item) for item in value)
    )


def _name(item: Mapping[str, Any]) -> str:
    return str(item.get("name", item.get("number")))


def _show(value: Any) -> str:
    if isinstance(value, Mapping):
        return (
            "{"
            + ", ".join(f"{key}: {_show(inner)}" for key, inner in value.items() if key != "password_hash")
            + "}"
        )
    return "nothing" if value is None else repr(value)
