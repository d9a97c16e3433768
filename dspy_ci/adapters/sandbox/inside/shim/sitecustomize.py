"""Makes the copy's own modules win over editable installs; runs in every interpreter started inside the copy."""

import os
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec

_HERE = os.path.dirname(os.path.abspath(__file__))


class CopyFinder(object):
    """Finds the project's modules in the copy, whatever finder an editable install has put first."""

    def __init__(self, names, roots):
        self.names = frozenset(names)
        self.roots = roots

    def find_spec(self, fullname, path=None, target=None):
        """The module below the copy's roots; None leaves it to the others (compiled extensions built elsewhere)."""
        if fullname.partition(".")[0] not in self.names:
            return None
        spec = PathFinder.find_spec(fullname, self.roots if "." not in fullname else path, target)
        if spec is None or (spec.origin is None and "." not in fullname and not self._ours(spec)):
            return None
        return spec

    def _ours(self, spec):
        return any(place.startswith(root) for place in spec.submodule_search_locations or () for root in self.roots)


def _install():
    names = os.environ.get("DSPY_CI_NAMES")
    if names:
        sys.meta_path.insert(0, CopyFinder(names.split(","), os.environ["DSPY_CI_ROOTS"].split(os.pathsep)))


def _chain():
    """Run the sitecustomize that we stand before."""
    others = [place for place in sys.path if os.path.abspath(place or ".") != _HERE]
    spec = PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(module_from_spec(spec))


_install()
_chain()
