"""What libraries and Python itself renamed or removed, and what to write instead. Data, no code."""

from __future__ import annotations

from collections.abc import Mapping

MODULES: Mapping[str, str] = {
    "ConfigParser": "configparser", "Queue": "queue", "SocketServer": "socketserver", "StringIO": "io",
    "cStringIO": "io", "cPickle": "pickle", "httplib": "http.client", "urllib2": "urllib.request",
    "urlparse": "urllib.parse", "Cookie": "http.cookies", "cookielib": "http.cookiejar", "HTMLParser": "html.parser",
    "BaseHTTPServer": "http.server", "SimpleHTTPServer": "http.server", "__builtin__": "builtins",
    "commands": "subprocess", "copy_reg": "copyreg", "dummy_thread": "_thread", "thread": "_thread",
    "Tkinter": "tkinter", "xmlrpclib": "xmlrpc.client", "repr": "reprlib", "UserDict": "collections",
    "UserList": "collections", "UserString": "collections", "imp": "importlib",
    "distutils.version": "packaging.version", "distutils": "setuptools._distutils", "mock": "unittest.mock",
    "toml": "tomllib", "tomli": "tomllib", "backports.zoneinfo": "zoneinfo",
    "importlib_metadata": "importlib.metadata", "importlib_resources": "importlib.resources",
    "typing_extensions": "typing", "pydantic.v1": "pydantic", "sklearn.externals.joblib": "joblib",
    "sklearn.cross_validation": "sklearn.model_selection", "sklearn.grid_search": "sklearn.model_selection",
    "django.core.urlresolvers": "django.urls", "sqlalchemy.ext.declarative": "sqlalchemy.orm",
    "numpy.core": "numpy._core", "pandas.util.testing": "pandas.testing", "werkzeug.contrib": "werkzeug",
    "flask.ext": "flask", "keras": "tensorflow.keras", "attr": "attrs", "pkg_resources": "importlib.metadata",
}  # fmt: skip
"""A module that is gone, and where its contents went."""

