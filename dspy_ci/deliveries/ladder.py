"""The ladder: every parcel is put on the highest rung that holds it, and none falls past the last one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from dspy_ci.deliveries.parcels import Parcel
from dspy_ci.errors import Forbidden, ForgeError, NotFound, Refused, Unreachable
from dspy_ci.ports.forge import Annotation, Comment, Remark, Talks
from dspy_ci.reports.marks import remark_key

Rung = Literal["standing", "dismissed", "suggestion", "line", "file", "annotation", "summary"]
"""Where a parcel arrived: it stood there already, people did not want it, then the rungs from above."""

MOST_REMARKS = 30
MOST_FILES = 10
MOST_NOTES = 50
_MOST_REVIEWS = 16
"""Reviews that are tried at the most when a forge refuses some."""


@dataclass(slots=True)
class Ladder:
    """Parcels on their way."""

    forge: Talks
    number: int
    commit: str
    me: Callable[[Comment], bool]
    """Whether a comment is ours."""
    landed: dict[str, Rung] = field(default_factory=dict)
    """Key of a parcel -> its rung."""
    notes: list[str] = field(default_factory=list)
    """Why something did not reach a higher rung, in words for people."""
    reviews: int = 0
    repeated: bool = False
    """Whether a review whose answer got lost was posted once more."""

    def at_lines(self, parcels: Sequence[Parcel], body: str) -> None:
        """The first two rungs: one review, with suggestions and with comments at lines."""
        batch: list[tuple[Parcel, tuple[Remark, ...], Rung]] = []
        room = MOST_REMARKS
        for parcel in parcels:
            remarks: tuple[Remark, ...] = parcel.suggestions or ((parcel.line,) if parcel.line else ())
            if remarks and len(remarks) <= room:
                room -= len(remarks)
                batch.append((parcel, remarks, "suggestion" if parcel.suggestions else "line"))
            elif remarks:
                self._note(f"a review holds {MOST_REMARKS} comments at the most; the others arrive elsewhere")
        if batch:
            self._review(batch, body)

    def at_files(self, parcels: Iterable[Parcel]) -> None:
        """The second rung's other half: comments at files, one by one."""
        room = MOST_FILES
        for parcel in parcels:
            if parcel.key in self.landed or parcel.file is None:
                continue
            if not room:
                self._note(f"{MOST_FILES} comments at files are the most of one run; the others arrive elsewhere")
                return
            room -= 1
            if not self._filed(parcel, parcel.file):
                return

    def noted(self, parcels: Iterable[Parcel], post: Callable[[Sequence[Annotation]], int]) -> None:
        """The third rung: annotations, by whatever way `post` knows; it says how many of them arrive."""
        waiting = [one for one in parcels if one.key not in self.landed and one.note is not None][:MOST_NOTES]
        notes = [one.note for one in waiting if one.note is not None]
        if notes:
            self.landed |= {one.key: "annotation" for one in waiting[: post(notes)]}

    def summed(self, parcels: Iterable[Parcel]) -> None:
        """The last rung, which holds everything."""
        for parcel in parcels:
            self.landed.setdefault(parcel.key, "summary")

    def _review(self, batch: Sequence[tuple[Parcel, tuple[Remark, ...], Rung]], body: str) -> None:
        """Post a batch; when it is refused, its halves, until the one that is wrong stands alone."""
        if self.reviews >= _MOST_REVIEWS:
            self._note("GitHub refused too many reviews")
            return
        self.reviews += 1
        remarks = [remark for _, some, _ in batch for remark in some]
        try:
            said = self.forge.create_review(self.number, commit=self.commit, body=body, remarks=remarks).comments
        except Refused as error:
            if len(batch) == 1:
                self._note(f"GitHub refused a comment at {batch[0][1][0].path}: {error}")
                return
            middle = len(batch) // 2
            self._review(batch[:middle], body)
            self._review(batch[middle:], body)
            return
        except (Forbidden, NotFound) as error:
            self._lacks("no review could be posted", error)
            return
        except Unreachable:
            said = self._standing()  # it may have been posted all the same
            if not said and not self.repeated:
                self.repeated = True
                self._review(batch, body)
                return
        except ForgeError as error:
            self._note(f"no review could be posted: {error}")
            return
        self._arrived(batch, said)

    def _arrived(self, batch: Sequence[tuple[Parcel, tuple[Remark, ...], Rung]], said: Sequence[Comment]) -> None:
        """Believe only what stands there."""
        keys = [remark_key(comment.body) for comment in said]
        for parcel, remarks, rung in batch:
            if keys.count(parcel.key) >= len(remarks):
                self.landed[parcel.key] = rung
            else:
                self._note(f"a comment at {remarks[0].path} did not arrive")

    def _filed(self, parcel: Parcel, remark: Remark) -> bool:
        """Post one comment at a file; False when there is no use in trying another."""
        try:
            self.forge.create_remark(self.number, commit=self.commit, remark=remark)
        except Refused as error:
            self._note(f"GitHub refused a comment at {remark.path}: {error}")
            return True
        except (Forbidden, NotFound) as error:
            self._lacks("no comment at a file could be posted", error)
            return False
        except Unreachable:
            if parcel.key not in {remark_key(comment.body) for comment in self._standing()}:
                self._note("GitHub did not answer; a comment at a file was not posted")
                return False
        except ForgeError as error:
            self._note(f"no comment at a file could be posted: {error}")
            return False
        self.landed[parcel.key] = "file"
        return True

    def _standing(self) -> tuple[Comment, ...]:
        """What stands there of us and is new, after an answer that got lost."""
        try:
            found = self.forge.review_comments(self.number)
            return tuple(one for one in found if self.me(one) and one.commit == self.commit)
        except ForgeError:
            return ()

    def _lacks(self, what: str, error: Forbidden | NotFound) -> None:
        permission = getattr(error, "permission", None)
        self._note(f"{what}: {f'the token lacks `{permission}`' if permission else error}")

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)
