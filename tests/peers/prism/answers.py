"""Answers of our own in the shapes of Stripe and Pipedrive: one page of one record, enough to make a connector go on.

It decides nothing about a request; Prism judges those.
"""
import time

NOW = int(time.time())
CONFIG = {
    "stripe": 'book = "team"\n[source.crm]\nconnector = "stripe"\nurl = "{url}/v1"\n',
    "pipedrive": 'book = "team"\n[source.crm]\nconnector = "pipedrive"\nurl = "{url}/api"\nsettings = {{ company = "acme" }}\n',
}
# What Rounds may write there: the last part of the path of each create.
WRITES = {"pipedrive": ["activities", "notes"]}
PRICE = {"id": "price_1", "object": "price", "unit_amount": 2500, "unit_amount_decimal": "2500", "currency": "eur",
         "recurring": {"interval": "month", "interval_count": 1}, "product": "prod_1"}
CUSTOMER = {"id": "cus_1", "object": "customer", "name": "Acme", "email": "ap@acme.example", "metadata": {}, "created": NOW,
            "currency": "eur", "delinquent": False, "description": None, "livemode": False}
STRIPE = {
    "customers": CUSTOMER,
    "subscriptions": {"id": "sub_1", "object": "subscription", "customer": CUSTOMER, "status": "active", "created": NOW,
                      "start_date": NOW, "currency": "eur", "cancel_at": None, "canceled_at": None, "metadata": {},
                      "items": {"object": "list", "has_more": False, "data": [
                          {"id": "si_1", "quantity": 3, "current_period_start": NOW, "current_period_end": NOW + 86400 * 30,
                           "price": PRICE}]}},
    "invoices": {"id": "in_1", "object": "invoice", "customer": "cus_1", "status": "open", "currency": "eur", "created": NOW,
                 "due_date": NOW + 86400, "amount_due": 7500, "amount_remaining": 7500, "number": "A-1"},
    "events": {"id": "evt_1", "object": "event", "type": "customer.updated", "created": NOW, "data": {"object": CUSTOMER}},
    "products": {"id": "prod_1", "object": "product", "name": "Plan", "active": True},
}
PIPEDRIVE = {
    "organizations": {"id": 42, "name": "Acme", "owner_id": 7, "add_time": "2025-01-01T10:00:00Z",
                      "update_time": "2026-11-01T10:00:00Z", "is_deleted": False, "custom_fields": {}},
    "persons": {"id": 9, "name": "Ada Byron", "first_name": "Ada", "last_name": "Byron", "org_id": 42, "owner_id": 7,
                "emails": [{"value": "ada@acme.example", "primary": True}], "phones": [], "job_title": "CFO",
                "add_time": "2025-01-01T10:00:00Z", "update_time": "2026-11-01T10:00:00Z", "is_deleted": False, "custom_fields": {}},
    "deals": {"id": 3, "title": "Renewal", "value": 1200, "currency": "EUR", "org_id": 42, "person_id": 9, "stage_id": 1,
              "pipeline_id": 1, "owner_id": 7, "status": "open", "expected_close_date": "2027-01-31",
              "add_time": "2025-01-01T10:00:00Z", "update_time": "2026-11-01T10:00:00Z", "is_deleted": False, "custom_fields": {}},
    "activities": {"id": 5, "subject": "Call", "type": "call", "owner_id": 7, "org_id": 42, "deal_id": 3, "done": False,
                   "due_date": "2026-12-01", "due_time": "09:00", "note": "", "participants": [{"person_id": 9, "primary": True}],
                   "add_time": "2025-01-01T10:00:00Z", "update_time": "2026-11-01T10:00:00Z", "is_deleted": False},
    "notes": {"id": 6, "content": "<p>Hello</p>", "org_id": 42, "person_id": None, "deal_id": None, "user_id": 7,
              "add_time": "2026-11-01 10:00:00", "update_time": "2026-11-01 10:00:00", "active_flag": True},
    "users": {"id": 7, "name": "Maya Chen", "email": "maya@example.com", "active_flag": True, "modified": "2026-11-01 10:00:00"},
    "pipelines": {"id": 1, "name": "Sales"}, "stages": {"id": 1, "name": "Talk", "pipeline_id": 1},
}
FIELDS = [{"field_code": key, "field_name": key, "key": key, "name": key} for of in PIPEDRIVE.values() for key in of]


def answer(vendor, call, url):
    last = call.path.rstrip("/").rsplit("/", 1)[-1]
    if vendor == "stripe":
        if last in STRIPE:
            rows = [] if "starting_after" in call.query else [STRIPE[last]]
            return 200, {}, {"object": "list", "data": rows, "has_more": False, "url": call.path}
        if last == "account":
            return 200, {}, {"id": "acct_1", "object": "account", "default_currency": "eur", "email": "me@example.com",
                             "settings": {"dashboard": {"timezone": "Europe/Berlin", "display_name": "Us"}}}
        one = next((of for of in STRIPE.values() if of["id"] == last), None)
        if one:
            return 200, {}, one
        return 404, {}, {"error": {"type": "invalid_request_error", "code": "resource_missing", "message": f"No such object: {last}"}}
    if last == "me":
        company = {"company_domain": "acme", "company_id": 1, "default_currency": "EUR", "timezone_name": "Europe/Berlin"}
        return 200, {}, {"success": True, "data": {**PIPEDRIVE["users"], **company}}
    if last.endswith("Fields"):
        return 200, {}, {"success": True, "data": FIELDS, "additional_data": {"next_cursor": None}}
    if call.method == "POST":
        return 201, {}, {"success": True, "data": {"id": 71}}
    if last == "archived":
        return 200, {}, {"success": True, "data": [], "additional_data": {"next_cursor": None}}
    if last in PIPEDRIVE:
        more = {"next_cursor": None, "pagination": {"start": 0, "limit": 500, "more_items_in_collection": False}}
        return 200, {}, {"success": True, "data": [PIPEDRIVE[last]], "additional_data": more}
    return 404, {}, {"success": False, "error": "Not found", "code": "ERR_NOT_FOUND"}