_ABSTRACT = (
    "Callable Container Generator Hashable ItemsView Iterable Iterator KeysView Mapping MappingView MutableMapping "
    "MutableSequence MutableSet Sequence Set Sized ValuesView"
)
MEMBERS: Mapping[str, str] = {
    **{f"collections.{name}": f"collections.abc.{name}" for name in _ABSTRACT.split()},
    "fractions.gcd": "math.gcd", "time.clock": "time.perf_counter", "cgi.escape": "html.escape",
    "string.letters": "string.ascii_letters", "string.lowercase": "string.ascii_lowercase",
    "string.uppercase": "string.ascii_uppercase", "string.maketrans": "str.maketrans", "os.getcwdu": "os.getcwd",
    "itertools.izip": "zip", "itertools.imap": "map", "itertools.ifilter": "filter",
    "itertools.izip_longest": "itertools.zip_longest", "inspect.getargspec": "inspect.getfullargspec",
    "platform.linux_distribution": "platform.platform", "platform.dist": "platform.platform",
    "sys.maxint": "sys.maxsize", "asyncio.coroutine": "types.coroutine",
    "asyncio.get_event_loop": "asyncio.new_event_loop", "base64.encodestring": "base64.encodebytes",
    "base64.decodestring": "base64.decodebytes", "html.parser.HTMLParseError": "Exception",
    "xml.etree.cElementTree": "xml.etree.ElementTree", "types.StringType": "str", "types.ListType": "list",
    "types.DictType": "dict", "types.IntType": "int", "types.NoneType": "type(None)",
    "locale.format": "locale.format_string", "ast.Num": "ast.Constant", "ast.Str": "ast.Constant",
    "ast.NameConstant": "ast.Constant", "pipes.quote": "shlex.quote", "gettext.lgettext": "gettext.gettext",
    "logging.warn": "logging.warning", "unittest.makeSuite": "unittest.defaultTestLoader.loadTestsFromTestCase",
    "numpy.float": "float", "numpy.int": "int", "numpy.bool": "bool", "numpy.object": "object", "numpy.str": "str",
    "numpy.complex": "complex", "numpy.long": "int", "numpy.unicode": "str", "numpy.float_": "numpy.float64",
    "numpy.complex_": "numpy.complex128", "numpy.unicode_": "numpy.str_", "numpy.string_": "numpy.bytes_",
    "numpy.product": "numpy.prod", "numpy.cumproduct": "numpy.cumprod", "numpy.alltrue": "numpy.all",
    "numpy.sometrue": "numpy.any", "numpy.in1d": "numpy.isin", "numpy.row_stack": "numpy.vstack",
    "numpy.trapz": "numpy.trapezoid", "numpy.Inf": "numpy.inf", "numpy.Infinity": "numpy.inf",
    "numpy.NaN": "numpy.nan", "numpy.NAN": "numpy.nan", "numpy.PINF": "numpy.inf", "numpy.round_": "numpy.round",
    "numpy.asfarray": "numpy.asarray", "numpy.msort": "numpy.sort", "numpy.find_common_type": "numpy.result_type",
    "pandas.Panel": "pandas.DataFrame", "pandas.np": "numpy", "pandas.datetime": "datetime.datetime",
    "pandas.rolling_mean": "pandas.Series.rolling", "pandas.Int64Index": "pandas.Index",
    "pandas.Float64Index": "pandas.Index", "pytest.yield_fixture": "pytest.fixture",
    "pydantic.BaseSettings": "pydantic_settings.BaseSettings", "pydantic.validator": "pydantic.field_validator",
    "pydantic.root_validator": "pydantic.model_validator", "sqlalchemy.orm.mapper": "sqlalchemy.orm.registry",
    "django.conf.urls.url": "django.urls.re_path",
    "django.utils.translation.ugettext": "django.utils.translation.gettext",
    "django.utils.translation.ugettext_lazy": "django.utils.translation.gettext_lazy",
    "django.utils.encoding.force_text": "django.utils.encoding.force_str",
    "django.utils.encoding.smart_text": "django.utils.encoding.smart_str",
    "django.utils.http.urlquote": "urllib.parse.quote", "jinja2.Markup": "markupsafe.Markup",
    "jinja2.escape": "markupsafe.escape", "jinja2.contextfunction": "jinja2.pass_context",
    "flask.Markup": "markupsafe.Markup", "flask.escape": "markupsafe.escape",
    "werkzeug.secure_filename": "werkzeug.utils.secure_filename", "scipy.integrate.simps": "scipy.integrate.simpson",
    "scipy.integrate.trapz": "scipy.integrate.trapezoid", "networkx.from_numpy_matrix": "networkx.from_numpy_array",
    "setuptools.Feature": "setuptools.Extension", "importlib.find_loader": "importlib.util.find_spec",
    "os.errno": "errno", "os.popen2": "subprocess.Popen", "urllib.urlopen": "urllib.request.urlopen",
    "urllib.quote": "urllib.parse.quote", "urllib.unquote": "urllib.parse.unquote",
    "urllib.urlencode": "urllib.parse.urlencode", "urllib.urlretrieve": "urllib.request.urlretrieve",
    "datetime.UTC": "datetime.timezone.utc",
}  # fmt: skip
"""A member of a module that is gone, and what does the same."""

METHODS: Mapping[str, str] = {
    "iteritems": "items", "iterkeys": "keys", "itervalues": "values", "viewitems": "items", "viewkeys": "keys",
    "viewvalues": "values", "next": "__next__", "has_key": "__contains__", "tostring": "tobytes",
    "fromstring": "frombytes", "getiterator": "iter", "isAlive": "is_alive", "assertEquals": "assertEqual",
    "assertNotEquals": "assertNotEqual", "assert_": "assertTrue", "failUnless": "assertTrue", "failIf": "assertFalse",
    "failUnlessEqual": "assertEqual", "assertItemsEqual": "assertCountEqual", "assertRegexpMatches": "assertRegex",
    "assertNotRegexpMatches": "assertNotRegex", "assertRaisesRegexp": "assertRaisesRegex",
    "assertAlmostEquals": "assertAlmostEqual", "assertNotAlmostEquals": "assertNotAlmostEqual",
    "as_matrix": "to_numpy", "get_values": "to_numpy", "ix": "loc", "applymap": "map", "dict": "model_dump",
    "parse_obj": "model_validate", "parse_raw": "model_validate_json", "json": "model_dump_json",
    "construct": "model_construct", "schema": "model_json_schema", "update_forward_refs": "model_rebuild",
    "push": "append", "add": "append", "append": "add", "length": "__len__", "contains": "__contains__",
    "addAll": "extend", "toLowerCase": "lower", "toUpperCase": "upper", "trim": "strip", "indexOf": "index",
    "startsWith": "startswith", "endsWith": "endswith", "toString": "__str__", "charAt": "__getitem__",
}  # fmt: skip
"""A method that objects no longer have, or have under this name elsewhere only, and its likely successor."""
