// Reads a list of queries as JSON and says what a SOQL parser that we did not write makes of each of them.
//   node parse.mjs NODE_MODULES < queries.json
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const { parseQuery, composeQuery } = createRequire(`${process.argv[2]}/`)("@jetstreamapp/soql-parser-js");
const said = JSON.parse(readFileSync(0, "utf8")).map((query) => {
  try {
    const read = parseQuery(query, { allowApexBindVariables: false, ignoreParseErrors: false });
    // What was understood, said again and read again, must be the same: nothing of the text was passed over.
    const again = parseQuery(composeQuery(read), { allowApexBindVariables: false, ignoreParseErrors: false });
    const literals = [];
    const walk = (node) => {
      if (!node || typeof node !== "object") return;
      if (node.literalType) literals.push([node.field, node.operator, node.value, node.literalType]);
      Object.values(node).forEach(walk);
    };
    walk(read.where);
    return {
      object: read.sObject, fields: (read.fields ?? []).map((one) => one.rawValue ?? one.field), literals,
      same: JSON.stringify(read) === JSON.stringify(again), order: (read.orderBy ?? []).map((one) => one.field),
    };
  } catch (error) {
    return { error: String(error.message).split("\n")[0] };
  }
});
console.log(JSON.stringify(said));
