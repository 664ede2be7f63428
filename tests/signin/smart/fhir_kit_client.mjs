// What a program by others does through npm fhir-kit-client: everything once, and what it got told as JSON on stdout.
// argv: address of the module, base URL of the API, access token, id of a Patient.
import { pathToFileURL } from "node:url";
const [module, baseUrl, bearerToken, patient] = process.argv.slice(2);
const { Client } = await import(pathToFileURL(module));
const client = new Client({ baseUrl, bearerToken });
const Observation = { resourceType: "Observation" };
const measured = (value) => ({
  ...Observation, status: "final", subject: { reference: `Patient/${patient}` }, effectiveDateTime: "2026-11-20T08:00:00Z",
  code: { coding: [{ system: "http://loinc.org", code: "8867-4" }] },
  valueQuantity: { value, unit: "/min", system: "http://unitsofmeasure.org", code: "/min" },
});
const status = (answer) => Client.httpFor(answer).response.status;
const refusal = async (promise) => {
  try { await promise } catch (error) {
    return { status: error.response.status, type: error.response.data.resourceType, code: error.response.data.issue[0].code };
  }
};
const entry = (method, url, resource) => ({ request: { method, url }, ...(resource && { resource }) });
const bundle = (type, ...entries) => ({ resourceType: "Bundle", type, entry: entries });
const told = {};

told.metadata = (await client.capabilityStatement()).fhirVersion;
const smart = await client.smartAuthMetadata();
told.smart = [smart.authorizeUrl, smart.tokenUrl].map(String);

const made = await client.create({ ...Observation, body: measured(72) });
told.created = [status(made), made.meta.versionId];
const at = { ...Observation, id: made.id };
told.read = (await client.read(at)).valueQuantity.value;
told.updated = (await client.update({ ...at, body: { ...made, status: "amended" } })).meta.versionId;
const jsonPatch = [{ op: "test", path: "/status", value: "amended" }, { op: "replace", path: "/status", value: "corrected" }];
told.patched = (await client.patch({ ...at, jsonPatch })).status;
told.failedPatch = await refusal(client.patch({ ...at, jsonPatch }));
told.conditional = (await client.update({
  ...Observation, searchParams: { _id: made.id }, body: { ...made, status: "final" },
})).meta.versionId;
told.stale = await refusal(client.update({ ...at, body: made, options: { headers: { "If-Match": 'W/"1"' } } }));
told.vread = (await client.vread({ ...at, version: "2" })).status;
told.history = (await client.history(at)).entry.map((one) => one.resource.meta.versionId);
told.typeHistory = (await client.history(Observation)).entry.length > 0;
told.systemHistory = (await client.history()).type;

const ids = new Set(), days = [];
let pages = 0, page = await client.search({ ...Observation, searchParams: { patient, _count: 3, _sort: "-date" } });
for (; page; page = await client.nextPage({ bundle: page })) {
  pages += 1;
  for (const one of page.entry ?? []) ids.add(one.resource.id), days.push(Date.parse(one.resource.effectiveDateTime));
}
const all = await client.search({ ...Observation, searchParams: { patient, _count: 500 }, options: { postSearch: true } });
told.paged = { pages, found: ids.size, all: all.entry.length, newestFirst: days.every((day, n) => !n || day <= days[n - 1]) };
const compartment = { resourceType: "Patient", id: patient };
told.compartment = (await client.search({ ...Observation, compartment, searchParams: { _count: 500 } })).entry.length;
told.system = (await client.search({ searchParams: { _type: "Observation", _id: made.id } })).entry.length;
told.included = (await client.search({ ...Observation, searchParams: { _id: made.id, _include: "Observation:subject" } }))
  .entry.map((one) => one.search.mode);
told.followed = (await client.resolve({ reference: made.subject.reference })).id;

const batch = await client.batch({ body: bundle("batch", entry("GET", `Observation/${made.id}`), entry("GET", "Observation/finnes-ikke")) });
told.batch = batch.entry.map((one) => one.response.status.slice(0, 3));
const both = bundle("transaction", entry("POST", "Observation", measured(70)), entry("POST", "Observation", measured(71)));
told.transaction = (await client.transaction({ body: both })).entry.map((one) => one.response.status.slice(0, 3));
const spoilt = bundle("transaction", entry("POST", "Observation", measured(1)), entry("POST", "Observation", Observation));
told.spoilt = await refusal(client.transaction({ body: spoilt }));

told.everything = (await client.operation({ name: "everything", ...compartment, method: "GET", input: { _count: 500 } })).entry
  .some((one) => one.resource.id === made.id);
told.validated = (await client.operation({
  name: "$validate", ...Observation,
  input: { resourceType: "Parameters", parameter: [{ name: "resource", resource: { ...measured(72), status: "tull" } }] },
})).issue[0].severity;

told.deleted = status(await client.delete(at));
told.gone = await refusal(client.read(at));
told.unknown = await refusal(client.read({ ...Observation, id: "finnes-ikke" }));
told.notUnderstood = await refusal(client.search({ ...Observation, searchParams: { tull: "x" } }));
client.bearerToken = "tull";
told.stranger = await refusal(client.read(at));
console.log(JSON.stringify(told));
