"""What one running step was seen to do, and the reads and outputs that follow from it.

Constraints that shape this module:

- A read must describe the world as the step *found* it. Looks (existence, listings, variables) are
  therefore taken when they happen; contents are stamped when they happen and hashed when the step
  ends, unless the step is about to write the file, when they are hashed before that.
- What the step itself made is no reason: reads of it are left out, and what is gone at the end
  (temporary files) leaves no trace.
- A path only *named* by a literal, an input or a command line may be an input or an output. If it
  was missing, exists afterwards, and nobody may have looked whether it was there, then it is an
  output and nothing else (:mod:`watch_sought`).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable

from zenbook.core import looks
from zenbook.model import Read
from zenbook.world import files
from zenbook.world.ports import Seen
from zenbook.world.watch_asked import Asked
from zenbook.world.watch_cleared import Cleared
from zenbook.world.watch_code import Reached
from zenbook.world.watch_followed import Followed
from zenbook.world.watch_listings import Found, Listings
from zenbook.world.watch_made import Made
from zenbook.world.watch_native import Manner
from zenbook.world.watch_noted import UNKNOWN, Content, Named, Written
from zenbook.world.watch_paths import Paths
from zenbook.world.watch_places import Places
from zenbook.world.watch_sought import Sought


class Notes(Paths, Asked, Followed, Sought):
    """Notes on one step while it runs. Methods take paths as the step said them."""

    def __init__(self, places: Places, literals: Iterable[str], absolutes: Iterable[str]) -> None:
        Paths.__init__(self, places, absolutes)
        Asked.__init__(self, literals)
        Followed.__init__(self)
        self.is_open = True
        self.who = ""
        self._contents: dict[str, Content] = {}
        self._looks: dict[str, str] = {}
        self._foreseen: dict[str, tuple[str, str]] = {}
        """Looks into folders that were only named: the folder, and what was there."""
        self._idle: dict[str, str] = {}
        self._listings = Listings()
        self._written: dict[str, Written] = {}
        self._databases: set[str] = set()
        """Databases that were connected to, and of which nothing else has read the bytes."""
        self._made = Made()
        self._cleared = Cleared()
        self._named: dict[str, Named] = {}
        self._adopted: dict[str, Read] = {}
        self.changed: set[str] = set()
        self.sown: dict[str, str] = {}
        self.has_forked = False
        self.reached = Reached()

    # ------------------------------------------------------------ what is seen

    def read(self, path: str, found: tuple[files.Stamp | None, str] | tuple[()] = ()) -> None:
        """The file's content was read, or it was found missing; ``found``: its stamp, and its
        digest if it is known, where that was not now."""
        path = self.past_links(path)
        key = self._key(path)
        self._databases.discard(key)
        if not found:
            self._settle_changed(key)
        stamp, digest = found or (files.stamp_now(key), "")
        if (known := self._contents.get(key)) is not None and known.stamp == stamp:
            known.digest = known.digest or digest
        if known is not None or self._is_own_doing(key, is_missing=stamp is None):
            return
        if stamp is None and not found and files.existence(key) != looks.MISSING:
            return
        missing = "" if stamp else looks.MISSING
        self._contents[key] = Content(self._name(path), stamp, digest or missing)

    def wrote(self, path: str, *, reads: bool, before: files.Stamp | tuple[()] | None = ()) -> None:
        """The file is about to be written; ``reads``: what it holds now matters too. ``before`` is
        what was there if it has been written already."""
        key = self._key(path)
        self._databases.discard(key)
        facts = files.facts_of(key)
        if key in self._written or (facts is not None and not stat.S_ISREG(facts.st_mode)):
            return
        if reads:
            self.read(path)
        if key in self._written:
            return  # by native code
        if before == ():
            self._fix(key)
            before = files.stamp_of(facts) if facts is not None else None
        self._written[key] = Written(self._name(path), before or None, not reads)

    def connected(self, path: str) -> None:
        """A connection to the sqlite database is about to be made."""
        key = self._key(path)
        is_only = key in self._databases or not (key in self._contents or key in self._written)
        self.wrote(path, reads=True)
        if is_only:
            self._databases.add(key)
            if (seen := self._contents.get(key)) is not None and seen.stamp is not None:
                seen.digest = seen.digest if " " in seen.digest else files.database(key)

    def removed(self, path: str, before: files.Stamp | tuple[()] | None = ()) -> None:
        """The file or folder is about to be removed or renamed away, or has been."""
        key = self._key(path)
        if self._is_own(key):
            return
        if before == ():
            self.looked(path, looks.EXISTS)
            facts = files.facts_of(key)
            self._fix(key)
            before = files.stamp_of(facts) if facts is not None else None
        self._written.setdefault(key, Written(self._name(path), before or None, blind=False))

    def clear(self, path: str, *, whatever: bool) -> None:
        """The folder is about to be removed with all that is in it; ``whatever`` is there: the
        step goes on where nothing is."""
        key = self._key(path)
        if self._is_own(key):
            return
        for known in self._contents:
            self._fix(known)
        if not whatever:
            self.looked(path, looks.EXISTS)
        if self.has_read_natively(key, self._contents) or not self._cleared.add(key):
            self.removed(path)
            return
        self._named.pop(key, None)
        if self.opens is not None:
            self._named = {k: v for k, v in self._named.items() if not self._is_own(k)}
            self._foreseen = {k: v for k, v in self._foreseen.items() if not self._is_own(v[0])}

    def made_folder(self, path: str, found: str = "") -> None:
        """The folder is about to be made, or has been where there was what was ``found``."""
        key = self._key(path)
        if (found or files.existence(key)) == looks.MISSING:
            self._made.add(key, self._name(path))

    def drew_name(self, path: str) -> None:
        """A folder is about to be made with this name, which no other run gives."""
        self._made.add_drawn(self._key(path))

    def looked(
        self, path: str, mark: str, *, by_library: bool = False, found: str | None = None
    ) -> None:
        """Existence, link target, or size and time were asked for; ``found`` if it is not what a
        look gives now. A library that looks whether its target is there already (``to_parquet``)
        makes no decision of the step's."""
        key = self._key(path)
        is_missing = (found or files.existence(key)) == looks.MISSING
        if key == self.cwd or self._is_own_doing(key, is_missing=is_missing):
            return
        name = looks.look_name(self._name(path), mark)
        if name not in self._looks:
            self._looks[name] = found or files.look(looks.look_name(key, mark))
            self._made.look(name, key)
            if by_library:
                self._idle[name] = key
        elif not by_library:
            self._idle.pop(name, None)

    def asked_where(self) -> None:
        """The path of the working folder was asked for."""
        self._looks.setdefault(looks.CWD, files.working_folder())

    def listed(self, path: str, found: Found = ()) -> None:
        """The folder's names were listed."""
        path = self.past_links(path)
        key = self._key(path)
        name = looks.look_name(self._name(path), looks.LISTING)
        if self._is_filled_anew(key):
            self._listings.own(name, key)
        else:
            self._listings.add(name, key, found, is_own=self._is_own(key))

    def matched(self, pattern: str, *, hidden: bool, within: str = "", found: str = "") -> None:
        """A pattern was looked for, or may be where only the folder ``within`` is named; ``found``
        if that is not what it matches now."""
        mark = looks.HIDDEN_GLOB if hidden else looks.LISTING
        folder, rest = files.parts_of_pattern(pattern)
        folder = self.past_links(folder)
        key, path = self._key(folder), self._name(os.path.join(folder, rest))
        name = looks.look_name(path, mark)
        if name in self._looks:
            return
        leads_out = os.pardir in rest.split(os.sep) or self.has_links_below(key)
        if self._is_filled_anew(key) and not leads_out:
            self._listings.own(name, key, lambda: files.matches(path, hidden=hidden))
        elif within:
            self._foreseen[name] = (self._key(within), files.matches(path, hidden=hidden))
        else:
            self._looks[name] = found or files.matches(path, hidden=hidden)
            if not leads_out:
                self._made.look(name, key)

    def named(self, path: str, within: str = "") -> None:
        """The path was named where it may be an input or an output, or the folder ``within``."""
        key = self._key(path)
        known = self._named.get(key)
        if known is not None and not within:
            known.within = ""
        if known is not None or self._is_own(key) or self.places.never(key):
            return
        kind, stamp = files.existence(key), files.stamp_now(key)
        digest = files.content(key) if stamp is not None else kind
        folder = self._key(within) if within else ""
        self._named[key] = Named(self._name(path), kind, stamp, digest, folder)

    def adopt(self, read: Read) -> None:
        """A nested step was a hit because this is as it was; so it matters here, too."""
        self._adopted.setdefault(f"{read.kind} {read.name}", read)

    def folders(self) -> Iterable[str]:
        """The working folder, and the folders of the paths that are named."""
        yield self.cwd
        for key, named in self._named.items():
            yield key if named.kind == files.FOLDER else os.path.dirname(key)

    def made_folders(self) -> Iterable[str]:
        """The folders that the step made, those among them that it only named."""
        yield from self._made
        yield from (key for key in self._cleared if files.existence(key) == files.FOLDER)
        for key, named in self._named.items():
            if named.kind == looks.MISSING and files.existence(key) == files.FOLDER:
                yield key

    def knows(self, key: str) -> bool:
        """Whether this absolute path was read, written or named."""
        return key in self._contents or key in self._written or key in self._named

    def opened_unseen(self, key: str, manner: Manner) -> None:
        """A file was opened where no hook sees it; called when the step has ended."""
        is_read = key in self._contents and not self._made.was_bare(key)
        if is_read or key in self._written or self.places.never(key):
            return
        named = self._named.get(key)
        manner = "changed" if manner == "replaced" and self.appends else manner
        if manner in ("replaced", "removed"):
            before = (named.stamp if named is not None else None) or UNKNOWN
            self._written[key] = Written(self._name(key), before, blind=manner == "replaced")
        elif named is not None:
            return
        elif manner in ("made", "folder"):
            self._appeared(key, self._name(key), regular=manner == "made")
        elif manner == "read":
            self.read(key)
        else:
            self.obstacle(f"{self._name(key)} was opened and changed by what cannot be followed")

    # ------------------------------------------------------------ what follows

    def seen(self) -> Seen:
        """Reads, outputs, remarks and obstacles, when the step has ended."""
        for key, named in self._named.items():
            self._settle(key, named)
        for name, (folder, digest) in self._foreseen.items():
            if not self.has_passed_by(folder):
                self._looks.setdefault(name, digest)
        for path in self._cleared.left():
            self.obstacle(f"{self._name(path)} could not be removed")
        for folder in self._cleared.folders():
            name = looks.look_name(self._name(folder), looks.LISTING)
            self._listings.own(name, folder)
        if self.opens is not None and self.opens.has_programs:
            self._databases.clear()  # a program may have read the bytes
        reads = {f"{read.kind} {read.name}": read for read in self._reads()}
        reads.update((key, read) for key, read in self._adopted.items() if key not in reads)
        return Seen(
            reads=tuple(sorted(reads.values(), key=lambda read: (read.kind, read.name))),
            wrote=tuple(sorted(self._outputs(), key=lambda read: read.name)),
            remarks=tuple(self.remarks),
            obstacles=tuple(self.obstacles),
            sown=dict(self.sown),
            changed=frozenset(self.changed),
            has_forked=self.has_forked,
        )

    def _reads(self) -> list[Read]:
        contents = [
            Read("file", looks.look_name(seen.name, looks.CONTENT), self._digest(key, seen))
            for key, seen in self._contents.items()
            if not (self._made.was_bare(key) and self._made.is_gone(key))
        ]
        looked = [
            Read("file", name, digest)
            for name, digest in self._looks.items()
            if not (self._is_idle(name, digest) or self._made.forgets(name))
        ]
        made = [key for key, written in self._written.items() if written.before is None]
        listings = self._listings.reads([*made, *self._made], self._made)
        return [*contents, *looked, *listings, *self.variables()]

    def _is_idle(self, name: str, digest: str) -> bool:
        """Whether a library looked for what the step was about to write."""
        key = self._idle.get(name)
        return (
            key is not None
            and digest == looks.MISSING
            and (key in self._written or key in self._made)
        )

    def _digest(self, key: str, seen: Content) -> str:
        """The content's digest; somebody else's change while the step ran is an obstacle."""
        if not seen.digest:
            facts = files.facts_of(key)
            if facts is None or files.stamp_of(facts) != seen.stamp:
                self.obstacle(f"{seen.name} changed while the step ran")
            seen.digest = files.content(key)
        elif seen.stamp is None and key not in self._written and files.facts_of(key) is not None:
            self.obstacle(f"{seen.name} appeared while the step ran")
        return seen.digest if key in self._databases else seen.digest.partition(" ")[0]

    def _outputs(self) -> Iterable[Read]:
        for key, written in self._written.items():
            facts = files.facts_of(key)
            if facts is None:
                if written.before is not None:
                    yield Read("file", looks.look_name(written.name, looks.EXISTS), looks.MISSING)
            elif stat.S_ISREG(facts.st_mode) and files.stamp_of(facts) != written.before:
                yield Read("file", looks.look_name(written.name, ""), self._content(key))
        for key in self._cleared:
            if files.existence(key) == looks.MISSING:
                name = looks.look_name(self._name(key), looks.EXISTS)
                yield Read("file", name, looks.MISSING)
        for name in self._made.there():
            yield Read("file", looks.look_name(name, looks.EXISTS), files.FOLDER)

    def _content(self, key: str) -> str:
        return files.database(key) if key in self._databases else files.content(key)

    def _settle_changed(self, key: str) -> None:
        """Settle a path before the step's own code opens what native code has written meanwhile."""
        named = self._named.get(key)
        if named is not None and files.stamp_now(key) != named.stamp:
            self._settle(key, named)

    def _settle(self, key: str, named: Named) -> None:
        """Decide for a path that was only named whether it was read or written."""
        written = self._written.get(key)
        if key in self._contents or key in self._made or (written and written.blind):
            return
        if named.within and self.is_unread(key, named.within):
            return
        now = files.stamp_now(key)
        if named.kind == looks.MISSING and files.existence(key) != looks.MISSING:
            self._appeared(key, named.name, regular=now is not None)
        elif named.stamp is not None:
            self._contents[key] = Content(named.name, named.stamp, named.digest)
        else:
            self._looks.setdefault(looks.look_name(named.name, looks.EXISTS), named.kind)
        if named.stamp is not None and now != named.stamp:
            self._written.setdefault(key, Written(named.name, named.stamp, blind=False))

    def _appeared(self, key: str, name: str, *, regular: bool) -> None:
        """A path that was named or made, and missing, is there now: the step's output."""
        is_sought = self.is_sought(key)
        if regular:
            self._written.setdefault(key, Written(name, None, blind=True))
            if is_sought:
                self._contents.setdefault(key, Content(name, None, looks.MISSING))
        else:
            self._made.add(key, name)
            if is_sought:
                self._looks.setdefault(looks.look_name(name, looks.EXISTS), looks.MISSING)

    # ------------------------------------------------------------ names

    def _fix(self, key: str) -> None:
        """Take the digest of a content that was read, before it changes."""
        seen = self._contents.get(key)
        if seen is not None and not seen.digest:
            seen.digest = files.content(key)

    def _is_own(self, key: str) -> bool:
        """Whether the step made this path itself, or something above it."""
        return self._is_written(key) or self._cleared.covers(key) or self._made.covers(key)

    def _is_written(self, key: str) -> bool:
        written = self._written.get(key)
        return written is not None and (written.before is None or written.blind)

    def _is_own_doing(self, key: str, *, is_missing: bool) -> bool:
        """Whether the step has seen to what it finds at this path. Where that is nothing in a
        folder that it made, it may be something the next time."""
        if key in self._made or self._is_written(key) or self._cleared.covers(key):
            return True
        return self._made.covers(key) and not (is_missing and self._made.found_bare(key))

    def _is_filled_anew(self, key: str) -> bool:
        """Whether the step finds this folder as it left it itself, whenever it runs."""
        return self._cleared.covers(key) or (self._is_own(key) and not self._made.may_stay(key))
