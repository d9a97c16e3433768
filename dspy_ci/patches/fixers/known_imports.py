"""What code commonly means by a name that it forgot to import."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

_FROM = {
    "abc": "ABC ABCMeta abstractmethod",
    "argparse": "ArgumentParser Namespace",
    "bisect": "bisect bisect_left bisect_right insort",
    "collections": "ChainMap Counter OrderedDict UserDict defaultdict deque namedtuple",
    "collections.abc": (
        "AsyncIterator Awaitable Collection Generator Hashable ItemsView Iterable Iterator KeysView Mapping "
        "MutableMapping MutableSequence MutableSet Sequence Sized ValuesView"
    ),
    "concurrent.futures": "Future ProcessPoolExecutor ThreadPoolExecutor as_completed",
    "contextlib": (
        "AsyncExitStack ExitStack closing contextmanager asynccontextmanager nullcontext redirect_stdout suppress"
    ),
    "copy": "copy deepcopy",
    "dataclasses": "asdict astuple dataclass field fields is_dataclass replace",
    "datetime": "date datetime time timedelta timezone tzinfo",
    "decimal": "Decimal ROUND_HALF_UP getcontext",
    "enum": "Enum Flag IntEnum IntFlag auto unique",
    "fractions": "Fraction",
    "functools": "cache cached_property lru_cache partial partialmethod reduce singledispatch total_ordering wraps",
    "heapq": "heapify heappop heappush heappushpop heapreplace nlargest nsmallest",
    "importlib": "import_module",
    "io": "BytesIO StringIO TextIOWrapper",
    "itertools": (
        "accumulate chain combinations combinations_with_replacement count cycle dropwhile groupby islice "
        "pairwise permutations product repeat starmap takewhile tee zip_longest"
    ),
    "math": (
        "ceil comb cos e exp factorial floor gcd hypot inf isclose isfinite isinf isnan isqrt lcm log log10 "
        "log2 nan pi prod radians sin sqrt tan trunc"
    ),
    "operator": "attrgetter itemgetter methodcaller mul",
    "pathlib": "Path PurePath PurePosixPath",
    "pprint": "pformat pprint",
    "queue": "PriorityQueue Queue SimpleQueue",
    "random": "choice choices randint shuffle uniform",
    "re": "IGNORECASE MULTILINE",
    "statistics": "mean median mode pstdev stdev variance",
    "string": "Template ascii_letters ascii_lowercase ascii_uppercase digits punctuation whitespace",
    "tempfile": "NamedTemporaryFile TemporaryDirectory mkdtemp",
    "textwrap": "dedent indent",
    "threading": "Condition Event Lock RLock Semaphore Thread",
    "time": "monotonic perf_counter sleep strftime",
    "types": "MappingProxyType ModuleType SimpleNamespace TracebackType",
    "typing": (
        "Any BinaryIO Callable ClassVar Dict Final FrozenSet Generic IO List Literal NamedTuple NoReturn "
        "Optional Protocol Set TYPE_CHECKING TextIO Tuple Type TypeVar TypedDict Union cast get_args "
        "get_type_hints overload"
    ),
    "unittest": "TestCase",
    "urllib.parse": "parse_qs quote unquote urlencode urljoin urlparse urlsplit",
    "uuid": "UUID uuid4",
}
_BY_NAME: Mapping[str, str] = {name: module for module, names in _FROM.items() for name in names.split()}
_ALIASES: Mapping[str, str] = {
    "np": "import numpy as np", "pd": "import pandas as pd", "plt": "import matplotlib.pyplot as plt",
    "sns": "import seaborn as sns", "tf": "import tensorflow as tf", "nx": "import networkx as nx",
    "sp": "import scipy as sp", "sa": "import sqlalchemy as sa", "dt": "import datetime as dt",
    "ET": "import xml.etree.ElementTree as ET", "pl": "import polars as pl", "mp": "import multiprocessing as mp",
}  # fmt: skip


def imports_for(name: str, attribute: str | None = None) -> Iterator[str]:
    """Import statements of the standard library, and of usual aliases, that would bind the name.

    `attribute` is what the code takes from the name, where it does: `datetime.now` means the class.
    """
    inner = _BY_NAME.get(name)
    module = name in sys.stdlib_module_names and not name.startswith("_")
    if inner and module and attribute:
        inside = {"datetime": {"now", "utcnow", "strptime", "today", "fromisoformat", "fromtimestamp", "combine"}}
        order = [inner, None] if attribute in inside.get(name, set()) else [None, inner]
    else:
        order = [inner, None] if inner else [None]
    for where in order:
        if where:
            yield f"from {where} import {name}"
        elif module:
            yield f"import {name}"
    if name in _ALIASES:
        yield _ALIASES[name]
