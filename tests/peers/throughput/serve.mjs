// A HubSpot-shaped list of companies and contacts on loopback, every answer held back by so many milliseconds.
// All pages are made before the first request, so that the server's own work stays out of the figures.
//   node serve.mjs PORT ROWS LATENCY_MS
import { createServer } from "node:http";

const [port, rows, latency] = process.argv.slice(2).map(Number);
const PAGE = 100;
const day = (n) => new Date(Date.UTC(2026, 0, 1) + (n % 300) * 86_400_000).toISOString();
const record = {
  companies: (n) => ({
    name: `Customer ${n}`, domain: `customer${n}.example`, website: `https://www.customer${n}.example/`, industry: "SOFTWARE",
    hubspot_owner_id: String(n % 20), lifecyclestage: "customer", createdate: day(n), hs_lastmodifieddate: day(n + 7),
    hs_merged_object_ids: null,
  }),
  contacts: (n) => ({
    firstname: `First${n}`, lastname: `Last${n}`, email: `p${n}@customer${n}.example`, jobtitle: "Engineer", phone: "+49 30 1234567",
    mobilephone: null, hs_buying_role: "", createdate: day(n), lastmodifieddate: day(n + 7), associatedcompanyid: String(n + 1),
    hs_merged_object_ids: null,
  }),
};
const made = {};
for (const [type, of] of Object.entries(record)) {
  made[type] = [];
  for (let from = 0; from < rows; from += PAGE) {
    const results = [];
    for (let n = from; n < Math.min(from + PAGE, rows); n++) {
      results.push({ id: String(n + 1), properties: of(n), createdAt: day(n), updatedAt: day(n + 7), archived: false });
    }
    const last = from + PAGE >= rows;
    made[type].push(JSON.stringify(last ? { results } : { results, paging: { next: { after: String(from + PAGE) } } }));
  }
}
const small = [
  [/\/account-info\/.*\/details$/, { portalId: 1, timeZone: "UTC", uiDomain: "app.hubspot.com", companyCurrency: "EUR" }],
  [/\/access-token-info$/, { userId: 1 }],
  [/\/properties\/[^/]+\/companies$/, { results: Object.keys(record.companies(0)).map((name) => ({ name, label: name })) }],
  [/\/properties\/[^/]+\/contacts$/, { results: Object.keys(record.contacts(0)).map((name) => ({ name, label: name })) }],
];

createServer((request, response) => {
  const url = new URL(request.url, "http://127.0.0.1");
  const type = /\/objects\/(?:[^/]+\/)?(companies|contacts)$|\/(?:v3\/objects)\/(companies|contacts)$/.exec(url.pathname);
  let body = JSON.stringify({ results: [] });
  if (type && url.searchParams.get("archived") !== "true") {
    const page = Number(url.searchParams.get("after") ?? 0) / PAGE;
    body = made[type[1] ?? type[2]][page] ?? body;
  } else {
    const found = small.find(([form]) => form.test(url.pathname));
    if (found) body = JSON.stringify(found[1]);
  }
  request.resume();
  request.on("end", () => setTimeout(() => {
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
    response.end(body);
  }, latency));
}).listen(port, "127.0.0.1");
