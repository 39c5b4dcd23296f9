"""The vault: live values in, trusted live values out.

It composes codec (values ↔ bytes), store (bytes ↔ disk) and trust (may these bytes be opened?).
Values that share objects travel in one bundle, so that they share them again afterwards. A value
that travels alone is packed without its name: the same array kept by five steps under five names
is one blob.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from zenbook.core.digest import unchanging
from zenbook.errors import Damaged, NotDigestible, NotKeepable, StoreFault, Untrusted
from zenbook.model import Artifact
from zenbook.world.open_figures import make_ready
from zenbook.world.ports import Bundle, Codec, Put, Store
from zenbook.world.trust import open_bundle

_ALONE = ""
"""The name inside its bundle of a value that shares nothing with others."""
_REPACKED_UP_TO = 64 * 1024
_REMEMBERED_UP_TO = 4096
_MOST_REMEMBERED = 1024


class SealedVault:
    """The real :class:`zenbook.world.ports.Vault`.

    ``describe`` gives a value's digest and the packages it is made of; ``opener`` (default: the
    codec's) says how names found in a trusted pickle become objects again.
    """

    def __init__(
        self,
        codec: Codec,
        store: Store,
        describe: Callable[[Any], tuple[str, Iterable[str]]],
        opener: type | None = None,
    ) -> None:
        self._codec = codec
        self._store = store
        self._describe = describe
        self._chosen = opener
        self._recent: dict[str, bytes] = {}

    def forget_recent(self) -> None:
        """Drop the small headers that are remembered in memory."""
        self._recent.clear()

    def keep(self, values: Mapping[str, Any]) -> tuple[tuple[Artifact, ...], Mapping[str, str]]:
        """Keep these values and say where: artifacts in the order given, seals by blob.

        Raises NotKeepable, naming the value, or StoreFault.
        """
        homes: dict[str, Put] = {}
        for names, bundle in self._packed(values):
            put = self._store.put(bundle)
            homes.update(dict.fromkeys(names, put))
        with unchanging():
            artifacts = tuple(self._artifact(name, values[name], homes[name]) for name in values)
        return artifacts, {put.blob: put.seal for put in homes.values()}

    def fits(self, value: Any, most: int) -> bool:
        """Whether a value can be kept in so many bytes."""
        return self._codec.fits(value, most)

    def load(
        self, artifacts: Sequence[Artifact], seals: Mapping[str, str], python: str
    ) -> dict[str, Any]:
        """Live values by artifact name: fresh objects, sharing what they shared when kept.

        ``seals`` and ``python`` come from a record that is trusted. Raises Damaged or Untrusted.
        """
        opened: dict[str, dict[str, Any]] = {}
        found: dict[str, Any] = {}
        for artifact in artifacts:
            values = opened.get(artifact.blob)
            if values is None or _ALONE in values:
                values = opened[artifact.blob] = self._open(artifact, seals, python)
            found[artifact.name] = _pick(values, artifact.name)
        if any("matplotlib" in artifact.packages for artifact in artifacts):
            make_ready()
        return found

    def _open(self, artifact: Artifact, seals: Mapping[str, str], python: str) -> dict[str, Any]:
        seal = seals.get(artifact.blob)
        if seal is None:
            raise Untrusted(f"{artifact.name} is in a blob its record does not vouch for")
        try:
            header, buffers = self._bytes(artifact.blob)
            return open_bundle(header, buffers, seal=seal, python=python, opener=self._opener)
        except (Damaged, Untrusted) as error:
            raise type(error)(f"{artifact.name}: {error}") from error
        except StoreFault as error:
            raise Damaged(f"{artifact.name} cannot be read: {error}") from error

    def _bytes(self, blob: str) -> tuple[bytes, Sequence[memoryview]]:
        """Header and buffers from the store; small headers from memory the next time.

        What is remembered was checked when it was read, and is checked against its seal anew.
        """
        header = self._recent.get(blob)
        if header is not None:
            return header, ()
        header, buffers = self._store.get(blob)
        if not buffers and len(header) <= _REMEMBERED_UP_TO:
            if len(self._recent) >= _MOST_REMEMBERED:
                self._recent.clear()
            self._recent[blob] = bytes(header)
        return header, buffers

    @cached_property
    def _opener(self) -> type:
        from zenbook.world.codec import Opener

        return self._chosen or Opener

    def _packed(self, values: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Bundle]]:
        """Bundles with the names of what is in them; lone values packed namelessly."""
        if len(values) == 1:
            (name,) = values
            yield (name,), self._alone(name, values[name])
            return
        for bundle in self._codec.pack(values):
            names = bundle.names
            if len(names) == 1 and len(bundle.header) <= _REPACKED_UP_TO:
                bundle = self._alone(names[0], values[names[0]])
            yield names, bundle

    def _alone(self, name: str, value: Any) -> Bundle:
        try:
            (bundle,) = self._codec.pack({_ALONE: value})
        except NotKeepable as error:
            raise NotKeepable(name, error.why) from error
        return bundle

    def _artifact(self, name: str, value: Any, put: Put) -> Artifact:
        from zenbook.core.preview import preview, shape_of, type_path

        try:
            digest, packages = self._describe(value)
        except NotDigestible as error:
            raise NotKeepable(name, error.why) from error
        return Artifact(
            name=name,
            digest=digest,
            blob=put.blob,
            size=put.size,
            type=type_path(value),
            shape=shape_of(value),
            preview=preview(value),
            packages=tuple(sorted(packages)),
        )


def _pick(values: Mapping[str, Any], name: str) -> Any:
    if name in values:
        return values[name]
    if _ALONE in values:
        return values[_ALONE]
    raise Damaged(f"{name} is not in its blob")
