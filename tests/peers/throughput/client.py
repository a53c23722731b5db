"""Reads every company and contact with hubspot-api-client, as its own guide says: `get_all`. Usage: client.py URL"""
import sys

from hubspot import HubSpot

client = HubSpot(access_token="peer-token", host=sys.argv[1])
companies = client.crm.companies.get_all(properties=["name", "domain", "website", "industry", "hubspot_owner_id", "lifecyclestage"])
contacts = client.crm.contacts.get_all(properties=["firstname", "lastname", "email", "jobtitle", "phone", "associatedcompanyid"])
print(len(companies) + len(contacts))
