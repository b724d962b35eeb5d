"""The states of messages as they happen: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from infra.local.progress import say

COLUMNS = ("queued", "spooled", "submitted", "delivered", "reported")


class StateView:
    """One row for each title; states that are not on the usual way stand in the last column."""

    def __init__(self, titles: list[str]) -> None:
        self._console = Console()
        self._seen: dict[str, dict[str, float]] = {title: {} for title in titles}
        self._live = Live(self._table(), console=self._console) if self._console.is_terminal else None

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def show(self, title: str, state: str, seconds: float) -> None:
        """A message got into a state, so many seconds after it was sent."""
        self._seen[title][state] = seconds
        if self._live:
            self._live.update(self._table(), refresh=True)
        else:
            say(f"{title:<8} {state:<12} {seconds:6.2f} s")

    def _table(self) -> Table:
        table = Table("message by", *COLUMNS, "other")
        for title, seen in self._seen.items():
            usual = [f"{seen[state]:.2f} s" if state in seen else "" for state in COLUMNS]
            others = ", ".join(state for state in seen if state not in COLUMNS)
            table.add_row(title, *usual, others)
        return table
