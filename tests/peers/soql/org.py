"""A made-up Salesforce org for asking questions: it answers whatever keeps the connector going, and plays scenarios first.

It decides which fields its objects have; it never judges a query.
"""
import fnmatch
import json
import re

# Fields of a plain org as its describe calls list them, those of custom objects left out.
SHARED = ["Id", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp", "IsDeleted", "OwnerId"]
OBJECTS = {
    "Account": ["Name", "Website", "Industry", "Type", "MasterRecordId", "CurrencyIsoCode", "ARR__c", "Renewal_Date__c", "Tier__c", "CSM__c"],
    "Contact": ["Name", "FirstName", "LastName", "Title", "Email", "Phone", "MobilePhone", "AccountId", "MasterRecordId"],
    "Opportunity": ["Name", "AccountId", "RecordTypeId", "Type", "Amount", "CurrencyIsoCode", "CloseDate", "StageName", "IsClosed", "IsWon"],
    "Case": ["AccountId", "ContactId", "Subject", "Status", "Priority", "ClosedDate", "IsEscalated", "MasterRecordId"],
    "Event": ["AccountId", "WhoId", "Subject", "Description", "StartDateTime", "EndDateTime", "ActivityDate", "IsChild", "IsRecurrence"],
    "Task": ["AccountId", "WhoId", "Subject", "Description", "ActivityDate", "CompletedDateTime", "IsClosed", "TaskSubtype", "CallType",
             "CallDisposition", "Status", "Priority"],
    "User": ["Name", "FirstName", "LastName", "Email", "UserRoleId", "Department", "IsActive", "UserType"],
    "Group": ["Name", "Email", "Type"],
    "ContentNote": ["TextPreview", "Title"],
    "OpportunityContactRole": ["ContactId", "OpportunityId", "Role", "IsPrimary"],
}
RELATIONS = {"OwnerId": "Owner", "AccountId": "Account", "RecordTypeId": "RecordType", "UserRoleId": "UserRole", "CSM__c": "CSM__r"}
# An apostrophe and a backslash where an id stands: what goes into a query as a value must be escaped.
IDS = {"Account": "001'A\\B", "Opportunity": "006'O", "Event": "00U'E", "ContentNote": "069'N", "Contact": "003'C"}
DAY = "2026-11-20T09:30:00.000+0000"


def fields_of(name):
    return [] if name not in OBJECTS else list(dict.fromkeys(SHARED + OBJECTS[name]))


def describe(name):
    fields = [{"name": one, "label": one, "filterable": True, "relationshipName": RELATIONS.get(one)} for one in fields_of(name)]
    return {"name": name, "fields": fields}


def record(name, fields):
    """One row with what was asked for."""
    row = {"attributes": {"type": name}}
    for field in fields:
        value = {
            "Id": IDS.get(name, "00X000000000001AAA"), "Name": "O'Brien & Söhne", "Subject": "Note: hello", "IsDeleted": False,
            "AccountId": IDS["Account"], "WhoId": IDS["Contact"], "OpportunityId": IDS["Opportunity"], "ContactId": IDS["Contact"],
            "EventId": IDS["Event"], "RelationId": IDS["Contact"], "ContentDocumentId": IDS["ContentNote"],
            "LinkedEntityId": IDS["Account"], "IsClosed": False, "IsWon": False, "MasterLabel": "Done",
        }.get(field, DAY if re.search(r"Date|Time|Modstamp", field) else None)
        head, dot, rest = field.partition(".")
        row[head] = {rest: "x"} if dot else value
    return row


class Org:
    """Answers requests; the answers of a scenario, where it has one that fits, come first."""

    def __init__(self, scenario=None, many=(), refuse=()):
        # Objects with so many rows that they are fetched as a file, and sobjects whose creation ends unclear.
        self.scenario, self.many, self.refuse = scenario or [], set(many), set(refuse)
        self.used = [0] * len(self.scenario)

    def answer(self, call):
        for number, one in enumerate(self.scenario):
            if self.fits(one, call) and self.used[number] < one.get("times", 10**9):
                self.used[number] += 1
                body = one.get("json", one.get("text", "")).replace("{{ url }}", "http://127.0.0.1:9").encode()
                # A redirect or a next page on another host is the vendor scenarios' own matter.
                return one.get("status", 200), {"Content-Type": "application/json", **one.get("headers", {})}, body
        return self.own(call)

    @staticmethod
    def fits(one, call):
        method, _, path = one["on"].partition(" ")

        def like(form, text):
            return fnmatch.fnmatchcase(text, re.sub(r"([\[\]?])", r"[\1]", form))
        return (method == call.method and like(path, call.path)
                and all(key in call.query and like(str(form), call.query[key]) for key, form in one.get("query", {}).items())
                and not any(key in call.query for key in one.get("without", [])))

    def own(self, call):
        path = call.path
        if path == "/services/data/":
            return 200, {}, [{"version": "67.0"}]
        if path.endswith("/userinfo"):
            return 200, {}, {"user_id": "005'M", "email": "maya@example.com", "zoneinfo": "Europe/Berlin", "organization_id": "00D1"}
        described = re.search(r"/sobjects/(\w+)/describe$", path)
        if described:
            return (200, {}, describe(described[1])) if described[1] in OBJECTS else (404, {}, [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}])
        if "/jobs/query" in path:
            if call.method == "POST":
                return 200, {}, {"id": "750J", "state": "UploadComplete"}
            if path.endswith("/results"):
                return 200, {"Content-Type": "text/csv"}, b'"Id","Name"\n"001Z","Zoe"\n'
            return 200, {}, {"id": "750J", "state": "JobComplete"}
        if call.method == "POST":
            refused = path.rsplit("/", 1)[-1] in self.refuse
            return (503, {}, [{"errorCode": "SERVER_UNAVAILABLE", "message": "later"}]) if refused else (201, {}, {"id": "00T1", "success": True})
        if call.method in ("PATCH", "DELETE"):
            return 204, {}, b""
        query = call.query.get("q", "")
        asked = re.match(r"SELECT (.+?) FROM (\w+)", query)
        if not asked:
            return 200, {}, {"totalSize": 0, "done": True, "records": []}
        if asked[1] == "COUNT()":
            return 200, {}, {"totalSize": 60001 if asked[2] in self.many else 1, "done": True, "records": []}
        rows = [record(asked[2], asked[1].split(", "))]
        return 200, {}, {"totalSize": len(rows), "done": True, "records": rows}


def queries(calls):
    """Every query in those requests: in the address, or as the text of a job."""
    for call in calls:
        if "q" in call.query:
            yield call.query["q"]
        elif call.method == "POST" and "/jobs/query" in call.path:
            yield json.loads(call.body)["query"]
