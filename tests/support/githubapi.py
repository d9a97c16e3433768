"""GitHub's own description of its REST API, and whether a request is one that it describes."""

import json
import re
from functools import cache, lru_cache
from urllib.parse import parse_qsl, unquote

import npmpack
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4


class Api:
    """The description, made ready for looking things up."""

    def __init__(self, path):
        self._spec = json.loads(path.read_text(encoding="utf-8"))
        self._registry = Registry().with_resource("urn:api", Resource(contents=self._spec, specification=DRAFT4))
        self._routes = sorted(
            ((_pattern(template), template) for template in self._spec["paths"]),
            key=lambda route: (route[1].count("{"), -len(route[1])),
        )

    def problems(self, method, path, query, body):
        """What is wrong with a request, in words."""
        found = self._operation(method, path)
        if found is None:
            return [f"GitHub has no {method} {path}"]
        template, operation, given = found
        shared = self._spec["paths"][template].get("parameters", ())
        parameters = [self._there(one) for one in (*shared, *operation.get("parameters", ()))]
        problems = list(self._parameters(parameters, "path", given))
        problems += self._parameters(parameters, "query", dict(parse_qsl(query, keep_blank_values=True)))
        return problems + list(self._body(operation, body))

    @lru_cache(maxsize=1000)  # noqa: B019 - one for the whole run
    def _operation(self, method, path):
        for pattern, template in self._routes:
            match = pattern.fullmatch(path)
            if match and method.lower() in self._spec["paths"][template]:
                given = {name: unquote(value) for name, value in match.groupdict().items()}
                return template, self._spec["paths"][template][method.lower()], given
        return None

    def _parameters(self, parameters, where, given):
        known = {one["name"]: one for one in parameters if one["in"] == where}
        for name, value in given.items():
            if name not in known:
                yield f"{where} parameter {name!r} is not known"
            else:
                yield from self._fits(known[name]["schema"], _typed(known[name]["schema"], value), f"{where} {name}")
        yield from (
            f"{where} lacks {name!r}" for name, one in known.items() if one.get("required") and name not in given
        )

    def _body(self, operation, body):
        wanted = self._there(operation.get("requestBody") or {})
        if not wanted:
            if body not in (None, {}):
                yield "a body is sent where none is known"
            return
        if body is None:
            if wanted.get("required"):
                yield "the body is missing"
            return
        schema = wanted["content"]["application/json"]["schema"]
        yield from self._fits(schema, body, "body")
        for name in body.keys() - set(self._there(schema).get("properties", body)):
            yield f"the body has {name!r}, which is not known"

    def _fits(self, schema, value, where):
        absolute = _absolute(schema)
        for error in OAS30Validator(absolute, registry=self._registry).iter_errors(value):
            yield f"{where}: {error.message[:200]}"

    def _there(self, thing):
        while "$ref" in thing:
            node = self._spec
            for part in thing["$ref"].removeprefix("#/").split("/"):
                node = node[part.replace("~1", "/").replace("~0", "~")]
            thing = node
        return thing


def _pattern(template):
    parts = re.split(r"\{([\w-]+)\}", template)
    texts = [re.escape(part) if place % 2 == 0 else _group(part) for place, part in enumerate(parts)]
    return re.compile("".join(texts))


def _group(name):
    """Paths and references hold slashes."""
    return f"(?P<{name.replace('-', '_')}>{'.+' if name in {'path', 'ref'} else '[^/]+'})"


def _typed(schema, value):
    if schema.get("type") == "integer" and value.isdigit():
        return int(value)
    return value


def _absolute(schema):
    """The schema with its references leading into the description."""
    if isinstance(schema, dict):
        return {key: f"urn:api{value}" if key == "$ref" else _absolute(value) for key, value in schema.items()}
    return [_absolute(item) for item in schema] if isinstance(schema, list) else schema


def fetched(folder):
    """The description as npm has it; skips the test where that cannot be had."""
    return loaded(npmpack.fetched("@octokit/openapi@23", folder, "generated/api.github.com.json"))


@cache
def loaded(path):
    """The description, once for the whole run."""
    return Api(path)
